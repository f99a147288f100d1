// SPDX-License-Identifier: GPL-2.0-or-later
#include "locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "cr3.h"
#include "nocoreinfo.h"

/* init/version-timestamp.c:linux_banner */
#define BANNER "Linux version "
#define BANNER_LEN (sizeof(BANNER) - 1)
/* arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP 0xffffffff80000000ULL
/* x86_64 loads at multiples of 2 MiB (boot/startup/map_kernel.c:__startup_64), as does arm64 ... */
#define STEP (2ULL << 20)
/* ... but for its EFI stub (libstub/arm64-stub.c: EFI_KIMG_ALIGN). */
#define EFI_STEP (64ULL << 10)
/* Between two questions whether to go on. */
#define PATIENCE (1ULL << 30)
/* Copies that are kept apart; nobody boots one build more often without some being overwritten. */
#define MAX_COPIES 32
#define MAX_NOTES 4096
#define MAX_SHAPES 8

/* Physical address of the banner of each copy, and what was wrong with the others. */
struct search {
	const struct khs_kernel *kernel;
	const struct khs_image *image;
	struct khs_place copies[MAX_COPIES];
	bool in_use[MAX_COPIES]; /* a processor's page tables map it */
	size_t n;
	size_t unproven; /* there, but no page tables map it: it never ran, or is overwritten */
	bool absent;     /* what would tell is not in the dump */
	char other[129]; /* build-id of another kernel at the right place */
};

static uint64_t anchor(const struct search *s, enum khs_anchor_id id)
{
	return s->image->anchors[id].address;
}

static bool known(const struct search *s, enum khs_anchor_id id)
{
	return s->image->anchors[id].known;
}

/* ---- reading a copy whose banner is at a physical address ----------------------------------- */

static enum khs_presence read_at(struct search *s, uint64_t banner, enum khs_anchor_id id,
				 void *buf, size_t len)
{
	uint64_t pa = banner + (anchor(s, id) - anchor(s, KHS_ANCHOR_BANNER));
	enum khs_presence p = khs_dump_read_all(s->kernel->dump, pa, buf, len);

	s->absent |= khs_is_lost(p);
	return p;
}

static bool read_number(struct search *s, uint64_t banner, enum khs_anchor_id id, size_t size,
			uint64_t *ret)
{
	uint8_t bytes[8];

	*ret = 0;
	if (!known(s, id) || read_at(s, banner, id, bytes, size) != KHS_PRESENT)
		return false;
	while (size--)
		*ret = *ret << 8 | bytes[size];
	return true;
}

