#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which folder may include which: prints every include that breaks the order.
set -eu
cd "$(dirname "$0")/.."
allowed() {
	case $1 in
	isa) echo isa ;;
	platform) echo isa platform ;;
	case) echo isa platform case ;;
	vm) echo isa platform case vm ;;
	jit) echo isa platform case vm jit ;;
	verifier) echo isa platform case verifier ;;
	engines) echo isa platform case vm jit engines ;;
	fuzz) echo isa platform case vm jit verifier engines fuzz ;;
	targets) echo isa platform case vm jit verifier engines fuzz targets ;;
	cli) echo isa platform case vm jit verifier engines fuzz cli ;;
	esac
}
bad=0
for dir in isa platform case vm jit verifier engines fuzz targets cli; do
	ok=" $(allowed $dir) "
	for line in $(grep -Hno '#include "[a-z_]*/' $dir/*.c $dir/*.h $dir/*.def 2>/dev/null | tr -d ' "'); do
		inc=${line##*#include}; inc=${inc%/}
		case $ok in *" $inc "*) ;; *) echo "${line%%#*} $dir may not include $inc/"; bad=1 ;; esac
	done
done
exit $bad
