// SPDX-License-Identifier: GPL-2.0-or-later
#include "kho.h"

#include <stdlib.h>

#include "image.h"
#include "out_map.h"
#include "scratch.h"
#include "state.h"

struct khs_error *khs_kho_read(struct khs_kernel *kernel, const struct khs_machine *machine,
			       struct khs_kho *ret)
{
	struct khs_error *err;

	*ret = (struct khs_kho){ .state = KHS_KHO_UNKNOWN, .kexec_count = -1, .finalized = -1 };
	err = khs_kho_find_state(kernel, machine, ret);
	if (!err)
		err = khs_kho_read_scratch(kernel, ret);
	if (err)
		return err;
	khs_kho_read_image(kernel, ret);
	return khs_kho_read_map(kernel, machine, ret);
}

void khs_kho_deinit(struct khs_kho *kho)
{
	free(kho->scratch);
	free(kho->nodes);
	free(kho->problems);
	khs_extents_deinit(&kho->scratch_pfns);
	khs_extents_deinit(&kho->out_pages);
	khs_runs_deinit(&kho->out);
	khs_runs_deinit(&kho->listed);
	*kho = (struct khs_kho){ 0 };
}
