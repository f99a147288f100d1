// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/error.h"
#include "diskdump.h"
#include "elfcore.h"
#include "flattened.h"

#define HEAD 4096u

/* What is not read, and what its owner can do. Without a way out it is "not a dump". */
static const struct {
	uint16_t off;
	uint8_t len;
	const char *magic;
	const char *text;
	const char *way_out;
} known[] = {
	{ 0, 8, "DISKDUMP", "diskdump of a 2.6 kernel", "use the crash of its time" },
	{ 0, 8, "\xed\x23\x8f\x61\x73\x01\x19\xa8", "LKCD dump",
	  "make the dump with makedumpfile, or open it with crash" },
	{ 0, 8, "\xa8\x19\x01\x73\x61\x8f\x23\xed", "LKCD dump, big-endian",
	  "only x86_64 and aarch64 can be read" },
	{ 0, 8, "\xa8\x19\x01\x73\x61\x8f\x23\xfd", "s390 dump",
	  "only x86_64 and aarch64 can be read" },
	{ 0, 8, "\xa8\x19\x01\x73\x61\x8f\x23\xfe", "s390 dump",
	  "only x86_64 and aarch64 can be read" },
	{ 0, 8, "sadump\0\0", "sadump (Fujitsu stand-alone dump)",
	  "turn it into kdump-compressed with makedumpfile" },
	{ 0, 4, "QFI\xfb", "qcow2 disk image",
	  "make the dump with virsh dump --memory-only, or QEMU's dump-guest-memory" },
	{ 0, 4, "QEVM", "QEMU migration stream (a saved machine)",
	  "make the dump with virsh dump --memory-only, or QEMU's dump-guest-memory" },
	{ 0, 16, "LibvirtQemudSave", "libvirt saved machine",
	  "make the dump with virsh dump --memory-only" },
	{ 0, 16, "LibvirtQemudPart", "libvirt saved machine, only partly written",
	  "make the dump with virsh dump --memory-only" },
	{ 0, 4, "\xd2\xbe\xd2\xbe", "VMware suspended machine",
	  "turn it into an ELF vmcore with vmss2core" },
	{ 0, 4, "\xd1\xba\xd1\xba", "VMware suspended machine",
	  "turn it into an ELF vmcore with vmss2core" },
	{ 0, 4, "\xd0\xbe\xd2\xbe", "VMware suspended machine",
	  "turn it into an ELF vmcore with vmss2core" },
	{ 0, 4, "EMiL", "LiME memory image", "only dumps with VMCOREINFO can be read" },
	{ 0, 4, "AVML", "AVML memory image", "only dumps with VMCOREINFO can be read" },
	{ 0, 3, "\x1f\x8b\x08", "gzip-compressed file", "unpack it first (gzip -d)" },
	{ 0, 6, "\xfd" "7zXZ\0", "xz-compressed file", "unpack it first (xz -d)" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "zstd-compressed file", "unpack it first (zstd -d)" },
	{ 0, 3, "BZh", "bzip2-compressed file", "unpack it first (bzip2 -d)" },
	{ 0, 4, "\x04\x22\x4d\x18", "lz4-compressed file", "unpack it first (lz4 -d)" },
	{ 0, 9, "\x89LZO\0\r\n\x1a\n", "lzop-compressed file", "unpack it first (lzop -d)" },
	{ 0, 6, "\xff\x06\0\0sN", "snappy-compressed file", "unpack it first" },
	{ 0, 4, "PK\3\4", "zip archive", "unpack it first (unzip)" },
	{ 0, 6, "7z\xbc\xaf\x27\x1c", "7-Zip archive", "unpack it first" },
	{ 257, 5, "ustar", "tar archive", "unpack it first (tar -x)" },
	{ 0, 6, "070701", "cpio archive", NULL },
	{ 0, 8, "PAGEDU64", "a dump of a Windows kernel", NULL },
	{ 0, 8, "PAGEDUMP", "a dump of a Windows kernel", NULL },
	{ 0, 8, "!<arch>\n", "an ar archive or a package", NULL },
	{ 0, 4, "KDMV", "a VMware disk image", NULL },
	{ 0x202, 4, "HdrS", "a Linux kernel image", NULL },
	{ 56, 4, "ARMd", "a Linux kernel image", NULL },
	{ 0, 4, "hsqs", "a squashfs image", NULL },
	{ 510, 2, "\x55\xaa", "a disk image", NULL },
};

__attribute__((format(printf, 3, 4)))
static void refuse(struct khs_probe *probe, enum khs_code code, const char *fmt, ...)
{
	va_list ap;

	probe->format = KHS_FORMAT_NONE;
	probe->complete = true;
	probe->incomplete_why[0] = '\0';
	probe->code = code;
	va_start(ap, fmt);
	vsnprintf(probe->reason, sizeof(probe->reason), fmt, ap);
	va_end(ap);
}

