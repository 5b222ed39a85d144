# Parallax.  `make help` lists the targets.
#
#   B      build folder (one per variant)     SAN    e.g. address,undefined
#   CC     gcc, clang-14, clang-19, ...       WERROR=1 warnings are errors, V=1 shows commands

CC      ?= cc
OPT     ?= -O2 -g
SAN     ?=
comma   := ,
VARIANT := $(notdir $(firstword $(CC)))$(if $(SAN),-$(subst $(comma),-,$(SAN)))
B       ?= build/$(VARIANT)
PREFIX  ?= /usr/local
V       ?=
Q        = $(if $(V),,@echo '  $(1) $@';)
T       ?= 60

FOLDERS := isa platform case vm jit verifier engines fuzz
LIBSRC  := $(foreach d,$(FOLDERS),$(wildcard $(d)/*.c))
CLISRC  := $(wildcard cli/*.c)
LIBOBJ  := $(LIBSRC:%.c=$(B)/%.o)
CLIOBJ  := $(CLISRC:%.c=$(B)/%.o)
TESTS   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
BENCHOBJ := $(patsubst %.c,$(B)/%.o,$(wildcard bench/suite/*.c))

# Only tests use more than libc and xxhash.  ZYDIS=0 and BPF=0 do without what is there.
headers  = $(shell echo '\#include <$(1)>' | $(CC) -E - >/dev/null 2>&1 && echo 1)
ifeq ($(origin ZYDIS),undefined)
ZYDIS   := $(call headers,Zydis/Zydis.h)
endif
ifeq ($(origin BPF),undefined)
BPF     := $(call headers,bpf/libbpf.h)
endif
DEFS    := $(if $(filter 1,$(ZYDIS)),-DHAVE_ZYDIS) $(if $(filter 1,$(BPF)),-DHAVE_LIBBPF)
TESTLIBS := -lcmocka $(if $(filter 1,$(BPF)),-lbpf) $(if $(filter 1,$(ZYDIS)),-lZydis) -lm

SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALLFLAGS  = -std=gnu17 $(OPT) -Wall -Wextra -Wshadow $(if $(WERROR),-Werror) $(SANFLAGS) \
            -I. $(DEFS) $(CFLAGS)

all: parallax

parallax: $(B)/parallax
	@ln -sf $< $@

$(B)/parallax: $(CLIOBJ) $(LIBOBJ)
	$(call Q,LINK)$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call Q,CC  )$(CC) $(ALLFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%: tests/unit/%.c $(LIBOBJ)
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(ALLFLAGS) -MMD -MP -o $@ $< $(LIBOBJ) $(TESTLIBS)

$(B)/bench/bench: bench/bench.c $(BENCHOBJ) $(LIBOBJ)
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(ALLFLAGS) -MMD -MP -o $@ $(filter %.c %.o,$^) -lm

tests: $(TESTS)

TESTSH  := $(filter-out tests/cli/lib.sh,$(wildcard tests/cli/*.sh))
ROOT    := $(CURDIR)

# The same set-up as CI, then every test; closes with "N passed, N failed, N skipped".
test:
	@scripts/setup test
	@$(MAKE) --no-print-directory run-tests

run-tests: parallax $(TESTS)
	@PARALLAX=$(ROOT)/$(B)/parallax PARALLAX_ROOT=$(ROOT) tests/run $(TESTS) $(TESTSH)

# The main job: interp against jit under the verifier, all cores, T seconds.
fuzz:
	@scripts/setup fuzz
	@$(MAKE) --no-print-directory parallax
	@./parallax fuzz --time $(T) --jobs $$(nproc) --corpus corpus/diff --out findings

# Fuzz targets: libFuzzer binaries (clang-19), AFL++ binaries, replayers.
TARGETS := $(patsubst targets/%.c,%,$(wildcard targets/*.c))
LFSAN   ?= address,undefined
targets:
	@scripts/setup targets
	@$(MAKE) --no-print-directory targets-libfuzzer targets-afl targets-replay

targets-libfuzzer:
	@$(MAKE) --no-print-directory B=build/libfuzzer CC=clang-19 SAN=$(LFSAN) \
		CFLAGS="-fsanitize=fuzzer-no-link -fno-sanitize=function $(CFLAGS)" $(TARGETS:%=build/libfuzzer/bin/%)
targets-afl:
	@AFL_QUIET=1 $(MAKE) --no-print-directory B=build/afl CC=afl-clang-fast $(TARGETS:%=build/afl/bin/%)
	@$(MAKE) --no-print-directory B=build/pic CFLAGS="-fPIC $(CFLAGS)" build/pic/parallax-mutator.so
targets-replay: $(TARGETS:%=$(B)/replay/%)

build/libfuzzer/bin/%: targets/%.c targets/glue/libfuzzer.c $(LIBOBJ)
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(ALLFLAGS) -fsanitize=fuzzer -o $@ $< $(if $(filter diff verify linux,$*),targets/glue/libfuzzer.c) $(LIBOBJ)
build/afl/bin/%: targets/%.c $(LIBOBJ)
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(ALLFLAGS) -fsanitize=fuzzer -o $@ $< $(LIBOBJ)
build/pic/parallax-mutator.so: targets/glue/afl.c $(LIBOBJ)
	$(call Q,LINK)$(CC) $(ALLFLAGS) -shared -o $@ $< $(LIBOBJ)
$(B)/replay/%: targets/%.c targets/glue/replay.c $(LIBOBJ)
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(ALLFLAGS) -o $@ $< targets/glue/replay.c $(LIBOBJ)

# For .clusterfuzzlite/build.sh, which links with what it is given.
fuzz-objects: $(TARGETS:%=$(B)/targets/%.o) $(B)/targets/glue/libfuzzer.o $(B)/parallax.a
$(B)/parallax.a: $(LIBOBJ)
	$(call Q,AR  )rm -f $@ && ar rcs $@ $^

bench: $(B)/bench/bench
	@$(B)/bench/bench $(if $(JSON),--json $(JSON))

# Verdicts against the running kernel: see tests/gates/.
GATESRC := $(addprefix tests/gates/,gate.c judge.c report.c)
$(B)/gate: $(GATESRC) tests/gates/gate.h $(LIBOBJ)
	$(call Q,LINK)$(CC) $(ALLFLAGS) -o $@ $(GATESRC) $(LIBOBJ) -lm

check-verifier:
	@scripts/setup gates
	@$(MAKE) --no-print-directory $(B)/gate
	@B=$(B) tests/gates/run $(if $(JSON),--json $(JSON)) $(if $(QUICK),--quick)

# For scripts/plant: the commands that compile one file and link, as text.
print-compile:
	@echo '$(CC) -I$(INC) $(ALLFLAGS) -c -o $(OBJ) $(SRC)'
print-objects:
	@echo '$(CLIOBJ) $(LIBOBJ)'
print-link:
	@echo '$(CC) $(ALLFLAGS) $(LDFLAGS) -o $(OUT) $(OBJS)'

install: parallax
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/parallax
	install -m 755 $(B)/parallax $(DESTDIR)$(PREFIX)/bin/parallax
	install -m 644 README.md LICENSE docs/*.md $(DESTDIR)$(PREFIX)/share/doc/parallax

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

clean:
	rm -rf build parallax

help:
	@echo 'make               build ./parallax (needs libc and xxhash)'
	@echo 'make tests         build the tests; ZYDIS=0 and BPF=0 do without these libraries'
	@echo 'make fuzz T=60     set up, build, and fuzz interp against jit under the verifier'
	@echo 'make test          set up, build, run every test'
	@echo 'make SAN=address,undefined test    the same under sanitizers (or SAN=memory CC=clang-19)'
	@echo 'make bench         the table of speeds; JSON=FILE writes it as data'
	@echo 'make check-verifier  verdicts against the running kernel (JSON=FILE, QUICK=1)'
	@echo 'make targets       libFuzzer binaries, AFL++ binaries and replayers of targets/'
	@echo 'make install       into $$(DESTDIR)$$(PREFIX), by default /usr/local'
	@echo 'make format        clang-format over the C files'
	@echo 'make clean         remove what was built'

.PHONY: fuzz-objects all tests test check-verifier targets targets-libfuzzer targets-afl targets-replay run-tests print-compile print-objects print-link fuzz bench install format clean help
-include $(shell find $(B) -name '*.d' 2>/dev/null)
