#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/isa.md agrees with isa/isa.def.
cd "$(dirname "$0")/../.." || exit 1
if diff=$(scripts/isa-doc --check 2>&1); then
	echo "ok - docs/isa.md is current"
else
	echo "not ok - docs/isa.md is current (run scripts/isa-doc)"
	echo "$diff" | sed 's/^/# /'
	exit 1
fi
