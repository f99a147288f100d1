# SPDX-License-Identifier: GPL-2.0-or-later
#
# make          build/khoscope, build/kho.so, build/libkhoscope.{a,so}
# make demo     install what is missing, build, check a real vmcore
# make check    install what is missing, build, run every test
# make install  DESTDIR=, prefix=
#
# Nothing is written outside build/ but by install, and by demo and check into the cache folder that
# tests/crash-root.sh names.

VERSION := 0.1.0
SOVERSION := 0

prefix ?= /usr/local
bindir ?= $(prefix)/bin
includedir ?= $(prefix)/include
libdir ?= $(prefix)/lib
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/khoscope
crashdir ?= $(libdir)/crash/extensions

B := build
CC ?= gcc
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wmissing-prototypes -Wshadow -Wstrict-prototypes
WERROR ?=
CRASH_INC ?= /usr/include/crash
PKGS := libdw libelf libbpf libkdumpfile jansson
KHS_CFLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fPIC -fvisibility=hidden \
	$(WARN) $(WERROR) -DKHS_VERSION='"$(VERSION)"' -Ilib
LIBS = $(shell pkg-config --libs $(PKGS)) -lfdt -lz

LIB_SRC := $(sort $(wildcard lib/*.c lib/*/*.c))
# What needs libkdumpfile, elfutils or libbpf: crash brings memory, symbols and types itself.
FILE_SRC := lib/open.c lib/dump/file.c lib/dump/flattened.c lib/dump/kdumpfile.c \
	lib/dump/bounds.c lib/facts/btf.c lib/facts/dwarf.c lib/facts/vmlinux.c \
	lib/facts/kernel_file.c
DOOR_SRC := tools/verbs.c
CLI_SRC := tools/khoscope.c $(DOOR_SRC)
EXT_SRC := extensions/kho.c $(DOOR_SRC)
TEST_SRC := $(sort $(wildcard tests/unit/*.c))
TOOL_SRC := $(sort $(wildcard tests/tools/*.c))
MAN_SRC := $(sort $(wildcard docs/man/*.scd))

obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB_OBJ := $(call obj,$(LIB_SRC))
TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(TEST_SRC))
TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/%,$(TOOL_SRC))
MAN := $(patsubst docs/man/%.scd,$(B)/man/%,$(MAN_SRC))

.PHONY: all demo check tests install clean
all: $(B)/khoscope $(B)/libkhoscope.a $(B)/libkhoscope.so

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(KHS_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libkhoscope.a: $(LIB_OBJ)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/libkhoscope.so: $(LIB_OBJ) lib/libkhoscope.map
	$(CC) $(CFLAGS) -shared -Wl,-soname,libkhoscope.so.$(SOVERSION) -Wl,--no-undefined \
		-Wl,--version-script=lib/libkhoscope.map -o $@ $(LIB_OBJ) $(LDFLAGS) $(LIBS)

$(B)/khoscope: $(call obj,$(CLI_SRC)) $(B)/libkhoscope.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

# crash's own header, the only one it takes; CRASH_INC names its folder.
$(B)/extensions/kho.o: KHS_CFLAGS += -isystem $(CRASH_INC)

# -Bsymbolic and hidden names: crash exports twelve thousand symbols of its own.
$(B)/kho.so: $(call obj,$(EXT_SRC)) $(B)/libkhoscope.a
	$(CC) $(CFLAGS) -shared -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -o $@ $^ $(LDFLAGS) \
		-ljansson -lfdt

$(B)/tests/%: $(B)/tests/unit/%.o $(B)/libkhoscope.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) -lcmocka $(LIBS)

$(B)/tests/%: $(B)/tests/tools/%.o $(B)/libkhoscope.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS) -llzo2 -lsnappy -lzstd

$(B)/man/%: docs/man/%.scd
	@mkdir -p $(@D)
	scdoc <$< >$@

tests: $(TESTS) $(TOOLS)

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.SECONDARY:
