# Parallax.  `make help` lists the targets.
#
#   B      build folder (one per variant)     SAN    e.g. address,undefined
#   CC     gcc, clang-14, clang-19, ...       WERROR=1 warnings are errors

CC      ?= cc
OPT     ?= -O2 -g
SAN     ?=
VARIANT := $(notdir $(firstword $(CC)))$(if $(SAN),-$(subst $(comma),-,$(SAN)))
comma   := ,
B       ?= build/$(VARIANT)
PREFIX  ?= /usr/local
T       ?= 60

FOLDERS := isa platform case vm jit verifier engines fuzz
LIBSRC  := $(foreach d,$(FOLDERS),$(wildcard $(d)/*.c))
CLISRC  := $(wildcard cli/*.c)
LIBOBJ  := $(LIBSRC:%.c=$(B)/%.o)
CLIOBJ  := $(CLISRC:%.c=$(B)/%.o)
TESTS   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
BENCHES := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))

have     = $(shell pkg-config --exists $(1) 2>/dev/null && echo 1)
headers  = $(shell echo '\#include <$(1)>' | $(CC) -E - >/dev/null 2>&1 && echo 1)
ELF     ?= $(call headers,libelf.h)
ZYDIS   ?= $(call headers,Zydis/Zydis.h)
BPF     ?= $(call headers,bpf/btf.h)
DEFS     = $(if $(filter 1,$(ELF)),-DHAVE_LIBELF) $(if $(filter 1,$(ZYDIS)),-DHAVE_ZYDIS) $(if $(filter 1,$(BPF)),-DHAVE_LIBBPF)
LIBS     = $(if $(filter 1,$(BPF)),-lbpf) $(if $(filter 1,$(ELF)),-lelf) $(if $(filter 1,$(ZYDIS)),-lZydis)

SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALLFLAGS  = -std=gnu17 $(OPT) -Wall -Wextra -Wshadow $(if $(WERROR),-Werror) $(SANFLAGS) \
            -I. $(DEFS) $(CFLAGS)

all: parallax

parallax: $(B)/parallax
	@ln -sf $< $@

$(B)/parallax: $(CLIOBJ) $(LIBOBJ)
	$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALLFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%: tests/unit/%.c $(LIBOBJ)
	@mkdir -p $(@D)
	$(CC) $(ALLFLAGS) -MMD -MP -o $@ $< $(LIBOBJ) -lcmocka $(LIBS) -lm

$(B)/bench/%: bench/%.c $(LIBOBJ)
	@mkdir -p $(@D)
	$(CC) $(ALLFLAGS) -MMD -MP -o $@ $< $(LIBOBJ) $(LIBS) -lm

tests: $(TESTS)

.PHONY: all tests
-include $(shell find $(B) -name '*.d' 2>/dev/null)
