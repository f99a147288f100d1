# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# bash completion for khoscope. Verbs, options and what they take come from khoscope's own help, so
# this knows whatever the installed one does.

_khoscope_verbs() {
	"$1" help 2>/dev/null | sed -n '/^verbs:/,/^$/s/^  \([a-z][a-z]*\).*/\1/p'
}

# The options of a verb, or of any without one.
_khoscope_options() {
	# shellcheck disable=SC2086 # a word or none
	"$1" help $2 2>/dev/null |
		sed -n '/^options:/,/^$/s/^  \(-.,\|   \) \(--[a-z-]*\).*/\2/p'
}

# What an option wants: "N", "FILE"; nothing if it takes no argument.
_khoscope_wants() {
	# shellcheck disable=SC2086
	"$1" help $2 2>/dev/null | awk -v want="$3" '
		/^  (-.,|   ) --/ { long = $0; sub(/^ *(-., )? */, "", long); split(long, w, " ")
			short = substr($0, 3, 2)
			if ((w[1] == want || short == want) && w[2] ~ /^[A-Z]+$/) print w[2] }'
}

_khoscope_values() {
	case $1 in
	WAY) echo in out ;;
	WHEN) echo auto always never ;;
	VERSION) echo 6.16 6.17 6.18 6.19 7.0 7.1 7.2 7.2.13 7.3 ;;
	*) return 1 ;;
	esac
}

_khoscope() {
	local program=$1 word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local verb='' i wants
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] && continue
		[[ " $(_khoscope_verbs "$program" | tr '\n' ' ') " == *" ${COMP_WORDS[i]} "* ]] &&
			verb=${COMP_WORDS[i]}
		break
	done
	if [[ $before == -* ]]; then
		wants=$(_khoscope_wants "$program" "$verb" "$before")
		if [[ -n $wants ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_khoscope_values "$wants")" -- "$word")
			[[ ${#COMPREPLY[@]} != 0 || $wants == N || $wants == RANGE ]] ||
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
			return
		fi
	fi
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_khoscope_options "$program" "$verb")" -- "$word")
	elif [[ $verb == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_khoscope_verbs "$program")" -- "$word")
	elif [[ $verb == explain ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$program" explain 2>/dev/null | cut -d' ' -f1)" -- "$word")
	elif [[ -z $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_khoscope_verbs "$program")" -- "$word"
			compgen -f -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -o filenames -F _khoscope khoscope
