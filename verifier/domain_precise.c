/* SPDX-License-Identifier: Apache-2.0 */
/* domain_precise: the domain of domain_precise.inc at 64 bits, behind struct domain. */
#include "verifier/verifier.h"

#define BITS 64
#define HALF 32
#include "verifier/domain_precise.inc"

const struct domain domain_precise = DOMAIN_PRECISE;
