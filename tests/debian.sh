# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For scripts that take things from Debian's archive without touching this machine's apt: source it.
#
#	debian_cache			prints the folder where what was fetched is kept
#	debian_mirrors			prints the mirrors that this machine's apt uses, one a line
#	debian_lists DIR URI SUITE...	makes apt lists of those suites in DIR, for debian_apt
#	debian_apt DIR COMMAND...	runs an apt command (apt-get, apt-cache) on the lists in DIR
#
# Everything is checked against Debian's archive keyring.

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# $KHOSCOPE_CACHE, else $XDG_CACHE_HOME/khoscope, else ~/.cache/khoscope; fails with a reason if it
# is nowhere. Where the environment has no HOME, the user's entry says which it is.
debian_cache() {
	debian_dir=${KHOSCOPE_CACHE:-}
	if [ -z "$debian_dir" ]; then
		debian_home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
		debian_dir=${XDG_CACHE_HOME:-${debian_home:+$debian_home/.cache}}
		[ -n "$debian_dir" ] || { echo "no cache folder: set KHOSCOPE_CACHE"; return 1; }
		debian_dir=$debian_dir/khoscope
	fi
	case $debian_dir in
	/*) echo "$debian_dir" ;;
	*) echo "the cache folder $debian_dir is no absolute path"; return 1 ;;
	esac
}

# apt reads its own lists, of both forms; this asks no network.
debian_mirrors() {
	apt-get update --print-uris 2>/dev/null |
		sed -n "s|^'\(.*\)/dists/\([^/]*\)/InRelease'.*|\2 \1|p" |
		while read -r dist uri; do
			case $dist in
			bookworm | trixie | forky | sid) ;;
			oldstable | stable | testing | unstable) ;;
			*) continue ;;
			esac
			case $uri in
			http://* | https://*)
				echo "$uri"
				;;
			mirror+file:*)
				sed -n 's|^\(https\{0,1\}://[^[:space:]]*\).*|\1|p' \
					"${uri#mirror+file:}" 2>/dev/null | sed 's|/$||'
				;;
			esac
		done | awk '!seen[$0]++'
}

debian_apt() {
	debian_dir=$1 debian_command=$2
	shift 2
	"$debian_command" \
		-o Dir::Etc::sourcelist="$debian_dir/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State::lists="$debian_dir/lists" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o APT::Update::Error-Mode=any \
		-o APT::Update::Pre-Invoke::= -o APT::Update::Post-Invoke::= \
		-o APT::Sandbox::User=root \
		-o Acquire::Check-Valid-Until=false \
		-o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
		-o Acquire::https::Timeout=20 \
		"$@"
}

# Fails if the mirror doesn't serve them all, signed by a key this machine trusts. One that lags
# behind by some weeks will do.
debian_lists() {
	debian_dir=$1 debian_uri=$2
	shift 2
	rm -rf "$debian_dir"
	mkdir -p "$debian_dir/lists/partial"
	for debian_suite in "$@"; do
		echo "deb [signed-by=$debian_keyring] $debian_uri $debian_suite main"
	done >"$debian_dir/sources.list"
	debian_apt "$debian_dir" apt-get update -qq >/dev/null 2>&1
}
