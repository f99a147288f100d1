// SPDX-License-Identifier: GPL-2.0-or-later
#include "system_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/error.h"
#include "../dump/vmcoreinfo.h"
#include "moved.h"
#include "wanted.h"

#define SOURCE "System.map"

/* Symbols that VMCOREINFO names by the same address in every kernel with KHO, and _stext. */
static const char *const witnesses[] = {
	"_stext", "init_uts_ns", "node_online_map", "swapper_pg_dir", "linux_banner",
	"init_top_pgt",
};

enum { NR_WITNESSES = sizeof(witnesses) / sizeof(witnesses[0]) };

struct map {
	struct khs_wanted wanted;   /* what facts lack; ids are needs */
	struct khs_wanted witness;  /* ids are places in witnesses */
	uint64_t lines;
};

static void filep_close(FILE **f)
{
	if (*f)
		fclose(*f);
}

static struct khs_error *not_a_map(const char *why)
{
	return khs_error_new(KHS_ERR_FORMAT, "not a System.map: %s", why);
}

static struct khs_error *open_map(const char *path, FILE **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return khs_error_new(KHS_ERR_IO, "%s", strerror(errno));
	}
	*ret = S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	if (*ret)
		return NULL;
	close(fd);
	return not_a_map("no regular file");
}

static void answer(struct khs_wanted *w, const char *name, size_t len, char type, uint64_t address)
{
	struct khs_wanted_name *found = khs_wanted_symbol(w, name, len);

	/* Upper case is global, and of two of one name the one that is meant. */
	if (found)
		khs_wanted_answer(w, found, type >= 'A' && type <= 'Z' ? 2 : 1, address);
}

/* "ffffffff81000000 T _stext", and perhaps a module's name in brackets, of /proc/kallsyms. */
static bool take_line(struct map *m, char *line)
{
	char *rest, *name;
	uint64_t address;
	size_t len;

	errno = 0;
	address = strtoull(line, &rest, 16);
	if (rest == line || errno || rest[0] != ' ' || !rest[1] || rest[2] != ' ')
		return false;
	name = rest + 3;
	len = strcspn(name, " \t\r\n");
	if (strchr(name, '['))
		return len;
	answer(&m->wanted, name, len, rest[1], address);
	answer(&m->witness, name, len, rest[1], address);
	return len;
}

static struct khs_error *read_lines(struct map *m, FILE *f)
{
	char line[1024];

	for (; fgets(line, sizeof(line), f); m->lines++)
		if (!take_line(m, line))
			return not_a_map(m->lines ? "a line in it is none of one" :
						    "its first line is none of one");
	return m->lines ? NULL : not_a_map("it is empty");
}

static const struct khs_wanted_name *seen(struct map *m, const char *name)
{
	const struct khs_wanted_name *found = khs_wanted_find(&m->witness, name, strlen(name));

	return found && found->rank ? found : NULL;
}

/* Whether the symbols that VMCOREINFO names lie @offset from where the map has them. */
static struct khs_error *hold_against(struct map *m, const struct khs_vmcoreinfo *vmci,
				      uint64_t offset)
{
	for (size_t i = 0; i < NR_WITNESSES; i++) {
		const struct khs_wanted_name *found = seen(m, witnesses[i]);
		uint64_t runtime;
		char key[64];

		snprintf(key, sizeof(key), "SYMBOL(%s)", witnesses[i]);
		if (!found || !khs_vmcoreinfo_hex(vmci, key, &runtime) ||
		    found->value + offset == runtime)
			continue;
		return khs_error_new(KHS_ERR_MISMATCH, "its %s, moved as _stext, is at 0x%llx, the "
				     "dumped kernel's at 0x%llx", witnesses[i],
				     (unsigned long long)(found->value + offset),
				     (unsigned long long)runtime);
	}
	return NULL;
}

static struct khs_error *check(struct map *m, const struct khs_vmcoreinfo *vmci, bool any,
			       char *warning, size_t size, uint64_t *offset)
{
	const struct khs_wanted_name *stext = seen(m, "_stext");
	struct khs_error *err = khs_moved(vmci, stext, stext ? stext->value : 0, offset);

	if (!err)
		err = hold_against(m, vmci, *offset);
	if (khs_error_code(err) != KHS_ERR_MISMATCH)
		return err;
	snprintf(warning, size, "%s", khs_error_message(err));
	khs_error_free(err);
	if (any)
		return NULL;
	return khs_error_new(KHS_ERR_MISMATCH, "%s (--any-build-id goes on all the same)", warning);
}

static struct khs_error *read_map(struct khs_facts *facts, const char *path,
				  const struct khs_vmcoreinfo *vmci, bool any, char *warning,
				  size_t size)
{
	_cleanup_free_ struct map *m = calloc(1, sizeof(*m));
	_cleanup_(filep_close) FILE *f = NULL;
	struct khs_error *err;
	uint64_t offset;

	if (!m)
		return khs_enomem();
	khs_wanted_init(&m->wanted, facts, KHS_NEED_SYMBOL);
	for (size_t i = 0; i < NR_WITNESSES; i++)
		khs_wanted_add(&m->witness, witnesses[i], (enum khs_need_id)i);
	err = open_map(path, &f);
	if (!err)
		err = read_lines(m, f);
	if (!err)
		err = check(m, vmci, any, warning, size, &offset);
	if (err)
		return err;
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++)
		m->wanted.slots[i].value += offset;
	khs_wanted_apply(&m->wanted, facts, SOURCE);
	return NULL;
}

struct khs_error *khs_facts_from_system_map(struct khs_facts *facts, const char *path,
					    const struct khs_vmcoreinfo *vmci, bool any,
					    char *warning, size_t size)
{
	struct khs_error *err;

	*warning = '\0';
	err = read_map(facts, path, vmci, any, warning, size);
	return err ? khs_error_wrap(err, "%s", path) : NULL;
}
