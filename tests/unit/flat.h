/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest kernel address space a test can stand on: x86_64, with the image mapping
 * (0xffffffff80000000 on) on the first gigabyte of a memory dump. Memory itself is the test's.
 */
#ifndef KHS_TESTS_FLAT_H
#define KHS_TESTS_FLAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "dump/memory.h"
#include "dump/vm.h"
#include "dump/vmcoreinfo.h"

#define FLAT_BASE 0xffffffff80000000ULL
/* Two pages of tables; tests stay above. */
#define FLAT_FREE 0x10000ULL

struct flat {
	struct khs_dump *dump;
	struct khs_vmcoreinfo *vmci;
	struct khs_vm *vm;
};

static inline void assert_ok(struct khs_error *err)
{
	if (err)
		print_error("%s\n", khs_error_message(err));
	assert_null(err);
}

/* Fails with @code, and frees the error. */
static inline void assert_code(struct khs_error *err, enum khs_code code)
{
	if (khs_error_code(err) != code)
		print_error("%s\n", khs_error_message(err));
	assert_int_equal(khs_error_code(err), code);
	assert_null(strchr(khs_error_message(err), '\n'));
	khs_error_free(err);
}

static inline void flat_open(struct flat *f, const char *vmcoreinfo)
{
	static const char base[] = "PAGESIZE=4096\nNUMBER(phys_base)=0\n"
				   "SYMBOL(init_top_pgt)=ffffffff80001000\n";
	const uint64_t to_pud = 0x2003, to_memory = 0x83;
	char text[4096];

	snprintf(text, sizeof(text), "%s%s", base, vmcoreinfo);
	f->dump = khs_dump_memory_new();
	assert_non_null(f->dump);
	assert_true(khs_dump_memory_zero(f->dump, 0x1000, 0x2000));
	assert_true(khs_dump_memory_add(f->dump, 0x1000 + 8 * 511, &to_pud, 8));
	assert_true(khs_dump_memory_add(f->dump, 0x2000 + 8 * 510, &to_memory, 8));
	assert_ok(khs_vmcoreinfo_parse(text, strlen(text), &f->vmci));
	assert_ok(khs_vm_new(f->dump, f->vmci, &f->vm));
}

static inline void flat_close(struct flat *f)
{
	khs_vm_free(f->vm);
	khs_vmcoreinfo_free(f->vmci);
	khs_dump_close(f->dump);
}

#endif
