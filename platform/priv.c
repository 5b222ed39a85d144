/* SPDX-License-Identifier: Apache-2.0 */
/* The privilege levels by name. */
#include "platform/platform.h"

#include <string.h>

static const char *const names[PRIV_N] = {
	[PRIV_UNPRIV] = "unpriv",
	[PRIV_CAP_BPF] = "cap_bpf",
	[PRIV_ROOT] = "root",
};

const char *priv_name(enum priv priv)
{
	return priv < PRIV_N ? names[priv] : "?";
}

bool priv_parse(const char *name, enum priv *priv)
{
	for (uint32_t i = 0; i < PRIV_N; i++) {
		if (!strcmp(name, names[i])) {
			*priv = (enum priv)i;
			return true;
		}
	}
	return false;
}
