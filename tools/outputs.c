// SPDX-License-Identifier: GPL-2.0-or-later
#include "outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

/* How a name ends; the same are the names in a folder. */
static const char *const suffixes[KHS_NR_OUTPUTS] = {
	[KHS_REPORT_TEXT] = ".txt", [KHS_REPORT_JSON] = ".json", [KHS_REPORT_HTML] = ".html",
};

/* KHS_NR_OUTPUTS if it is of no form. */
static size_t form_of(const char *path)
{
	size_t n = strlen(path), i = 0;

	for (; i < KHS_NR_OUTPUTS; i++) {
		size_t suffix = strlen(suffixes[i]);

		if (n > suffix && !strcmp(path + n - suffix, suffixes[i]))
			break;
	}
	return i;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

bool khs_outputs_place_ok(const char *place)
{
	size_t n = strlen(place);

	return n && (is_folder(place) || place[n - 1] == '/' || form_of(place) < KHS_NR_OUTPUTS);
}

/* Takes @path. Nothing is written over: it may be an older report, and somebody's only one. */
static struct khs_error *create(struct khs_output *o, char *path)
{
	struct khs_error *err;
	int fd;

	if (!path)
		return khs_enomem();
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	o->out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (o->out) {
		o->path = path;
		return NULL;
	}
	if (fd >= 0) {
		unlink(path);
		close(fd);
	}
	err = errno == EEXIST ?
	      khs_error_new(KHS_ERR_IO, "%s is there already: remove it, or name another place",
			    path) :
	      khs_error_new(KHS_ERR_IO, "cannot create %s: %s", path, strerror(errno));
	free(path);
	return err;
}

static struct khs_error *create_all(struct khs_outputs *o, const char *folder)
{
	size_t n = strlen(folder);
	struct khs_error *err = NULL;

	if (mkdir(folder, 0777) && errno != EEXIST)
		return khs_error_new(KHS_ERR_IO, "cannot create %s: %s", folder, strerror(errno));
	for (size_t i = 0; !err && i < KHS_NR_OUTPUTS; i++) {
		char *path;

		if (asprintf(&path, "%s%skhoscope%s", folder, folder[n - 1] == '/' ? "" : "/",
			     suffixes[i]) < 0)
			return khs_enomem();
		err = create(&o->v[i], path);
	}
	return err;
}

struct khs_error *khs_outputs_create(struct khs_outputs *o, const char *place)
{
	size_t form = is_folder(place) ? KHS_NR_OUTPUTS : form_of(place);
	struct khs_error *err;

	*o = (struct khs_outputs){ .whole = false };
	for (size_t i = 0; i < KHS_NR_OUTPUTS; i++)
		o->v[i].format = (enum khs_report_format)i;
	err = form < KHS_NR_OUTPUTS ? create(&o->v[form], strdup(place)) : create_all(o, place);
	if (err)
		khs_outputs_deinit(o);
	return err;
}

static struct khs_error *write_one(struct khs_output *o, const struct khs_report *report)
{
	struct khs_error *err = khs_report_print(report, o->format, o->out);
	FILE *out = khs_steal(o->out);

	if (fclose(out) && !err)
		err = khs_error_new(KHS_ERR_IO, "cannot write the output: %s", strerror(errno));
	return err ? khs_error_wrap(err, "%s", o->path) : NULL;
}

struct khs_error *khs_outputs_write(struct khs_outputs *o, const struct khs_report *report)
{
	struct khs_error *err = NULL;

	for (size_t i = 0; !err && i < KHS_NR_OUTPUTS; i++)
		if (o->v[i].out)
			err = write_one(&o->v[i], report);
	o->whole = !err;
	return err;
}

static void remove_all(const struct khs_outputs *o)
{
	for (size_t i = 0; i < KHS_NR_OUTPUTS; i++)
		if (o->v[i].path)
			unlink(o->v[i].path);
}

void khs_outputs_deinit(struct khs_outputs *o)
{
	if (!o->whole)
		remove_all(o);
	for (size_t i = 0; i < KHS_NR_OUTPUTS; i++) {
		if (o->v[i].out)
			fclose(o->v[i].out);
		free(o->v[i].path);
	}
	*o = (struct khs_outputs){ .whole = false };
}

/* ---- a process that watches ------------------------------------------------------------------ */

/*
 * In the child: a byte says that they are whole, the end of the pipe without one that they are not.
 */
static void watch(const struct khs_outputs *o, const int fds[2])
{
	ssize_t n;
	char byte;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	close(fds[1]);
	close(STDOUT_FILENO); /* a pager reads it to its end */
	while ((n = read(fds[0], &byte, 1)) < 0 && errno == EINTR)
		;
	if (n != 1)
		remove_all(o);
	_exit(0);
}

pid_t khs_outputs_watch(const struct khs_outputs *o, int *fd)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return 0;
	pid = fork();
	if (!pid)
		watch(o, fds);
	close(fds[0]);
	*fd = fds[1];
	return pid > 0 ? pid : 0;
}

void khs_outputs_unwatch(const struct khs_outputs *o, pid_t pid, int fd)
{
	if (!pid)
		return;
	if (o->whole && write(fd, "", 1) != 1)
		return; /* nobody is there to remove anything */
	close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
