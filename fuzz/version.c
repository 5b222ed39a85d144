/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#ifndef PARALLAX_VERSION
#define PARALLAX_VERSION "0.1.0"
#endif

const char *const parallax_version = PARALLAX_VERSION;