static uint32_t word(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The GNU build-id among ELF notes, in hex; "" if there is none. */
static void find_build_id(const uint8_t *notes, size_t len, char hex[129])
{
	hex[0] = '\0';
	for (size_t at = 0; at + 12 <= len;) {
		size_t name = word(notes + at), desc = word(notes + at + 4);
		size_t name_at = at + 12, desc_at = name_at + (name + 3) / 4 * 4;

		if (name > len || desc > len || desc_at + desc > len)
			return;
		/* NT_GNU_BUILD_ID */
		if (name == 4 && !memcmp(notes + name_at, "GNU", 4) && word(notes + at + 8) == 3 &&
		    desc && desc <= 64) {
			for (size_t i = 0; i < desc; i++)
				sprintf(hex + 2 * i, "%02x", notes[desc_at + i]);
			return;
		}
		at = desc_at + (desc + 3) / 4 * 4;
	}
}

static void read_build_id(struct search *s, uint64_t banner, char hex[129])
{
	uint8_t notes[MAX_NOTES];
	uint64_t len = anchor(s, KHS_ANCHOR_STOP_NOTES) - anchor(s, KHS_ANCHOR_START_NOTES);

	hex[0] = '\0';
	if (!known(s, KHS_ANCHOR_START_NOTES) || !known(s, KHS_ANCHOR_STOP_NOTES))
		return;
	if (len > sizeof(notes))
		len = sizeof(notes);
	if (read_at(s, banner, KHS_ANCHOR_START_NOTES, notes, len) == KHS_PRESENT)
		find_build_id(notes, len, hex);
}

/* The word behind "Linux version ". It goes to a terminal: printable ASCII only. */
static void read_release(struct search *s, uint64_t banner, char release[65])
{
	char text[BANNER_LEN + 64] = "";
	size_t done, len;

	khs_dump_read(s->kernel->dump, banner, text, sizeof(text), &done);
	for (len = 0; BANNER_LEN + len < done; len++) {
		char c = text[BANNER_LEN + len];

		if (c <= ' ' || c > '~')
			break;
		release[len] = c;
	}
	release[len] = '\0';
}

/*
 * Whether the copy is of the vmlinux's build: by its build-id, or, where a kernel has none, by all
 * of its banner, which names compiler and time.
 */
static bool same_build(struct search *s, uint64_t banner, const char *build_id)
{
	char text[sizeof(s->image->banner)];
	size_t len = strlen(s->image->banner);

	if (*build_id || *s->image->build_id)
		return !strcmp(build_id, s->image->build_id);
	return len > BANNER_LEN &&
	       khs_dump_read_all(s->kernel->dump, banner, text, len) == KHS_PRESENT &&
	       !memcmp(text, s->image->banner, len);
}

/* ---- page tables ---------------------------------------------------------------------------- */

/*
 * phys_base is the distance of where the image lies from where its run-time addresses say
 * (__startup_64), so it gives these.
 */
static bool place_x86_64(struct search *s, uint64_t banner, struct khs_place *place)
{
	uint64_t phys_base;

	if (!read_number(s, banner, KHS_ANCHOR_PHYS_BASE, 8, &phys_base))
		return false;
	place->voffset = START_KERNEL_MAP - phys_base;
	return true;
}

/* kernel/head.S:__primary_switched */
static bool place_aarch64(struct search *s, uint64_t banner, struct khs_place *place)
{
	return read_number(s, banner, KHS_ANCHOR_KIMAGE_VOFFSET, 8, &place->voffset);
}

/* All that page tables may look like; the first that maps the image where it is, is right. */
static size_t shapes_x86_64(struct search *s, uint64_t banner, struct khs_paging *shapes)
{
	uint64_t l5, sme_mask = 0;
	bool told = read_number(s, banner, KHS_ANCHOR_PGTABLE_L5, 4, &l5);
	size_t n = 0;

	if (known(s, KHS_ANCHOR_SME_ME_MASK))
		read_number(s, banner, KHS_ANCHOR_SME_ME_MASK, 8, &sme_mask);
	for (unsigned int levels = 4; levels <= 5; levels++) {
		bool five = levels == 5;

		if (told && five != !!l5)
			continue;
		/* asm/sparsemem.h:MAX_PHYSMEM_BITS */
		shapes[n++] = (struct khs_paging){
			.page_shift = 12,
			.l5 = five,
			.sme_mask = sme_mask,
			.pa_bits = five ? 52 : 46,
		};
	}
	return n;
}

/* asm/image.h: bits 2:1 of the flags say 1, 2 or 3 for pages of 4, 16 or 64 KiB. */
static unsigned int page_shift_of(uint64_t flags)
{
	unsigned int code = flags >> 1 & 3;

	return code ? 10 + 2 * code : 0;
}

/* arch/arm64/Kconfig: sizes of kernel address space and how few bits a processor may leave of it */
static const struct {
	unsigned int page_shift, built, actual;
} va_sizes[] = {
	{ 12, 39, 39 }, { 12, 48, 48 }, { 12, 52, 52 }, { 12, 52, 48 },
	{ 14, 36, 36 }, { 14, 47, 47 }, { 14, 48, 48 }, { 14, 52, 52 }, { 14, 52, 47 },
	{ 16, 42, 42 }, { 16, 48, 48 }, { 16, 52, 52 }, { 16, 52, 48 },
};

#define NR_VA_SIZES (sizeof(va_sizes) / sizeof(va_sizes[0]))

/* asm/memory.h: the image is linked a little above _PAGE_END(VA_BITS_MIN), the middle. */
static unsigned int va_bits_min(uint64_t text)
{
	return 65 - __builtin_clzll(-text - 1);
}

/*
 * head.S has __cpu_secondary_check52bitva with VA_BITS_52 alone. Then only the tables can tell what
 * the processor had. MAX_PHYSMEM_BITS is 52 if it had all of it (PHYS_MASK_SHIFT in
 * asm/pgtable-prot.h), but with 64K pages as configured: there the default is 48, and more makes a
 * difference beyond 256 TiB only (Kconfig).
 */
static size_t shapes_aarch64(struct search *s, uint64_t banner, struct khs_paging *shapes)
{
	unsigned int least = va_bits_min(anchor(s, KHS_ANCHOR_TEXT));
	unsigned int shift = page_shift_of(anchor(s, KHS_ANCHOR_KERNEL_FLAGS));
	bool wide = known(s, KHS_ANCHOR_CHECK_52BIT_VA);
	size_t n = 0;

	(void)banner;
	for (size_t i = 0; i < NR_VA_SIZES && n < MAX_SHAPES; i++) {
		unsigned int built = va_sizes[i].built, actual = va_sizes[i].actual;

		if (shift && va_sizes[i].page_shift != shift)
			continue;
		if (built < 52 ? wide || built != least : least != 47 && least != 48)
			continue;
		shapes[n++] = (struct khs_paging){
			.page_shift = va_sizes[i].page_shift,
			.va_built = built,
			.va_actual = actual,
			.pa_bits = actual == 52 && va_sizes[i].page_shift < 16 ? 52 : 48,
		};
	}
	return n;
}

static const struct {
	bool (*place)(struct search *s, uint64_t banner, struct khs_place *place);
	size_t (*shapes)(struct search *s, uint64_t banner, struct khs_paging *shapes);
	enum khs_anchor_id root; /* the top table of its page tables */
	enum khs_anchor_id needed[4];
} archs[] = {
	[KHS_ARCH_X86_64] = { place_x86_64, shapes_x86_64, KHS_ANCHOR_INIT_TOP_PGT,
			      { KHS_ANCHOR_BANNER, KHS_ANCHOR_STEXT, KHS_ANCHOR_PHYS_BASE,
				KHS_ANCHOR_INIT_TOP_PGT } },
	[KHS_ARCH_AARCH64] = { place_aarch64, shapes_aarch64, KHS_ANCHOR_SWAPPER_PG_DIR,
			       { KHS_ANCHOR_BANNER, KHS_ANCHOR_TEXT, KHS_ANCHOR_KIMAGE_VOFFSET,
				 KHS_ANCHOR_SWAPPER_PG_DIR } },
};

static void vm_freep(struct khs_vm **vm)
{
	khs_vm_free(*vm);
}

static void vmcoreinfo_freep(struct khs_vmcoreinfo **vmci)
{
	khs_vmcoreinfo_free(*vmci);
}

static void drop(struct khs_error *err)
{
	khs_error_free(err);
}

/* Whether the page tables, read as @place says, map the copy to where it is. */
static bool maps_itself(struct search *s, uint64_t banner, const struct khs_place *place)
{
	static const enum khs_anchor_id ends[] = { KHS_ANCHOR_BANNER, KHS_ANCHOR_STEXT };
	_cleanup_free_ char *text = khs_nocoreinfo_text(s->image, place);
	_cleanup_(vmcoreinfo_freep) struct khs_vmcoreinfo *vmci = NULL;
	_cleanup_(vm_freep) struct khs_vm *vm = NULL;
	struct khs_error *err;

	err = text ? khs_vmcoreinfo_parse(text, strlen(text), &vmci) : khs_enomem();
	if (!err)
		err = khs_vm_new(s->kernel->dump, vmci, &vm);
	if (err) {
		drop(err);
		return false;
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint64_t want = banner + (anchor(s, ends[i]) - anchor(s, KHS_ANCHOR_BANNER));
		uint64_t va = khs_place_address(s->image, place, ends[i]), pa, run;
		enum khs_presence p = khs_vm_translate(vm, va, &pa, &run);

		s->absent |= khs_is_lost(p);
		if (p != KHS_PRESENT || pa != want)
			return false;
	}
	return true;
}

static bool find_shape(struct search *s, uint64_t banner, struct khs_place *place)
{
	struct khs_paging shapes[MAX_SHAPES];
	size_t n = archs[s->image->arch].shapes(s, banner, shapes);
	uint64_t entry;

	if (!read_number(s, banner, archs[s->image->arch].root, 8, &entry))
		return false;
	for (size_t i = 0; i < n; i++) {
		place->paging = shapes[i];
		if (maps_itself(s, banner, place))
			return true;
	}
	return false;
}

/* Whether the tables a processor used map the copy to where it is. */
static bool in_use(struct search *s, uint64_t banner, const struct khs_place *place)
{
	return s->image->arch == KHS_ARCH_X86_64 &&
	       khs_cr3_use(s->kernel->dump, place->paging.l5, place->paging.sme_mask,
			   khs_place_address(s->image, place, KHS_ANCHOR_BANNER),
			   banner) == KHS_USED;
}

/* ---- the search ----------------------------------------------------------------------------- */

static void take_copy(struct search *s, uint64_t banner)
{
	struct khs_place place = { 0 };
	uint64_t left;

	read_build_id(s, banner, place.build_id);
	if (!same_build(s, banner, place.build_id) && !s->kernel->opts.any_build_id) {
		snprintf(s->other, sizeof(s->other), "%s",
			 *place.build_id ? place.build_id : "none");
		return;
	}
	if (!archs[s->image->arch].place(s, banner, &place)) {
		s->unproven++;
		return;
	}
	place.moved = banner + place.voffset - anchor(s, KHS_ANCHOR_BANNER);
	if (!find_shape(s, banner, &place)) {
		s->unproven++;
		return;
	}
	read_release(s, banner, place.release);
	if (s->n < MAX_COPIES) {
		s->in_use[s->n] = in_use(s, banner, &place);
		/* kernel/kexec_core.c:kernel_kexec() sets it for good, and is not gone at once. */
		place.left = !s->in_use[s->n] &&
			     read_number(s, banner, KHS_ANCHOR_KEXEC_IN_PROGRESS, 1, &left) &&
			     left == 1;
		s->copies[s->n] = place;
	}
	s->n++;
}

static bool is_banner(struct search *s, uint64_t pa)
{
	char text[BANNER_LEN];
	enum khs_presence p = khs_dump_read_all(s->kernel->dump, pa, text, sizeof(text));

	return p == KHS_PRESENT && !memcmp(text, BANNER, sizeof(text));
}

/* Each place at a multiple of @step, but those at multiples of @seen. */
static struct khs_error *search(struct search *s, uint64_t step, uint64_t seen)
{
	uint64_t end = s->kernel->dump->end, from;
	uint64_t base = s->image->arch == KHS_ARCH_X86_64 ? START_KERNEL_MAP :
							    anchor(s, KHS_ANCHOR_TEXT);

	from = (anchor(s, KHS_ANCHOR_BANNER) - base) % step;
	for (uint64_t pa = from; pa < end; pa += step) {
		if (!((pa - from) % PATIENCE)) {
			if (khs_kernel_interrupted(s->kernel))
				return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
			khs_kernel_progress(s->kernel, "memory searched", pa, end);
		}
		if (seen && (pa - (anchor(s, KHS_ANCHOR_BANNER) - base)) % seen == 0)
			continue;
		if (is_banner(s, pa))
			take_copy(s, pa);
	}
	khs_kernel_progress(s->kernel, "memory searched", end, end);
	return NULL;
}

static size_t count(const struct search *s, bool (*is)(const struct search *s, size_t i),
		    const struct khs_place **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n && i < MAX_COPIES; i++) {
		if (!is(s, i))
			continue;
		*ret = &s->copies[i];
		n++;
	}
	return n;
}

