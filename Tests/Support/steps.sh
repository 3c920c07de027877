# shellcheck shell=bash
# For checks that build with what is built here already: sourced by them. Expects root, the repository, and check, the name of the
# check.
#
# Only at its own place is a build worth anything, so they build in this repository's .build. The .build that was here is put
# aside meanwhile and put back at the end, however that comes; nothing else must build here in the meantime.

readonly aside=$root/.build.aside

# Sets place, a temporary folder; it is removed at the exit, when everything is put back and stopped.
begin() {
    exec {people}>&2
    put_back
    find_flags
    place=$(mktemp -d)
    # Leftovers of builds and tests in it are removed with the rest.
    export TMPDIR=$place
    trap clean EXIT
    trap 'exit 130' INT TERM HUP
}

# step WHAT COMMAND...: runs it, and says how long that took. What the command says is shown if it fails.
step() {
    local start=$SECONDS
    what=$1
    "${@:2}" >"$place/said" 2>&1 </dev/null
    printf '%4d s  %s\n' $((SECONDS - start)) "$what"
    what=
}

# The flags that the last build here was made with: with others everything would be compiled anew.
find_flags() {
    flags=()
    if grep -qs -e -warnings-as-errors .build/debug.yaml; then flags=(-Xswiftc -warnings-as-errors); fi
}

put_aside() {
    mv "$root/.build" "$aside"
    cp -a "$aside" "$root/.build"
}

put_back() {
    [[ -d $aside ]] || return 0
    rm -rf "$root/.build"
    mv "$aside" "$root/.build"
}

free_port() {
    local port
    while port=$((20000 + RANDOM)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# get PORT PATH [HEADER]: the whole answer.
get() {
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n' "$2" "${3:+$3$'\r\n'}" >&3
    cat <&3
    exec 3<&-
}

# Its messages are for people, even if a command's output was being kept when the end came.
clean() {
    trap '' INT TERM HUP
    set +e
    exec >&"$people" 2>&1
    if [[ ${what-} ]]; then
        cat "$place/said"
        printf '%s: this failed: %s\n' "$check" "$what"
    fi
    local running
    running=$(jobs -p)
    [[ -z $running ]] || { kill -KILL $running && wait $running; } 2>/dev/null
    put_back
    rm -rf "$place"
}
