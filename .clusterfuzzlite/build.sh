#!/bin/bash -eu
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets for ClusterFuzzLite and OSS-Fuzz: environment as their
# base-builder sets it (CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, OUT, SRC, WORK).
# scripts/check-ossfuzz runs it without their images.
cd "$SRC/parallax"
work=${WORK:-/tmp}/parallax

# Core only: libc and the headers of xxhash.  The flags come from the environment.
flags=(ZYDIS=0 BPF=0 OPT= "CC=$CC" "CFLAGS=$CFLAGS")
make -s -j"$(nproc)" B="$work/fuzz" "${flags[@]}" fuzz-objects

targets=()
for f in targets/*.c; do
	t=$(basename "$f" .c)
	[ "$t" = linux ] || targets+=("$t")	# it needs bpf()
done
for t in "${targets[@]}"; do
	objects=("$work/fuzz/targets/$t.o")
	# The mutator calls into libFuzzer.  Elsewhere bytes are mutated, and any bytes are a case.
	if [ "${FUZZING_ENGINE:-libfuzzer}" = libfuzzer ]; then
		case $t in diff|verify) objects+=("$work/fuzz/targets/glue/libfuzzer.o") ;; esac
	fi
	# shellcheck disable=SC2086
	$CXX $CXXFLAGS "${objects[@]}" "$work/fuzz/parallax.a" $LIB_FUZZING_ENGINE -o "$OUT/$t"
	printf '[libfuzzer]\nmax_len = 65536\ntimeout = 30\n\n[asan]\nallow_user_segv_handler = 1\n' > "$OUT/$t.options"
done

# Seeds: cases are text in corpus/, bytes for targets that read no text; C becomes objects.
make -s -j"$(nproc)" B="$work/host" ZYDIS=0 BPF=0 "CC=$CC" CFLAGS= "$work/host/parallax"
for t in "${targets[@]}"; do
	mkdir -p "$work/seeds/$t"
	for f in corpus/"$t"/*; do
		[ -f "$f" ] || continue
		case $t in
		diff|verify) "$work/host/parallax" convert -o "$work/seeds/$t/$(basename "$f").bin" "$f" ;;
		*) cp "$f" "$work/seeds/$t/" ;;
		esac
	done
done
for f in corpus/c/*.c; do	# a compiler without that backend makes no seeds
	$CC -target bpf -O2 -g -Icorpus/c -c "$f" -o "$work/seeds/elf/$(basename "$f" .c).o" 2> /dev/null || true
done
for t in "${targets[@]}"; do
	[ -n "$(ls "$work/seeds/$t")" ] || continue
	(cd "$work/seeds/$t" && find . -type f | LC_ALL=C sort | zip -q -X "$OUT/${t}_seed_corpus.zip" -@)
done
