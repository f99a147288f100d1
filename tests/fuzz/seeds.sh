#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# seeds.sh: makes tests/fuzz/kernels.txt and the seeds in tests/fuzz/corpus anew, from the real dumps
# of tests/vmcores and from cases of tests/mkdump. To be run from the top of the tree after a change
# of the format of inputs, or of what is read of a dump; takes some minutes. What crashed once
# (crash-*) stays, but an image of another kernels.txt is another input.
set -eu
build=build
dumps='v72-out-faults v72-in-retrieved v73-in-faults v73-in-split a73-out-faults x73-pair-before'
cases='owners luo-6.19 luo-7.1 luo-chain list-6.16-finalized list-6.18 owners-6.18 arm64-64k-52
	bitmaps-late lie-luo-list'
tmp=$(mktemp -d "${TMPDIR:-/tmp}/khoscope-seeds.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# path NAME: the dump of that name
path() {
	case " $dumps " in
	*" $1 "*) echo "$build/vmcores/$1.kdump" ;;
	*) echo "$tmp/$1" ;;
	esac
}

make -s vmcores $build/tests/mkdump/mkdump $build/tests/redump $build/tests/fuzz/seed
for name in $cases; do
	$build/tests/mkdump/mkdump "tests/mkdump/cases/$name.txt" "$tmp/$name"
done
# shellcheck disable=SC2086 # words
set -- $dumps $cases

for name; do $build/tests/fuzz/seed kernel "$(path "$name")" "$name"; done >"$tmp/kernels.txt"
cp "$tmp/kernels.txt" tests/fuzz/kernels.txt
make -s $build/tests/fuzz/seed

find tests/fuzz/corpus -type f ! -name 'crash-*' -delete 2>/dev/null || mkdir tests/fuzz/corpus
number=0
for name; do
	$build/tests/fuzz/seed inputs "$(path "$name")" "$name" $number tests/fuzz/corpus
	number=$((number + 1))
done

$build/tests/fuzz/seed place $build/vmcores/v72-out-faults.kdump $build/vmcores/vmlinux-7.2.13 \
	v72-out-faults tests/fuzz/corpus

# A System.map: one line in 400, and what is looked for.
mkdir -p tests/fuzz/corpus/systemmap
nm -n $build/vmcores/vmlinux-7.2.13 | awk 'NR % 400 == 1 || $3 ~ /^(_stext|init_uts_ns|node_online_map|memblock|linux_banner|init_top_pgt|kho_[a-z]*)$/' >tests/fuzz/corpus/systemmap/vmlinux-7.2.13

# Files like a vmlinux, with each form of DWARF, and BTF.
out=tests/fuzz/corpus/vmlinux
mkdir -p $out
cat >"$tmp/memblock.c" <<'C'
typedef const struct { union { long data : 40; void *p; }; char pad[3]; } odd;
struct page { unsigned long flags; union { long a; struct { odd *lru; long private; }; }; } page;
struct pglist_data { struct zone { long zone_start_pfn, pad[3]; } zones[2][3]; int node_id; } node;
struct xa_node { unsigned char shift; void *slots[64]; } xa;
enum pageflags { PG_locked, PG_lru = 5, PG_head = 29, __NR_PAGEFLAGS = 24 } flags;
long memblock_add(void) { return page.flags + node.node_id + xa.shift + flags; }
C
cat >"$tmp/kexec_handover.c" <<'C'
struct kho_out { const struct { void *fdt; } x; long order; struct kho_out *next; } kho_out;
long kho_preserve_folio(void) { return kho_out.order; }
int main(void) { return 0; }
C
# small NAME FLAG...: a file of both
small() {
	cc -O2 -o "$out/$1" "${@:2}" -nostdlib -static -Wl,-e,main -Wl,--build-id -Wl,-z,noseparate-code \
		-Wl,--defsym,_stext=0xffffffff81000000 "$tmp/memblock.c" "$tmp/kexec_handover.c"
}
small dwarf-4 -gdwarf-4
small dwarf-5 -gdwarf-5
small dwarf-5-zlib -gdwarf-5 -gz=zlib
small dwarf-4-zlib-gnu -gdwarf-4 -gz=zlib-gnu
small dwarf-5-type-units -gdwarf-5 -fdebug-types-section
small dwarf-4-type-units -gdwarf-4 -fdebug-types-section
small dwarf-5-lto -gdwarf-5 -flto
objcopy --strip-debug --add-section .BTF=tests/fuzz/corpus/btf/owners $out/dwarf-5 $out/btf
objcopy --add-section .BTF=tests/fuzz/corpus/btf/owners $out/dwarf-5-zlib $out/both
strip -s -o $out/stripped $out/dwarf-5
objcopy --add-gnu-debuglink=$out/dwarf-5 $out/stripped
gzip -cn $out/dwarf-4 >$out/gzip

# Dump files: a few pages of one, in each format.
out=tests/fuzz/corpus/dumpfile
mkdir -p $out
few="--exclude 0x8-0xffffff"
# shellcheck disable=SC2086
$build/tests/redump --format elf $few "$(path owners)" "$tmp/few"
cp "$tmp/few" $out/elf
for codec in none zlib lzo snappy zstd; do
	$build/tests/redump --codec $codec "$tmp/few" "$out/kdump-$codec"
done
$build/tests/redump --codec zlib --flatten "$tmp/few" $out/flattened-kdump
$build/tests/redump --format elf --flatten "$tmp/few" $out/flattened-elf
$build/tests/redump --codec zlib --truncate 90% "$tmp/few" $out/kdump-cut

# One of each is enough.
find tests/fuzz/corpus -type f -exec md5sum {} + | sort | awk 'seen[$1]++ { print $2 }' | xargs -r rm
du -sh tests/fuzz/corpus
