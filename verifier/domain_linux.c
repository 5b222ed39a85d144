/* SPDX-License-Identifier: Apache-2.0 */
/* domain_linux: the domain of domain_linux.inc at 64 bits, behind struct domain. */
#include "verifier/verifier.h"

#define BITS 64
#define HALF 32
#include "verifier/domain_linux.inc"

const struct domain domain_linux = DOMAIN_LINUX;