static bool is_in_use(const struct search *s, size_t i)
{
	return s->in_use[i];
}

static bool has_not_left(const struct search *s, size_t i)
{
	return !s->copies[i].left;
}

/* How many of the copies run, for all that can be known; *@ret is one of them. */
static size_t running(const struct search *s, const struct khs_place **ret)
{
	size_t n = count(s, is_in_use, ret);

	return n ? n : count(s, has_not_left, ret);
}

static struct khs_error *not_found(const struct search *s)
{
	if (*s->other)
		return khs_error_new(KHS_ERR_MISMATCH,
				     "its build-id is %s, the dumped kernel's is %s "
				     "(--any-build-id goes on all the same)",
				     *s->image->build_id ? s->image->build_id : "none", s->other);
	if (s->unproven)
		return khs_error_new(KHS_ERR_NOTFOUND,
				     "its kernel is in the dump's memory, but %s",
				     s->absent ? "not the page tables that would map it" :
						 "no page tables map it: it never ran, or is "
						 "partly overwritten");
	return khs_error_new(KHS_ERR_NOTFOUND,
			     "its kernel is nowhere in the dump's memory: the dumped kernel is "
			     "another build, or its image is not in the dump%s",
			     s->kernel->dump->complete ? "" : ", which is incomplete");
}

