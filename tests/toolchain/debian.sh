# shellcheck shell=bash
# What the set-up scripts beside this file share: where things are kept, how they speak, and Debian's packages
# without root: apt gets folders of its own, and packages are unpacked, not installed. The machine's own package
# state, its sources and its installed packages, is read but never changed.

# Kept across checkouts, so that a second clone downloads and builds nothing.
# shellcheck disable=SC2034  # the sourcing script uses it
cache=${DALSEGNO_CACHE:-${XDG_CACHE_HOME:-${HOME:?is not set: set it, or DALSEGNO_CACHE}/.cache}/dalsegno}

# stdout is for what a script answers; all it has to tell goes to stderr.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }

is_debian() { command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1; }

# apt_in FOLDER TOOL ARGUMENT…: runs apt-get or apt-cache with lists, caches and locks of its own in FOLDER.
# The machine's settings (proxies, certificates) stay in force, as do its sources unless an argument overrides them.
apt_in() {
    local folder=$1 tool=$2
    shift 2
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    # Sandbox::User: apt's own user cannot write into somebody's cache. Post-Invoke: a container image's clean-up
    # hooks are about the machine's folders.
    LC_ALL=C "$tool" -q \
        -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder" -o Dir::Cache::Archives="$folder/archives" \
        -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=true -o Acquire::Retries=2 \
        -o APT::Update::Post-Invoke::= -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 "$@"
}

# own_lists: loads the lists of the machine's own package sources, for `own_apt` and `unpack_packages`. Like all below,
# it keeps what it needs for a while in $scratch, a folder of the sourcing script.
# shellcheck disable=SC2154  # the sourcing script has it
own_lists() {
    own_apt apt-get update >"$scratch/apt.log" 2>&1 ||
        die "the package sources do not answer; apt said: $(tail -n 1 "$scratch/apt.log")"
}

own_apt() { apt_in "${scratch:?}/apt" "$@"; }

# unpack_packages ROOT PACKAGE…: unpacks packages into ROOT, with those of their dependencies that the machine lacks.
unpack_packages() {
    local root=$1 package
    shift
    # apt works out what is missing, as for an installation, but only fetches it. --reinstall: what is installed and
    # does not work is no help.
    own_apt apt-get install --yes --download-only --no-install-recommends --reinstall "$@" >"$scratch/apt.log" 2>&1 ||
        die "could not download $1; apt said: $(tail -n 1 "$scratch/apt.log")"
    mkdir -p "$root"
    for package in "$scratch"/apt/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
}

# libraries_in ROOT [FOLDER…]: the folders of libraries in ROOT, and those named, as a search path.
libraries_in() {
    local root=$1 folder libraries=""
    shift
    for folder in "$root"/lib/*-linux-gnu* "$root"/usr/lib/*-linux-gnu* "$@"; do
        [ ! -d "$folder" ] || libraries="$libraries${libraries:+:}$folder"
    done
    printf '%s\n' "$libraries"
}

# wrap FILE PROGRAM LIBRARIES [ARGUMENTS]: makes FILE a script that runs PROGRAM with the libraries that the machine
# lacks.
wrap() {
    cat >"$1" <<END
#!/bin/sh
LD_LIBRARY_PATH='$3'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
exec '$2' ${4:-} "\$@"
END
    chmod +x "$1"
}

# The address of the Debian mirror that this machine already uses.
debian_mirror() {
    local codename
    # shellcheck disable=SC1091  # a file of the machine
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016  # apt, not the shell, fills these in
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' 2>/dev/null |
        awk -v codename="$codename" '
            $3 == "main" && $1 ~ /\/debian(\/|$)/ && ($2 == codename || $2 ~ /^(stable|testing|unstable|sid)$/) {
                print $1
                exit
            }'
}

# suite_in FOLDER SUITE: makes FOLDER an apt configuration that knows SUITE of the machine's mirror and nothing
# else, and loads its lists. Use it with `apt_suite FOLDER TOOL ARGUMENT…`.
suite_in() {
    local folder=$1 suite=$2 mirror keyring signed_by=""
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || { say "apt's sources name no Debian mirror"; return 1; }
    for keyring in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
        [ -e "$keyring" ] && signed_by="[signed-by=$keyring] "
    done
    mkdir -p "$folder"
    : >"$folder/status"
    printf 'deb %s%s %s main\n' "$signed_by" "$mirror" "$suite" >"$folder/sources.list"
    apt_suite "$folder" apt-get update -o APT::Update::Error-Mode=any >"$folder/update.log" 2>&1 || {
        say "the mirror $mirror does not answer for $suite; apt said:"
        tail -n 5 "$folder/update.log" >&2
        return 1
    }
}

apt_suite() {
    local folder=$1 tool=$2
    shift 2
    apt_in "$folder" "$tool" -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State::status="$folder/status" "$@"
}
