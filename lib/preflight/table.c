// SPDX-License-Identifier: GPL-2.0-or-later
#include "../khoscope.h"

/* By what becomes of the memory, the worst first; docs/preflight.md has a section for each. */
static const struct khs_check_info infos[] = {
	{ "pf-refused", "the next kernel turns the handover down as a whole" },
	{ "pf-panic", "the next kernel dies while it boots" },
	{ "pf-misread", "what the next kernel reads is not what was written" },
	{ "pf-overwritten", "something else is written where preserved memory is" },
	{ "pf-lost", "what is preserved does not arrive, or nobody fetches it" },
	{ "pf-stuck", "memory stays reserved, and its owner does not get it" },
	{ "pf-half-init", "struct pages of preserved memory are set up wrongly" },
	{ "pf-misaccounted", "memory is counted where it is not, or twice" },
};

const struct khs_check_info *khs_preflight_checks(size_t *n)
{
	*n = sizeof(infos) / sizeof(infos[0]);
	return infos;
}
