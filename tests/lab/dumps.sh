# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Sourced: the lab's dumps, and what khoscope said in a guest of the kernel that ran there, for what goes
# through all of them. $khoscope is the program.
# shellcheck source=tests/debian.sh
. "${here:?}/../debian.sh"
lab=$(debian_cache)/lab

# Whether those answers are of this program.
of_this_khoscope() {
	[ "$(cat "$1/khoscope" 2>/dev/null)" = "$(sha256sum <"${khoscope:?}")" ]
}

# each_dump FUNCTION [KERNEL...]: calls FUNCTION FOLDER DUMP WHEN KERNEL EXPECTED WORD... for each dump of
# the guests of these kernels, or of all; WHEN is "before" or "after" the last handover, the rest as
# tests/lab/guests has it. DUMP may be a folder of answers, live or live.before. For a guest that has no
# dump, or answers of another khoscope, it is empty.
each_dump() {
	local call=$1 guest kernel expected words dir dump when
	shift
	while read -r guest kernel _ _ expected words; do
		[ $# = 0 ] || case " $* " in *" $kernel "*) ;; *) continue ;; esac
		dir=$lab/dump/$guest
		[ -e "$dir/vmcore" ] || "$call" "$dir" '' after "$kernel" "$expected" "$words"
		for dump in "$dir"/{vmcore,vmcore.before,live,live.before}; do
			[ -e "$dump" ] || continue
			when=after
			[ "$dump" = "${dump%.before}" ] || when=before
			if [ -d "$dump" ] && ! of_this_khoscope "$dump"; then dump=''; fi
			"$call" "$dir" "$dump" $when "$kernel" "$expected" "$words"
		done
	done < <(grep -vE '^(#|$)' "$here/guests")
}

# ask VERB [OPTION...]: what khoscope -q --json says of $dump, and its exit status. $options for dumps.
ask() {
	local verb=$1 answer
	shift
	# shellcheck disable=SC2154 # the caller's
	if [ ! -d "$dump" ]; then
		"$khoscope" "$verb" -q --json "${options[@]}" "$@" "$dump"
		return
	fi
	answer="$dump/$verb -q --json${*:+ $*}"
	[ -e "$answer.status" ] || { echo "the guest did not ask that: $verb $*" >&2; return 2; }
	cat "$answer"
	return "$(cat "$answer.status")"
}

# What is said of it in a list: its guest, and what it is of that.
dump_name() {
	local name=${1##*/}
	case $3 in before) name=$name-before ;; esac
	[ ! -d "$2" ] || name=$name-kcore
	echo "$name"
}

# Prints the options that khoscope needs for a dump: nothing in some tells types, or addresses.
dump_options() {
	case "$(grep "^$2 " "$here/kernels") $3" in
	*' min '* | *' @stop='*) printf '%s\n' -k "$1/kernel/vmlinux" ;;
	esac
}
