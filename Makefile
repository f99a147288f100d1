# SPDX-License-Identifier: GPL-2.0-or-later
#
# make          build/khoscope, build/kho.so, build/libkhoscope.{a,so}
# make demo     install what is missing, build, check a real vmcore
# make check    install what is missing, build, run every test
# make tests    build the tests, run none
# make fuzz     fuzz each target of tests/fuzz for FUZZ_SECONDS (60), by libFuzzer
# make mutate   damage the real dumps MUTATIONS times (100) each, and have the tool look at them
# make analyse  clang-tidy, cppcheck and gcc -fanalyzer
# make bench    measure, against what the hardware can do and against drgn and crash; writes
#               docs/performance.md and its plot (some minutes; NOTE= is put with it, VMLINUX= is
#               opened as well)
# make lab      build real kernels, run them under QEMU, dump them (hours the first time; KERNELS=
#               names some of tests/lab/kernels)
# make score    check the lab's dumps, or those of KERNELS, against what their guests logged
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
bashcompdir ?= $(prefix)/share/bash-completion/completions
crashdir ?= $(libdir)/crash/extensions
pythondir ?= $(prefix)/lib/python3/dist-packages
libexecdir ?= $(prefix)/libexec/khoscope
unitdir ?= $(prefix)/lib/systemd/system

B := build
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wmissing-prototypes -Wshadow -Wstrict-prototypes
WERROR ?=
CRASH_INC ?= /usr/include/crash
PKGS := libdw libelf libbpf jansson
KHS_CFLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fPIC -fvisibility=hidden \
	$(WARN) $(WERROR) -DKHS_VERSION='"$(VERSION)"' -Ilib
CODECS := -lz -llzo2 -lsnappy -lzstd
LIBS = $(shell pkg-config --libs $(PKGS)) -lfdt $(CODECS) -pthread

LIB_SRC := $(sort $(wildcard lib/*.c lib/*/*.c))
# What needs elfutils or libbpf, and who calls it: crash brings memory, symbols and types itself.
FILE_SRC := lib/open.c lib/dump/file.c lib/facts/btf.c lib/facts/dwarf.c lib/facts/units.c \
	lib/facts/vmlinux.c lib/facts/vmlinux_image.c lib/facts/elf_file.c lib/facts/debuginfo.c \
	lib/facts/debuginfod.c lib/facts/kernel_file.c
DOOR_SRC := tools/verbs.c tools/options.c tools/parse.c tools/help.c tools/stream.c tools/progress.c \
	tools/report.c tools/outputs.c