static struct khs_error *choose(const struct search *s, struct khs_place *ret)
{
	const struct khs_place *one = &s->copies[0];
	size_t n = running(s, &one);

	if (!s->n)
		return not_found(s);
	if (n > 1 || s->n > MAX_COPIES || (!n && s->n > 1))
		return khs_error_new(KHS_ERR_CORRUPT,
				     "%zu copies of its kernel are in the dump's memory, and which "
				     "of them runs can't be told without VMCOREINFO",
				     n && s->n <= MAX_COPIES ? n : s->n);
	*ret = *one;
	return NULL;
}

static struct khs_error *check_anchors(const struct search *s)
{
	static const char *const names[] = {
#define NAME(id, name) [KHS_ANCHOR_##id] = name,
		KHS_ANCHORS(NAME)
#undef NAME
	};
	const enum khs_anchor_id *needed = archs[s->image->arch].needed;

	for (size_t i = 0; i < 4; i++) {
		if (!known(s, needed[i]))
			return khs_error_new(KHS_ERR_NODATA,
					     "it has no symbol %s, so its kernel can't be looked "
					     "for in a dump without VMCOREINFO",
					     names[needed[i]]);
	}
	return NULL;
}

struct khs_error *khs_locate(const struct khs_kernel *kernel, const struct khs_image *image,
			     struct khs_place *ret)
{
	_cleanup_free_ struct search *s = calloc(1, sizeof(*s));
	const struct khs_place *one;
	struct khs_error *err;

	if (!s)
		return khs_enomem();
	s->kernel = kernel;
	s->image = image;
	err = check_anchors(s);
	if (!err)
		err = search(s, STEP, 0);
	if (!err && image->arch == KHS_ARCH_AARCH64 && !running(s, &one))
		err = search(s, EFI_STEP, STEP);
	return err ? err : choose(s, ret);
}
