# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For scripts that take things from Debian's archive without touching this machine's apt: source it.
#
#	debian_cache			prints the folder where what was fetched is kept
#	debian_mirrors			prints the mirrors that this machine's apt uses, one a line
#	debian_lists DIR URI SUITE...	makes apt lists of those suites in DIR, for debian_apt
#	debian_apt DIR COMMAND...	runs an apt command (apt-get, apt-cache) on the lists in DIR
#	debian_root NAME RECIPE SUITE PACKAGES [FINISH]
#					prints a folder of the cache, NAME, in which root/ is a minimal
#					system with those packages (joined by commas), to be used by
#					chroot; or says why there is none, and fails
#	debian_quote STRING		prints it so that the shell reads it again
#
# Everything is checked against Debian's archive keyring.
#
# debian_root makes the folder once, and again if the RECIPE is another: what was made of that one is
# used without the network. FINISH is a command that completes it and is given the folder; like
# debian_root it prints why it fails. It installs nothing on this machine, changes nothing of its apt,
# leaves nothing mounted, and an interrupted run leaves nothing that a later one takes for whole. To be
# called as $(debian_root ...).

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

debian_quote() {
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

debian_root_wants() {
	[ "$(id -u)" = 0 ] || { echo "not root: debootstrap and chroot need it"; return 1; }
	for debian_tool in debootstrap apt-get flock; do
		command -v "$debian_tool" >/dev/null ||
			{ echo "no $debian_tool on this machine"; return 1; }
	done
	[ -r "$debian_keyring" ] ||
		{ echo "no Debian archive keyring (package debian-archive-keyring)"; return 1; }
}

# The first mirror that serves the suite; nothing if none does.
debian_serves() {
	for debian_uri in $(debian_mirrors); do
		if debian_lists "$1" "$debian_uri" "$2"; then
			echo "$debian_uri"
			break
		fi
	done
	rm -rf "$1"
}

# debootstrap takes a proxy from the environment; apt may have its own.
debian_proxy() {
	[ -z "${http_proxy:-}" ] || return 0
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	case ${http_proxy:-} in
	http://*) export http_proxy ;;
	*) unset http_proxy ;;
	esac
}

# What is not needed to run a program is removed again.
debian_bootstrap() {
	debian_new=$1 debian_suite=$2 debian_packages=$3
	debian_mirror=$(debian_serves "$debian_new/apt" "$debian_suite")
	[ -n "$debian_mirror" ] || {
		echo "no network: no Debian mirror of this machine's apt serves $debian_suite"
		return 1
	}
	debian_proxy
	debian_script=$debian_suite
	[ -e "/usr/share/debootstrap/scripts/$debian_suite" ] || debian_script=sid
	# What debootstrap mounts in the root goes with its mount namespace.
	debian_private=
	if unshare -m true 2>/dev/null; then debian_private="unshare -m"; fi
	# A root that can be made again needs no disk flush after each package.
	mkdir -p "$debian_new/root/etc/dpkg/dpkg.cfg.d"
	echo force-unsafe-io >"$debian_new/root/etc/dpkg/dpkg.cfg.d/unsafe-io"
	$debian_private debootstrap --variant=minbase --include="$debian_packages" \
		--keyring="$debian_keyring" --force-check-gpg \
		"$debian_suite" "$debian_new/root" "$debian_mirror" "$debian_script" \
		>"$debian_new/log" 2>&1 </dev/null || {
		echo "debootstrap failed: $(grep '^[EW]:' "$debian_new/log" | tail -n 1)"
		return 1
	}
	rm -rf "$debian_new/root/var/cache/apt" "$debian_new/root/var/lib/apt/lists" \
		"$debian_new/root/usr/share/doc" "$debian_new/root/usr/share/man" \
		"$debian_new/root/usr/share/locale" "$debian_new/log"
}

debian_is_done() {
	[ "$(cat "$debian_done/stamp" 2>/dev/null)" = "$debian_recipe" ]
}

debian_root() {
	debian_recipe="$2 $3 $4"
	debian_done=$(debian_cache) || { echo "$debian_done"; return 1; }
	debian_done=$debian_done/$1
	if debian_is_done; then echo "$debian_done"; return 0; fi
	PATH=$PATH:/usr/sbin:/sbin
	debian_root_wants || return 1
	mkdir -p "${debian_done%/*}" ||
		{ echo "cannot make the cache folder ${debian_done%/*}"; return 1; }
	# One run at a time; the next finds the work done, or finds the remains of a run that was
	# cut short and throws them away.
	exec 9>"$debian_done.lock"
	flock 9
	if debian_is_done; then echo "$debian_done"; return 0; fi
	trap 'rm -rf --one-file-system "$debian_done.new"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	rm -rf --one-file-system "$debian_done.new"
	mkdir "$debian_done.new"
	echo "fetching a Debian $3 root with $4, once, into $debian_done" >&2
	debian_bootstrap "$debian_done.new" "$3" "$4" || return 1
	[ -z "${5:-}" ] || "$5" "$debian_done.new" || return 1
	echo "$debian_recipe" >"$debian_done.new/stamp"
	rm -rf --one-file-system "$debian_done"
	mv -T "$debian_done.new" "$debian_done"
	echo "$debian_done"
}
