#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kdump.sh [FOLDER]: docs/kdump.md for real. A Debian 12 on a disk, with its kdump-tools, the packages of
# this tree and the lab's kernel x86-73sys, under QEMU, crashes twice:
#	- kdump-tools loaded its capture kernel and initramfs, saves the dump there and reboots; at the
#	  next boot khoscope-triage.service looks at it;
#	- an initramfs that does what kdump-utils' kdump.sh does there (mount, makedumpfile, kdump_post)
#	  has kdump-triage as its kdump_post; and then runs khoscope on /proc/vmcore itself, and
#	  kdump-triage against its bounds.
# What came of it is on the disk, and compared here with what khoscope says of the same dumps. FOLDER
# then has the console, what the guest noted, and /var/crash.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/debian.sh
. "$here/../debian.sh"
khoscope=${KHOSCOPE:-$here/../../build/khoscope}

cannot() {
	echo "kdump: $*" >&2
	exit 77
}

for tool in qemu-system-x86_64 mke2fs debugfs cpio; do
	PATH=$PATH:/sbin:/usr/sbin command -v $tool >/dev/null || cannot "no $tool on this machine"
done
PATH=$PATH:/sbin:/usr/sbin
cache=$(debian_cache) || cannot "$cache"
kernel=$(readlink -f "$cache/lab/dump/sys-live/kernel")
[ -e "$kernel/module/faults.ko" ] || cannot "the lab has no x86-73sys: make lab KERNELS=x86-73sys"
base=$(debian_root lab-debian 1 bookworm "systemd-sysv,udev,kmod,dbus,procps,file,time,linux-base,$(
	)initramfs-tools,kdump-tools,kexec-tools,makedumpfile,$(
	)libbpf1,libelf1,libdw1,libfdt1,libjansson4,liblzo2-2,libsnappy1v5,libzstd1") ||
	cannot "$base"
lab=$here
here=$here/..
. "$here/tap.sh"
. "$here/in-root.sh"
release=$(cat "$kernel/build/include/config/kernel.release")
disk=$tmp/disk root=$tmp/root
# Scratch areas of this size have room wherever the capture kernel's memory is.
options="root=/dev/vda rw console=ttyS0 no_timer_check panic=-1 kho=on kho_scratch=32M,8M,24M"

# ---- the disk ------------------------------------------------------------------------------------

there() {
	# shellcheck disable=SC2016 # for the other shell
	unshare -m sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" env -i LC_ALL=C HOME=/root \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' "$root" "$@"
}

put_kernel() {
	cp "$kernel/image" "$root/boot/vmlinuz-$release"
	cp "$kernel/build/.config" "$root/boot/config-$release"
	mkdir -p "$root/lib/modules/$release" "$root/lab"
	cp "$kernel/build/modules.builtin" "$kernel/build/modules.builtin.modinfo" \
		"$root/lib/modules/$release" 2>/dev/null
	: >"$root/lib/modules/$release/modules.order"
	cp "$kernel/module/faults.ko" "$root/lab/lab.ko"
	there depmod "$release"
	# It can't find out what the guest's disk needs; all of that is in the kernel.
	echo MODULES=list >"$root/etc/initramfs-tools/conf.d/lab"
	there kdump-config symlinks "$release"
}

# What kdump-utils' kdumpctl would make an initramfs of: the hook, extra_bins, makedumpfile and a shell.
put_initramfs() {
	local dir=$tmp/initramfs file bin
	mkdir -p "$dir"/{proc,sys,dev,etc,bin,tmp,kdumproot}
	for bin in sh sed cat mkdir mv rm chmod mount umount date sync sleep ls makedumpfile timeout khoscope \
		time grep; do
		file=$(there sh -c "command -v $bin")
		there sh -c "readlink -f $file; ldd $file 2>/dev/null | grep -o '/[^ ]*'" |
			while read -r needed; do
				mkdir -p "$dir${needed%/*}"
				cp -L "$root$needed" "$dir$needed"
			done
		file=$(there readlink -f "$file")
		[ "$file" = "/bin/$bin" ] || ln -sf "$file" "$dir/bin/$bin"
	done
	mkdir -p "$dir/usr/libexec/khoscope"
	cp "$root/usr/libexec/khoscope/kdump-triage" "$dir/usr/libexec/khoscope/"
	printf 'path /var/crash\nkdump_post /usr/libexec/khoscope/kdump-triage\n' >"$dir/etc/kdump.conf"
	cp "$lab/kdump-capture" "$dir/init"
	(cd "$dir" && find . | cpio -o -H newc --quiet | gzip -1) >"$root/lab/initramfs"
}

