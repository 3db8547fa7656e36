# shellcheck shell=bash
# What every part uses: messages, settings, waiting, templates.

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # a user's PATH often lacks nginx's folder

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "dev: $*"
    exit 1
}

# Reads the environment into `var`, `https_port`, `http_port`, `metrics_port`, `workers`, `auth_workers` and `rate_limit`, and checks it.
read_settings() {
    local cores
    cores=$(nproc)
    https_port=${SOTTO_HTTPS_PORT:-8443}
    http_port=${SOTTO_HTTP_PORT:-8080}
    metrics_port=${SOTTO_METRICS_PORT:-9464}
    auth_workers=${SOTTO_AUTH_WORKERS:-$cores}
    workers=${SOTTO_WORKERS:-$((cores < 3 ? 3 : cores < 64 ? cores + 1 : 64))}
    rate_limit=${SOTTO_RATE_LIMIT:-on}

    check_number SOTTO_HTTPS_PORT "$https_port" 65535
    check_number SOTTO_HTTP_PORT "$http_port" 65535
    check_number SOTTO_METRICS_PORT "$metrics_port" 65535
    [[ $https_port != "$metrics_port" ]] || die "SOTTO_HTTPS_PORT and SOTTO_METRICS_PORT are both $https_port"
    [[ $http_port != "$metrics_port" ]] || die "SOTTO_HTTP_PORT and SOTTO_METRICS_PORT are both $http_port"
    [[ $https_port != "$http_port" ]] || die "SOTTO_HTTPS_PORT and SOTTO_HTTP_PORT are both $https_port"
    check_number SOTTO_WORKERS "$workers" 512
    check_number SOTTO_AUTH_WORKERS "$auth_workers" 64
    [[ $rate_limit == on || $rate_limit == off ]] || die "SOTTO_RATE_LIMIT is '$rate_limit': on or off"
    use_var "$(realpath -m -- "${SOTTO_VAR:-$top/var}")"
}

# Takes $1 as the folder for everything that is written at run time.
use_var() {
    var=$1
    # These paths go into the configuration files of three programs, each with quoting of its own, and through MariaDB's scripts.
    local path
    for path in "$var" "$top"; do
        [[ $path =~ ^[A-Za-z0-9_./+,:-]+$ ]] || die "'$path' has a blank or another character that MariaDB's scripts can't take"
    done
}

check_number() {
    [[ $2 =~ ^[1-9][0-9]{0,5}$ && $2 -le $3 ]] || die "$1 is '$2': a number from 1 to $3"
}

# wait_until SECONDS COMMAND…: whether the command succeeds before the time is over.
wait_until() {
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/./} < deadline)) || return 1
        sleep 0.05
    done
}

# fill TEMPLATE FILE NAME=VALUE…: writes the template with each @NAME@ replaced.
fill() {
    local template=$1 file=$2 text pair
    text=$(<"$template")
    shift 2
    for pair in "$@"; do
        text=${text//"@${pair%%=*}@"/"${pair#*=}"}
    done
    [[ ! $text =~ @[A-Z_]+@ ]] || die "${template##*/} has ${BASH_REMATCH[0]}, which nobody fills in"
    printf '%s\n' "$text" >"$file"
}