static void refuse_by_error(struct khs_probe *probe, struct khs_error *err)
{
	refuse(probe, khs_error_code(err), "%s", khs_error_message(err));
	khs_error_free(err);
}

static bool is_text(const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool control = head[i] < 0x20 && !strchr("\t\n\r\f\x1b", head[i]);

		if (!head[i] || control || head[i] == 0x7f)
			return false;
	}
	return true;
}

static bool is_zero(const uint8_t *head, size_t len)
{
	return !head[0] && !memcmp(head, head + 1, len - 1);
}

static void probe_other(const struct khs_file *file, struct khs_probe *probe)
{
	uint8_t head[HEAD];
	size_t len = khs_file_read(file, 0, head, sizeof(head));
	const char *text = "a file of unknown format";

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].off + known[i].len > len ||
		    memcmp(head + known[i].off, known[i].magic, known[i].len))
			continue;
		snprintf(probe->text, sizeof(probe->text), "%s", known[i].text);
		if (known[i].way_out)
			refuse(probe, KHS_ERR_UNSUPPORTED, "%s: %s", known[i].text,
			       known[i].way_out);
		else
			refuse(probe, KHS_ERR_FORMAT, "not a dump: %s", known[i].text);
		return;
	}
	if (!file->size)
		text = "an empty file";
	else if (!len)
		text = "a file that can't be read";
	else if (is_zero(head, len))
		text = "a file that starts with zeros";
	else if (is_text(head, len))
		text = "a text file";
	snprintf(probe->text, sizeof(probe->text), "%s", text);
	refuse(probe, KHS_ERR_FORMAT, "not a dump: %s", text);
}

static void codec_text(uint32_t codecs, char *text, size_t size)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ KHS_DD_ZLIB, "zlib" },
		{ KHS_DD_LZO, "lzo" },
		{ KHS_DD_SNAPPY, "snappy" },
		{ KHS_DD_ZSTD, "zstd" },
	};
	size_t n = snprintf(text, size, "kdump-compressed");
	const char *glue = ", ";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(codecs & names[i].bit))
			continue;
		n += snprintf(text + n, size - n, "%s%s", glue, names[i].name);
		glue = " and ";
	}
	if (!codecs)
		snprintf(text + n, size - n, ", uncompressed pages");
}

static void probe_kdump(const struct khs_file *file, struct khs_probe *probe)
{
	struct khs_diskdump dd;
	struct khs_error *err = khs_diskdump_parse(file, &dd);

	snprintf(probe->text, sizeof(probe->text), "kdump-compressed");
	if (err) {
		refuse_by_error(probe, err);
		return;
	}
	probe->format = KHS_FORMAT_KDUMP;
	codec_text(khs_diskdump_codecs(file, &dd), probe->text, sizeof(probe->text));
	probe->complete = khs_diskdump_complete(file, &dd, probe->incomplete_why,
						sizeof(probe->incomplete_why));
	khs_diskdump_filter(&dd, probe->filter, sizeof(probe->filter));
}

static void probe_elf(const struct khs_file *file, struct khs_probe *probe)
{
	struct khs_elfcore core;
	struct khs_error *err = khs_elfcore_parse(file, &core);

	snprintf(probe->text, sizeof(probe->text), "ELF");
	if (err) {
		refuse_by_error(probe, err);
		return;
	}
	probe->format = KHS_FORMAT_ELF;
	probe->complete = khs_elfcore_complete(file, &core, probe->incomplete_why,
					       sizeof(probe->incomplete_why));
	khs_elfcore_deinit(&core);
}

/* The first record shows what is no dump before any work is put in; the rest is for later. */
static void probe_flattened(const struct khs_file *file, struct khs_probe *probe)
{
	struct khs_diskdump dd;
	struct khs_error *err;
	struct khs_file first;

	probe->flattened = true;
	if (!khs_flattened_first(file, &first)) {
		refuse(probe, KHS_ERR_FORMAT,
		       "flattened dump cut off after %" PRIu64 " bytes: no header is in it",
		       file->size);
		return;
	}
	if (khs_elfcore_is(&first))
		return;
	if (!khs_diskdump_is(&first)) {
		refuse(probe, KHS_ERR_FORMAT, "not a dump: flattened, but no dump inside");
		return;
	}
	err = khs_diskdump_header(&first, &dd);
	if (err)
		refuse_by_error(probe, err);
}

void khs_probe_file(const struct khs_file *file, struct khs_probe *ret)
{
	static const struct {
		bool (*is)(const struct khs_file *file);
		void (*probe)(const struct khs_file *file, struct khs_probe *probe);
	} kinds[] = {
		{ khs_diskdump_is, probe_kdump },
		{ khs_elfcore_is, probe_elf },
		{ khs_flattened_is, probe_flattened },
	};

	*ret = (struct khs_probe){ .complete = true };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].is(file))
			continue;
		kinds[i].probe(file, ret);
		return;
	}
	probe_other(file, ret);
}