make_disk() {
	cp -a "$base/root" "$root"
	cp "$debs"/*.deb "$root/root/"
	there sh -c 'dpkg -i /root/khoscope_*.deb /root/libkhoscope0_*.deb && rm /root/*.deb' || return
	put_kernel || return
	put_initramfs || return
	cp "$lab/kdump-step" "$root/lab/step"
	cat >"$root/etc/systemd/system/lab.service" <<'UNIT'
[Unit]
After=kdump-tools.service khoscope-triage.service
[Service]
Type=simple
ExecStart=/lab/step
[Install]
WantedBy=multi-user.target
UNIT
	there systemctl enable lab.service khoscope-triage.service || return
	echo "/dev/vda / ext4 defaults 0 1" >"$root/etc/fstab"
	echo lab >"$root/etc/hostname"
	echo 127.0.0.1 lab localhost >"$root/etc/hosts"
	truncate -s 3G "$disk"
	mke2fs -q -t ext4 -d "$root" "$disk" && rm -rf "$root"
}

# ---- the guest -----------------------------------------------------------------------------------

run_guest() {
	local size last=-1 still=0
	qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max,la57=off -m 1024 \
		-object memory-backend-ram,id=m0,size=700M -numa node,nodeid=0,memdev=m0,cpus=0 \
		-object memory-backend-ram,id=m1,size=324M -numa node,nodeid=1,memdev=m1 \
		-drive "if=none,id=disk,format=raw,file=$disk,cache=unsafe" \
		-device virtio-blk-pci,drive=disk -display none -nodefaults -serial "file:$tmp/console" \
		-kernel "$kernel/image" -append "$options crashkernel=${KDUMP_CRASHKERNEL:-192M}" \
		>"$tmp/qemu.log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		size=$(stat -c %s "$tmp/console" 2>/dev/null || echo 0)
		[ "$size" = "$last" ] || still=0
		last=$size
		if [ $((still++)) -gt 300 ] || grep -qa 'LAB GIVES UP' "$tmp/console"; then
			kill "$pid"
			tail -n 40 "$tmp/console"
			return 1
		fi
		sleep 1
	done
	wait "$pid"
}

bring() {
	mkdir "$tmp/out"
	debugfs -R "rdump /var/crash $tmp/out" "$disk" >/dev/null 2>&1
	debugfs -R "rdump /lab/notes $tmp/out" "$disk" >/dev/null 2>&1
	cp "$tmp/console" "$tmp/out/"
	if [ -n "${1-}" ]; then
		mkdir -p "$1"
		cp -r "$tmp"/out/. "$1"
	fi
}

build_root=$(kept_root bookworm-build) || exit
debs=$tmp/debs
check "the packages build on Debian 12" build_debs "$build_root" debs
check "a Debian 12 with kdump-tools and khoscope on a disk" make_disk
[ -e "$disk" ] || finish
check "it crashes, dumps, boots, crashes, dumps, boots" run_guest
bring "${1-}"
notes=$tmp/out/notes

# ---- what came of it -----------------------------------------------------------------------------

# looked_at DUMP: by kdump-triage, and what it wrote is what khoscope says here. The page that was freed
# may have another user by the time of the crash: then it is no finding any more.
looked_at() {
	local form
	grep -qE "^KHOSCOPE CRITICAL: .*: (2 errors, .*: stale-mark freed-preserved|1 error, .*: stale-mark)$" \
		"$1.khoscope.summary" || { cat "$1".khoscope*/messages "$1.khoscope.summary"; return 1; }
	for form in txt json html; do
		[ -s "$1.khoscope/khoscope.$form" ] || { echo "no khoscope.$form"; return 1; }
	done
	"$khoscope" check "$1" | diff - "$1.khoscope/check.txt"
}

# same_findings JSON DUMP
same_findings() {
	jq -e '.coverage.all_judged and (.findings | length) > 1' "$1" &&
		"$khoscope" check -q --json "$2" | jq .findings | diff - <(jq .findings "$1")
}

dump=$(echo "$tmp"/out/crash/2*/dump.*[0-9])
post=$(echo "$tmp"/out/crash/127*:[0-9][0-9]/vmcore)
check "before the crash preflight /proc/kcore says what is wrong" jq -e \
	'.dump.live and any(.findings[]; .id == "pf-lost")' "$notes/preflight.json"
check "kdump-tools: a dump" "$khoscope" status -q "$dump"
check "kdump-tools: looked at after the reboot" looked_at "$dump"
check "kdump-tools: the journal has the summary" diff "$dump.khoscope.summary" "$notes/journal"
check "kdump-tools: the unit failed with status 2" grep -q ExecMainStatus=2 "$notes/unit"
check "kdump-tools: at the next boot there is nothing new" grep -q ExecMainStatus=0 "$notes/unit.again"
check "kdump_post: looked at in the capture kernel" looked_at "$post"
check "kdump_post: what it returns" diff <(printf 'status %d\n' 2 3 3) <(grep ^status "$notes/post")
# shellcheck disable=SC2016 # for awk
check "kdump_post: some MiB are enough" awk '$1 > 32768 { exit 1 } END { exit NR != 2 }' "$notes/peak"
check "kdump_post, out of memory: said" grep -qE 'UNKNOWN: .*(memory|allocate)' \
	"${post%/*}.memory/vmcore.khoscope.summary"
check "kdump_post, out of time: said" grep -q 'UNKNOWN: .*: stopped after 3 seconds' \
	"${post%/*}.time/vmcore.khoscope.summary"
check "/proc/vmcore itself: the same findings" same_findings "$notes/vmcore.check" "$post"
check "/proc/vmcore itself: the status" grep -q '^status 1' "$notes/vmcore.check.err"
check "/proc/vmcore itself: a report" [ -s "$notes/direct/khoscope.html" ]
sed 's/^/# /' "$notes/peak" "$notes/post"
finish
