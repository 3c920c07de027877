# For checks that call all services: sourced by them. Expects root, the repository, and star, the command.

# Starts all services in one process, on free ports and without limits, in a folder that is removed with them at the exit, as is
# everything else that the check runs in the background. Sets services, their names; password, the administrator's.
start_services() {
    folder=$(mktemp -d)
    trap stop_services EXIT
    cd "$folder"
    local name
    services=()
    export DATA_DIRECTORY=$folder/data GUEST_PERMISSIONS=time LOG_LEVEL=warning TOKEN_LIFETIME_SECONDS=86400
    export AUTH_RATE_LIMIT_PER_ADDRESS=0 AUTH_RATE_LIMIT_PER_USER=0
    while IFS= read -r name; do
        services+=("${name,,}")
        export "${name}_HTTP_PORT=$(free_port)"
    done < <(sed -n 's/^\([A-Z0-9]*\)_HTTP_PORT=.*/\1/p' "$root/env.example")
    "$star" serve all &
    "$star" health all --wait 60
    password=$(<"$DATA_DIRECTORY/admin-password")
}

stop_services() {
    local running
    running=$(jobs -p)
    # A process that has ended is still listed, so that kill may fail.
    kill $running 2>/dev/null || true
    wait
    rm -rf "$folder"
}

# Below the ports that connections get by themselves, which may be taken before they are listened at.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12768)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# url SERVICE
url() {
    local port=${1^^}_HTTP_PORT
    echo "http://127.0.0.1:${!port}"
}

# token [ARGUMENTS of star call]: an access token.
token() { "$star" call auth.create "$@" | sed -n 's/.*"token" *: *"\([^"]*\)".*/\1/p'; }

# install FOLDER PACKAGE...: makes a virtual environment of Python with these packages, once.
install() {
    [[ -e $1/.complete ]] && return
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check "${@:2}"
    touch "$1/.complete"
}
