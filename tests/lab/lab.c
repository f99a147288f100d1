// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Injects faults into the struct pages and the handover of the kernel it is loaded into, and logs
 * each with the finding that has to follow from it:
 *
 *	LABFAULT NAME id=FINDING class=CLASS pfn=HEX pages=HEX order=ORDER
 *
 * with "LABMAY" one that can be proven only if the dump still has what it takes (half_restore),
 * and with "LABALSO" in place of "LABFAULT" a finding that is true as well, as long as nobody frees
 * or allocates the pages before the dump.
 *
 * It leaves the kernel damaged: the guest is dumped right after. The options name the faults
 * ("a+b+c:9", each with the order it shall have, if it can be told), the seed that places them, and
 * the addresses of variables that are not exported. Without faults it harms nothing, and can be
 * asked what the kernel holds preserved (tell.c).
 */
#include <linux/module.h>
#include "lab.h"
#include "luo.h"

static char *faults = "";
module_param(faults, charp, 0);
static unsigned int seed = 1;
module_param(seed, uint, 0);
unsigned long kho_out_addr, kho_scratch_addr, kho_scratch_cnt_addr;
unsigned long luo_session_global_addr, kexec_image_addr;
module_param_named(kho_out, kho_out_addr, ulong, 0);
module_param_named(kho_scratch, kho_scratch_addr, ulong, 0);
module_param_named(kho_scratch_cnt, kho_scratch_cnt_addr, ulong, 0);
module_param_named(luo_session_global, luo_session_global_addr, ulong, 0);
module_param_named(kexec_image, kexec_image_addr, ulong, 0);

/* Whatever is written to it. */
static int tell_set(const char *value, const struct kernel_param *param)
{
	tell();
	return 0;
}

static const struct kernel_param_ops tell_ops = { .set = tell_set };
module_param_cb(tell, &tell_ops, NULL, 0200);

static const struct fault *named(const char *name)
{
	static const struct fault *const all[] = {
		page_faults, map_faults, own_doings, owner_faults, image_faults,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		for (const struct fault *f = all[i]; f->name; f++)
			if (!strcmp(f->name, name))
				return f;
	return NULL;
}

static void inject(char *name)
{
	char *order = strchr(name, ':');
	const struct fault *f;

	wanted_order = -1;
	if (order) {
		*order++ = '\0';
		if (kstrtoint(order, 10, &wanted_order))
			return;
	}
	f = named(name);
	if (f)
		f->inject(f);
	else
		pr_warn("LAB no such fault: %s\n", name);
}

static int __init lab_init(void)
{
	char *name, *rest = faults;

	if (!kho_out_addr || !kho_scratch_addr || !kho_scratch_cnt_addr)
		return -EINVAL;
	begin(seed);
	while ((name = strsep(&rest, "+")) && *name)
		inject(name);
	pr_warn("LABEND seed=%u\n", seed);
	return 0;
}

module_init(lab_init);
MODULE_DESCRIPTION("fault injection for khoscope's lab");
MODULE_LICENSE("GPL");
