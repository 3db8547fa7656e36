# shellcheck shell=bash
# ./dev faults: a stack of its own for load under faults, made anew each time: with a proxy before MariaDB, a small disk below it,
# and clocks of the workers that can be set.

faults_needs() {
    cat <<'TABLE'
node nodejs
npm npm
faketime faketime
mkfs.ext4 e2fsprogs
fallocate util-linux
TABLE
}

command_faults() {
    local status=0
    ensure_packages "checking under faults" build_and_run_needs faults_needs
    install_node_modules e2e || die "npm could not install what the checker needs"
    use_var "$var/faults"
    start_faults_stack
    NODE_OPTIONS=--dns-result-order=ipv4first node "$top/tests/faults/faults.mjs" "$@" || status=$?
    return "$status"
}

# Starts it in $var, and stops it when the shell ends. Exports where it is. It answers once the proxy listens, which the checker opens.
start_faults_stack() {
    ! is_running || die "something runs in $var already"
    trap 'exit 130' INT TERM HUP
    trap 'stop_faults_stack' EXIT
    release_small_disk
    rm -rf "$var"
    https_port=$(free_port)
    http_port=$(free_port)
    metrics_port=$(free_port)
    workers=2 auth_workers=2 rate_limit=off # the fewer, the more they take together
    build release sotto-worker sotto-hub sottoctl || die "the build failed"
    mkdir -p "$var/log"
    prepare_run_dir
    prepare_database
    SOTTO_FAULTS_NO_DISK=$(prepare_small_disk)
    # What each worker's script runs first.
    api_setup="export SOTTO_DB_SOCKET=$(printf %q "$run_dir/proxy.sock")
echo +0 >clock
export LD_PRELOAD=$(printf %q "$(echo /usr/lib/*/faketime/libfaketime.so.1)") FAKETIME_TIMESTAMP_FILE=\$PWD/clock
export FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1"
    SOTTO_PASSWORD_MEMORY_MIB=8 start nginx hub api auth mariadb
    export SOTTO_FAULTS_NO_DISK SOTTO_VAR=$var SOTTO_CA=$var/tls/localhost.crt SOTTO_DEV=$top/dev
    export SOTTO_URL=https://localhost:$https_port SOTTO_HTTP_URL=http://localhost:$http_port
    export SOTTO_METRICS_URL=http://localhost:$metrics_port/metrics
}

stop_faults_stack() {
    stop
    release_small_disk
}

# Moves MariaDB's files to a file system of 2 GiB of their own. Says why where this machine can't.
prepare_small_disk() {
    local image=$var/disk.img
    ((EUID == 0)) || { echo "only root may mount a file system" && return; }
    mkdir -p "$var/disk"
    if truncate -s 2G "$image" && mkfs.ext4 -q -m 0 "$image" >&2 && mount -o loop "$image" "$var/disk" >&2; then
        mv "$var/mariadb" "$var/disk/mariadb"
        ln -s disk/mariadb "$var/mariadb"
    else
        rmdir "$var/disk"
        echo "no file system can be mounted here"
    fi
}

release_small_disk() {
    ! mountpoint -q "$var/disk" || umount "$var/disk"
}
