// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's configuration, packed as it is in memory, or, if the first byte is even, as text
 * that is packed here: few changes of packed bytes unpack to anything.
 */
#include "facts/config.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "dump/memory.h"
#include "fuzz.h"

/* x86_64 page tables of three entries, which map the first 2 MiB to where the kernel's text is. */
#define ROOT 0x1000u
#define BASE 0xffffffff80000000ULL
#define TEXT 0x10000u
#define MEMORY (2u << 20)

static const char info[] = "OSRELEASE=7.2.13\nPAGESIZE=4096\nNUMBER(phys_base)=0\n"
	"SYMBOL(init_top_pgt)=ffffffff80001000\nNUMBER(pgtable_l5_enabled)=0\n"
	"SYMBOL(_stext)=ffffffff80000000\nNUMBER(KERNEL_IMAGE_SIZE)=1073741824\n"
	"KERNELOFFSET=0\n";

static void put64(struct khs_dump *dump, uint64_t pa, uint64_t value)
{
	memcpy(khs_dump_memory_at(dump, pa, 8), &value, 8);
}

static struct khs_dump *make_memory(void)
{
	struct khs_dump *dump = khs_dump_memory_new();

	fuzz_check(dump && khs_dump_memory_zero(dump, 0, MEMORY));
	put64(dump, ROOT + 511 * 8, 0x2000 | 0x23);
	put64(dump, 0x2000 + 510 * 8, 0x3000 | 0x23);
	put64(dump, 0x3000, 0 | 0xa3);
	return dump;
}

/* Bytes that went to @to, of room for all that fuzz inputs pack to. */
static size_t pack(uint8_t *to, size_t room, const uint8_t *text, size_t size)
{
	z_stream z = { .next_in = (Bytef *)text, .avail_in = (uInt)size, .next_out = to,
		       .avail_out = (uInt)room };

	fuzz_check(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	fuzz_check(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static void take(void *arg, const char *option, const char *value)
{
	(void)arg;
	fuzz_check(!strncmp(option, "CONFIG_", 7) && !strchr(option, '\n'));
	fuzz_check(!strchr(value, '\n'));
}

static void set(struct khs_kernel *kernel, enum khs_need_id id, uint64_t value)
{
	kernel->facts.v[id] = (struct khs_fact){ .known = true, .value = value };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct khs_kernel kernel;
	const char *why = NULL;
	uint8_t *to;
	bool whole;

	if (!kernel.dump) {
		kernel.dump = make_memory();
		fuzz_check(fuzz_ok(khs_vmcoreinfo_parse(info, strlen(info), &kernel.vmci)));
		fuzz_check(fuzz_ok(khs_vm_new(kernel.dump, kernel.vmci, &kernel.vm)));
	}
	if (!size || size > MEMORY / 4)
		return 0;
	to = khs_dump_memory_at(kernel.dump, TEXT, MEMORY - TEXT);
	whole = !(data[0] & 1);
	if (whole)
		size = pack(to, MEMORY - TEXT, data + 1, size - 1);
	else
		memcpy(to, data + 1, --size);
	set(&kernel, KHS_SYM_CONFIG_DATA, BASE + TEXT);
	set(&kernel, KHS_SYM_CONFIG_DATA_END, BASE + TEXT + size);
	fuzz_check(khs_config_read(&kernel, take, NULL, &why) || (*why && !whole));
	return 0;
}
