# shellcheck shell=bash
# The common part of the scripts: sentences, the system packages that are missing, Swift. Sourced, in the repository's root.

readonly needed_swift=6.3

say() { printf '%s\n' "$*"; }

# Ends the script with a sentence that says what is wrong and what to do.
fail() {
    printf '%s: %s\n' "${script:?}" "$*" >&2
    exit 1
}

has_command() { command -v "$1" >/dev/null 2>&1; }

# True if one of the paths exists; they may be patterns.
has_path() { compgen -G "$1" >/dev/null || { (($# > 1)) && has_path "${@:2}"; }; }

# need PACKAGE... unless CHECK...: notes packages that the machine lacks. The check looks for the thing itself, not for the
# package, so that a machine that got it from elsewhere needs no apt. NAME|NAME... is one package, by the names that it has in
# different systems.
need() {
    local packages=()
    while [[ $1 != unless ]]; do
        packages+=("$1")
        shift
    done
    shift
    "$@" || missing+=("${packages[@]}")
}

has_header() { has_path "/usr/local/include/$1" "/usr/include/$1" "/usr/include/*-linux-gnu/$1"; }

# The shared libraries that the toolchain lacks, by soname. Without them swift ends before it prints its version.
missing_libraries() {
    local folder
    folder=$(dirname "$(readlink -f "$(command -v swift)")")
    ldd "$folder"/swift-{build,test,frontend,format} "$folder/clang" 2>/dev/null |
        sed -n 's/^[[:space:]]*\(lib[^ ]*\) => not found$/\1/p' | sort -u
}

# Debian's policy names a library's package after its soname: libcurl.so.4 is in libcurl4, or libcurl4t64 since times have 64
# bits, and libxml2.so.16 in libxml2-16. libxml2.so.2 and libz.so.1 are older than the rule.
package_of_library() {
    local name=${1%%.so*} version=${1##*.so.}
    case $1 in
        libz.so.*) echo "zlib1g" ;;
        lib*[0-9].so.*) echo "$name-$version|$name-${version}t64|$name" ;;
        *) echo "$name$version|$name${version}t64" ;;
    esac
}

# Swift links with GCC's start files and C++ library.
has_gcc() { has_path '/usr/lib/gcc/*/*/crtbegin.o' && has_path '/usr/include/c++/*/cstddef'; }

# The packages that a build needs: those of Swift itself on Linux, and the libraries that the sources import.
needs_of_build() {
    need git unless has_command git
    need ca-certificates unless has_path /etc/ssl/certs/ca-certificates.crt
    need g++ unless has_gcc
    need 'binutils-gold|binutils' unless has_command ld.gold
    need libc6-dev unless has_header stdio.h
    local library
    for library in $(missing_libraries); do missing+=("$(package_of_library "$library")"); done
    need libzmq3-dev unless has_header zmq.h
    need libsodium-dev unless has_header sodium.h
    need libpq-dev unless has_header postgresql/libpq-fe.h
    need libsqlite3-dev unless has_header sqlite3.h
    need zlib1g-dev unless has_header zlib.h
}

# provide NEEDS...: installs what these functions find missing.
provide() {
    find_missing "$@"
    ((${#missing[@]} == 0)) && return
    has_command apt-get || fail "missing: ${missing[*]/|*/}. There is no apt-get here to install them (the names are Debian's)."
    become_root
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    # Lists that cannot be fetched anew are no reason to stop: those at hand may do.
    "${apt[@]}" update || say "apt-get update failed; trying with the lists that are here."
    local packages=() unknown=() names package
    for names in "${missing[@]}"; do
        if package=$(known_package "$names"); then packages+=("$package"); else unknown+=("${names//|/ or }"); fi
    done
    ((${#unknown[@]} == 0)) || fail "apt-get knows no ${unknown[*]} here; install what it is in another way."
    say "Installing ${packages[*]}"
    "${apt[@]}" install --yes --no-install-recommends "${packages[@]}" </dev/null >/dev/null ||
        fail "apt-get could not install ${packages[*]}; what it says is above."
    find_missing "$@"
    ((${#missing[@]} == 0)) || fail "still missing after the installation: ${missing[*]/|*/}."
}

# known_package NAME|NAME...: prints the first name that apt has a package for.
known_package() {
    local name
    for name in ${1//|/ }; do
        [[ -n $(apt-cache show --quiet=2 "$name" 2>/dev/null) ]] || continue
        printf '%s' "$name"
        return
    done
    return 1
}

find_missing() {
    missing=()
    local needs
    for needs in "$@"; do "$needs"; done
}

# Sets as_root to what a command must begin with to run as root.
become_root() {
    as_root=()
    ((EUID != 0)) || return 0
    has_command sudo || fail "missing: ${missing[*]/|*/}. Installing them takes root, and there is no sudo."
    as_root=(sudo)
    [[ -t 0 ]] || sudo -n true 2>/dev/null ||
        fail "missing: ${missing[*]/|*/}. sudo asks for a password, and there is no terminal to type it at."
}

# Stops unless there is a swift to try; the rest is said once its libraries are there.
require_swift() {
    has_command swift || fail "there is no swift in PATH. Swift $needed_swift comes from https://www.swift.org/install/linux."
}

require_swift_version() {
    local said version
    # Not of swift itself, which leaves a folder where temporary files go.
    said=$(swift build --version 2>&1) || fail "swift does not run: $said"
    version=$(sed -n 's/.* Swift \([0-9]*\.[0-9]*\).*/\1/p' <<<"$said" | head -n 1)
    [[ $(printf '%s\n' "$needed_swift" "${version:-0}" | sort -V | head -n 1) == "$needed_swift" ]] ||
        fail "Swift $needed_swift is needed, and $(command -v swift) is ${version:-of a version that it does not say}."
}