CLI_SRC := tools/khoscope.c tools/screen.c tools/sandbox.c tools/fetch.c $(DOOR_SRC)
CRASH_SRC := extensions/kho.c extensions/answers.c
EXT_SRC := $(CRASH_SRC) $(DOOR_SRC)
TEST_SRC := $(sort $(wildcard tests/unit/*.c))
TOOL_SRC := $(sort $(wildcard tests/tools/*.c))
MKDUMP_SRC := $(sort $(wildcard tests/mkdump/*.c))
# What writes dump files knows nothing of the library, and nothing of what is in the pages.
DUMPFILE_SRC := $(wildcard tests/mkdump/dumpfile*.c)
MUTATE_SRC := $(sort $(wildcard tests/mutate/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*.c))
# Of these each is a target; the others are what they share.
FUZZ_NAMES := image-handover image-owners image-pages kallsyms btf vmcoreinfo fdt dumpfile \
	log config locate vmlinux systemmap
MAN_SRC := $(sort $(wildcard docs/man/*.scd))

obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB_OBJ := $(call obj,$(LIB_SRC))
TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(TEST_SRC))
TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/%,$(TOOL_SRC)) $(B)/tests/mkdump/mkdump
FUZZERS := $(addprefix $(B)/tests/fuzz/,$(FUZZ_NAMES))
MAN := $(patsubst docs/man/%.scd,$(B)/man/%,$(MAN_SRC))
VMCORES := $(patsubst tests/vmcores/%.xz,$(B)/vmcores/%,$(wildcard tests/vmcores/*.xz))
SCRIPTS := $(addprefix tests/,golden.sh json.sh schema.sh truth.sh jobs.sh synthetic.sh names.sh fuzz.sh \
	nocoreinfo.sh diff.sh facts.sh cli.sh crash.sh crash-facts.sh crash-interrupt.sh crash-leak.sh \
	screen.sh report.sh browser.sh install.sh python.sh kdump.sh fleet.sh package.sh valgrind.sh)
DEMO := v73-in-split

.PHONY: all ext man demo check bench lab score programs tests vmcores fuzzers fuzz mutate analyse install clean FORCE
all: $(B)/khoscope $(B)/libkhoscope.a $(B)/libkhoscope.so man ext

# The extension needs crash's header, the manual pages scdoc; all else needs neither.
EXT := $(if $(wildcard $(CRASH_INC)/defs.h),$(B)/kho.so)
ifeq ($(shell command -v scdoc 2>/dev/null),)
MAN :=
endif

ext: $(EXT)
	$(if $^,,@echo 'kho.so is not built: no $(CRASH_INC)/defs.h (see CRASH_INC in README.md)')

man: $(MAN)
	$(if $^,,@echo 'the manual pages are not built: no scdoc')

# Objects depend on what they are built with; which crash it is for concerns CRASH_SRC alone.
FLAGS = $(CC) $(CPPFLAGS) $(KHS_CFLAGS) $(CFLAGS) $(LDFLAGS)
$(B)/flags: FLAGS_OF = $(FLAGS)
$(B)/extensions/flags: FLAGS_OF = $(FLAGS) $(CRASH_INC) $(CRASH_VERSION)
$(B)/flags $(B)/extensions/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS_OF)' | cmp -s - $@ || echo '$(FLAGS_OF)' >$@

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(KHS_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# It holds the docs that it prints.
$(B)/lib/report/explain.o: docs/findings.md docs/preflight.md
$(B)/lib/report/dossier_html.o: lib/report/report.css lib/report/report.js

$(B)/libkhoscope.a: $(LIB_OBJ)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/libkhoscope.so: $(LIB_OBJ) lib/libkhoscope.map
	$(CC) $(CFLAGS) -shared -Wl,-soname,libkhoscope.so.$(SOVERSION) -Wl,--no-undefined \
		-Wl,--version-script=lib/libkhoscope.map -o $@ $(LIB_OBJ) $(LDFLAGS) $(LIBS)

$(B)/khoscope: $(call obj,$(CLI_SRC)) $(B)/libkhoscope.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

# crash's own header, the only one it takes; CRASH_INC names its folder. Which crash that is tells a
# file beside it, or the crash that is installed with it.
CRASH_VERSION = $(shell cat $(CRASH_INC)/crash-version 2>/dev/null || \
	{ [ $(CRASH_INC) = /usr/include/crash ] && crash --version; } 2>/dev/null | \
	sed -n 's/^crash //p')
$(call obj,$(CRASH_SRC)): $(B)/extensions/flags
$(call obj,$(CRASH_SRC)): private KHS_CFLAGS += -isystem $(CRASH_INC) \
	-DKHS_CRASH_VERSION='"$(or $(CRASH_VERSION),unknown)"'

# -Bsymbolic and hidden names: crash exports twelve thousand symbols of its own.
$(B)/kho.so: $(call obj,$(EXT_SRC) $(filter-out $(FILE_SRC),$(LIB_SRC))) extensions/kho.map
	$(CC) $(CFLAGS) -shared -Wl,-Bsymbolic -Wl,--version-script=extensions/kho.map -o $@ \
		$(filter %.o,$^) $(LDFLAGS) -ljansson -lfdt $(CODECS) -pthread

$(B)/tests/%: $(B)/tests/unit/%.o $(B)/libkhoscope.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDFLAGS) -lcmocka $(LIBS)

$(B)/tests/%: $(B)/tests/tools/%.o $(B)/libkhoscope.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

$(B)/tests/sandbox: $(B)/tools/sandbox.o
# Readers by other hands, to hold ours against. libdwarf comes as an archive.
$(B)/tests/second_reader: private LDFLAGS += -lkdumpfile
$(B)/tests/dwarfread: private LDFLAGS += -ldwarf -lelf -lz

$(B)/tests/redump: $(call obj,$(DUMPFILE_SRC))
$(B)/tests/redump: private LDFLAGS += $(CODECS)

# Not linked with the library: a mistake that both shared would be no mistake.
$(B)/tests/mkdump/mkdump: $(call obj,$(MKDUMP_SRC))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) -lbpf -lelf -lfdt $(CODECS)

# A fuzz target and what feeds it: files, or libFuzzer.
FUZZ_MAIN = $(B)/tests/fuzz/main.o
FUZZ_COMMON := $(addprefix $(B)/tests/fuzz/,fuzz.o image.o look.o output.o file.o place.o)
$(B)/tests/fuzz/image.o: tests/fuzz/kernels.txt
$(FUZZERS): $(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(FUZZ_COMMON) $(FUZZ_MAIN) $(B)/libkhoscope.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)
$(B)/tests/fuzz/seed: $(addprefix $(B)/tests/fuzz/,seed.o recorder.o) $(FUZZ_COMMON) $(B)/libkhoscope.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

fuzzers: $(FUZZERS)

FUZZ_CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
fuzz:
	@tests/deps.sh fuzz
	@$(MAKE) --no-print-directory -s B=$(B)/fuzz CC=clang CFLAGS='$(FUZZ_CFLAGS)' FUZZ_MAIN= \
		LDFLAGS=-fsanitize=fuzzer fuzzers
	@tests/fuzz/run.sh $(B)/fuzz/tests/fuzz $(FUZZ_NAMES)

$(B)/tests/mutate/mutate: $(call obj,$(MUTATE_SRC)) $(B)/tests/fuzz/output.o $(B)/libkhoscope.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

ASAN_CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined
mutate: $(B)/tests/mutate/mutate $(B)/khoscope vmcores
	@$(MAKE) --no-print-directory -s B=$(B)/asan CFLAGS='$(ASAN_CFLAGS)' $(B)/asan/khoscope
	@tests/mutate/run.sh $(B) $(B)/asan

$(B)/man/%: docs/man/%.scd
	@mkdir -p $(@D)
	scdoc <$< >$@

programs: $(TESTS) $(TOOLS) $(FUZZERS) $(B)/tests/mutate/mutate
tests: programs vmcores

# The dumps and vmlinux files of tests/vmcores, unpacked.
$(B)/vmcores/%: tests/vmcores/%.xz
	@mkdir -p $(@D)
	xz -dc $< >$@.part && mv $@.part $@

vmcores: $(VMCORES)

# check says 1: it found something.
demo:
	@tests/deps.sh demo
	@$(MAKE) --no-print-directory -s $(B)/khoscope $(B)/vmcores/$(DEMO).kdump
	$(B)/khoscope status $(B)/vmcores/$(DEMO).kdump
	$(B)/khoscope check $(B)/vmcores/$(DEMO).kdump; [ $$? = 1 ]

# crash-root.sh prints where it keeps the crash to test with and that crash's header; without it
# the tests inside crash are skipped, and say why.
check:
	@tests/deps.sh check
	@defs=; eval "$$(tests/crash-root.sh)"; \
	$(MAKE) --no-print-directory -s $${defs:+CRASH_INC=$$defs} all tests && \
	KHOSCOPE_BUILD=$(abspath $(B)) KHOSCOPE_CRASH_INC=$$defs tests/run $(TESTS) $(SCRIPTS)

# Not what includes crash's own header, which is not ours to mend.
analyse:
	@tests/deps.sh analyse
	@mkdir -p build
	@tests/analyse/run.sh $(LIB_SRC) $(CLI_SRC)

$(B)/bench/scan: $(B)/bench/scan.o $(B)/libkhoscope.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

$(B)/bench/floor: $(B)/bench/floor.o
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(CODECS) -pthread

bench:
	@tests/deps.sh bench
	@$(MAKE) --no-print-directory -s $(addprefix $(B)/,khoscope bench/scan bench/floor \
		tests/mkdump/mkdump vmcores/v72-out-faults.kdump vmcores/vmlinux-7.2.13)
	@bench/bench.py $(B) docs $(VMLINUX)

lab:
	@tests/deps.sh lab
	@$(MAKE) --no-print-directory -s $(B)/khoscope
	@tests/lab/lab.sh $(KERNELS)

score: $(B)/khoscope
	@tests/lab/score.sh $(B)/khoscope $(KERNELS)
	@tests/lab/preserved.sh $(B)/khoscope $(KERNELS)
	@tests/lab/foretold.sh $(B)/khoscope
	$(if $(filter-out x86-73sys,$(KERNELS)),,@KHOSCOPE=$(abspath $(B)/khoscope) tests/run tests/lab/kdump.sh)

install: all
	install -d $(addprefix $(DESTDIR),$(bindir) $(libdir)/pkgconfig $(includedir) \
		$(mandir)/man1 $(mandir)/man3 $(docdir) $(bashcompdir) $(crashdir) $(pythondir) \
		$(libexecdir) $(unitdir))
	install -m 755 $(B)/khoscope $(DESTDIR)$(bindir)
	install -m 644 $(B)/libkhoscope.a $(DESTDIR)$(libdir)
	install -m 755 $(B)/libkhoscope.so $(DESTDIR)$(libdir)/libkhoscope.so.$(VERSION)
	ln -sf libkhoscope.so.$(VERSION) $(DESTDIR)$(libdir)/libkhoscope.so.$(SOVERSION)
	ln -sf libkhoscope.so.$(SOVERSION) $(DESTDIR)$(libdir)/libkhoscope.so
	install -m 644 lib/khoscope.h $(DESTDIR)$(includedir)
	sed -e 's|@prefix@|$(prefix)|' -e 's|@libdir@|$(libdir)|' -e 's|@version@|$(VERSION)|' \
		-e 's|@includedir@|$(includedir)|' lib/khoscope.pc.in \
		>$(DESTDIR)$(libdir)/pkgconfig/khoscope.pc
	$(if $(MAN),install -m 644 $(filter %.1,$(MAN)) $(DESTDIR)$(mandir)/man1)
	$(if $(MAN),install -m 644 $(filter %.3,$(MAN)) $(DESTDIR)$(mandir)/man3)
	install -m 644 README.md COPYING $(wildcard docs/*.md docs/*.c docs/*.json docs/*.png) $(DESTDIR)$(docdir)
	install -m 644 tools/khoscope.bash $(DESTDIR)$(bashcompdir)/khoscope
	install -m 644 python/khoscope.py $(DESTDIR)$(pythondir)
	install -m 755 extensions/kdump/kdump-triage $(DESTDIR)$(libexecdir)
	sed 's|@libexecdir@|$(libexecdir)|' extensions/kdump/khoscope-triage.service \
		>$(DESTDIR)$(unitdir)/khoscope-triage.service
	$(if $(EXT),install -m 755 $(EXT) $(DESTDIR)$(crashdir))

clean:
	rm -rf $(B)

-include $(patsubst %.c,$(B)/%.d,$(sort $(LIB_SRC) $(CLI_SRC) $(EXT_SRC) $(TEST_SRC) $(TOOL_SRC) \
	$(MKDUMP_SRC) $(FUZZ_SRC) $(MUTATE_SRC) bench/scan.c bench/floor.c))
.SECONDARY:
.DELETE_ON_ERROR:
