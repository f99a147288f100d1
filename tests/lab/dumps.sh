# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Sourced: the lab's dumps, for what goes through all of them.
# shellcheck source=tests/debian.sh
. "${here:?}/../debian.sh"
lab=$(debian_cache)/lab

# each_dump FUNCTION [KERNEL...]: calls FUNCTION FOLDER DUMP WHEN KERNEL EXPECTED WORD... for each dump of
# the guests of these kernels, or of all; WHEN is "before" or "after" the last handover, the rest as
# tests/lab/guests has it. For a guest that has no dump DUMP is empty.
each_dump() {
	local call=$1 guest kernel expected words dir
	shift
	while read -r guest kernel _ _ expected words; do
		[ $# = 0 ] || case " $* " in *" $kernel "*) ;; *) continue ;; esac
		dir=$lab/dump/$guest
		if [ ! -e "$dir/vmcore" ]; then
			"$call" "$dir" '' after "$kernel" "$expected" "$words"
			continue
		fi
		"$call" "$dir" "$dir/vmcore" after "$kernel" "$expected" "$words"
		[ ! -e "$dir/vmcore.before" ] ||
			"$call" "$dir" "$dir/vmcore.before" before "$kernel" "$expected" "$words"
	done < <(grep -vE '^(#|$)' "$here/guests")
}

# Prints the options that khoscope needs for a dump: nothing in some tells types, or addresses.
dump_options() {
	case "$(grep "^$2 " "$here/kernels") $3" in
	*' min '* | *' @stop='*) printf '%s\n' -k "$1/kernel/vmlinux" ;;
	esac
}
