/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify: the verifier alone on any case, both walks and all privileges; it
 * must end, and what is accepted with fewer rights is accepted with more.
 */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena scratch;	/* of one verdict: logs are long, and there are many */
	struct arena *a = target_arena();
	struct testcase tc;

	case_from_any(data, size, a, &tc);
	for (uint32_t i = 0; i < tc.unit.nprog; i++) {
		for (int w = 0; w < 2; w++) {
			bool accepted = false;

			for (int p = 0; p < PRIV_N; p++) {
				struct vopts o = {
					.priv = (enum priv)p,
					.walk = (enum walk)w,
					.log = (uint8_t)(size % 3),
					.max_insns = 20000,
					.plain_size = tc.input[0].nctx,
				};
				struct verdict v;

				arena_reset(&scratch);
				verify(&tc.unit, i, &o, &scratch, &v);
				TARGET_ASSERT(v.accepted || !accepted || v.err == V_TOO_COMPLEX,
					      "verify/more-rights-less-accepted");
				accepted |= v.accepted;
			}
		}
	}
	return 0;
}
