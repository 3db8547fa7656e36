# shellcheck shell=bash
# The whole stack under runit: a service each for MariaDB, nginx, the hub and the two pools of workers.
#
# A pool is spawn-fcgi, which makes the listening socket and becomes a runsvdir; its workers inherit the socket as descriptor 0.
# A killed worker is started again on the same socket, and what was waiting there still is.
#
# Every process inherits a lock on var/stack.lock from the shell that starts it: the lock is free when all are gone.

command_run() {
    start_for_use
    wait "$supervisor" && : # Ctrl-C ends it through the trap; `./dev down` ends it from elsewhere
    wait_gone 40 || die "some process is still there; see $var/log"
    say "dev: stopped"
}

command_up() {
    if is_running; then
        wait_until 60 is_ready || explain
        say "Sotto runs already: https://localhost:$https_port"
        return
    fi
    start_for_use
    trap - INT TERM HUP EXIT
}

command_down() {
    if ! is_running; then
        say "dev: nothing runs in $var"
        return
    fi
    stop
    say "dev: stopped"
}

# Builds and starts everything; returns when it answers. `supervisor` is the process to wait for. What is half up when
# something fails, or somebody interrupts, is stopped again.
start_for_use() {
    ensure_packages "running Sotto" build_and_run_needs
    ! is_running || die "Sotto runs already in $var; ./dev down stops it"
    check_var
    check_ports
    build release sotto-worker sotto-hub sottoctl || die "the build failed"
    trap 'stop; say "dev: stopped"; exit 0' INT TERM HUP
    trap 'stop' EXIT
    start nginx hub api auth mariadb
    wait_until 60 is_ready || explain
    show_tour
}

# start SERVICE…: prepares and starts these; MariaDB is waited for and brought up to date where `api` is among them.
start() {
    take_lock
    check_room
    umask 077
    mkdir -p "$var/log" "$var/services"
    prepare_run_dir
    keep_last_logs
    prepare_database
    if [[ " $* " == *" api "* ]]; then
        prepare_certificate
        prepare_site
    fi
    export SOTTO_DB_SOCKET=$run_dir/mariadb.sock SOTTO_DB_NAME=sotto SOTTO_DB_USER=sotto SOTTO_DB_ADMIN=root
    export SOTTO_KEYS_FILE=$var/keys
    export SOTTO_HUB_SOCKET=$run_dir/hub.sock SOTTO_NOTICE_SOCKET=$run_dir/notice.sock
    export SOTTO_METRICS_DIR=$run_dir/metrics
    mkdir -p "$SOTTO_METRICS_DIR"
    export SOTTO_PASSWORD_MEMORY_MIB=${SOTTO_PASSWORD_MEMORY_MIB:-64} SOTTO_PASSWORD_PASSES=${SOTTO_PASSWORD_PASSES:-2}

    rm -rf "${var:?}/services"
    local service
    for service in "$@"; do
        mkdir -p "$var/services/$service"
        "define_$service" "$var/services/$service"
    done

    ulimit -S -c 0
    # A session of its own, so that Ctrl-C reaches this script alone, which then stops all in good order. All services but MariaDB keep
    # the scheduling policy that the units name: docs/decisions.md, 'Who is woken waits its turn'.
    setsid chrt --batch 0 runsvdir "$var/services" </dev/null >>"$var/log/supervisor.log" 2>&1 &
    supervisor=$!
    echo "$supervisor" >"$run_dir/supervisor.pid"
    exec {lock}>&-
    lock=

    wait_until 60 database_up_or_failed && database_answers || explain
    if [[ " $* " == *" api "* ]]; then
        prepare_data
        rm -f "$var"/services/*/down
        sv up "$var"/services/{hub,api,auth,nginx} >/dev/null
    fi
}

# The database's user, its tables, and the key that signs sessions.
prepare_data() {
    local output
    output=$(client -e "CREATE USER IF NOT EXISTS 'sotto'@'localhost'" 2>&1) || die "the database user: $output"
    output=$("$top/build/release/bin/sottoctl" migrate 2>&1) || die "the database could not be brought up to date: $output"
    if [[ ! -e $SOTTO_KEYS_FILE ]]; then
        output=$("$top/build/release/bin/sottoctl" keys rotate 2>&1) || die "no session key: $output"
    fi
}

# script FILE: writes an executable from standard input. Paths in it went through printf %q.
script() {
    { echo '#!/bin/sh' && cat; } >"$1"
    chmod +x "$1"
}

define_mariadb() {
    script "$1/run" <<<"exec chrt --other 0 mariadbd --defaults-file=$(printf %q "$var/mariadb.cnf") >/dev/null 2>&1"
}

# nginx's own workers outlive a killed master, and keep the ports. They share its process group, and go with it.
define_nginx() {
    touch "$1/down"
    script "$1/run" <<END
echo \$\$ >group
exec chpst -P nginx -e $(printf %q "$var/log/nginx.log") -p $(printf %q "$var") -c $(printf %q "$var/nginx/nginx.conf") 2>/dev/null
END
    script "$1/finish" <<'END'
kill -KILL "-$(cat group)" 2>/dev/null
true
END
}

define_hub() {
    touch "$1/down"
    script "$1/run" <<END
exec $(printf %q "$top/build/release/bin/sotto-hub") >>$(printf %q "$var/log/hub.log") 2>&1
END
}

define_api() {
    define_pool "$1" api "$workers" 511 "${api_setup:-}"
}

# The queue of this pool is short: a password takes its time, and nginx turns what does not fit into a 503. Where the processor is what
# lacks, messages come first: docs/decisions.md, 'Log-ins give way'.
define_auth() {
    define_pool "$1" auth "$auth_workers" 64 'renice -n 10 -p $$ >/dev/null'
}

# define_pool FOLDER NAME WORKERS BACKLOG [SETUP]: each worker runs the shell commands in SETUP first. A pool that ends takes its workers with it, each after its current request.
define_pool() {
    local folder=$1 name=$2 count=$3 backlog=$4 setup=${5:-} i worker
    touch "$folder/down"
    for ((i = 1; i <= count; i++)); do
        printf -v worker '%s/workers/%s-%03d' "$folder" "$name" "$i"
        mkdir -p "$worker"
        script "$worker/run" <<END
export SOTTO_POOL=$name
$setup
exec $(printf %q "$top/build/release/bin/sotto-worker") >>$(printf %q "$var/log/$name.log") 2>&1
END
    done
    script "$folder/run" <<END
exec spawn-fcgi -n -s $(printf %q "$run_dir/$name.sock") -M 0660 -b $backlog -- $(command -v runsvdir) workers
END
    script "$folder/finish" <<<'exec sv -w 15 force-shutdown ./workers/* >/dev/null'
}

# Stops whatever runs in $var, and waits until it is gone: first who asks, then who answers.
stop() {
    trap '' INT TERM HUP
    trap - EXIT
    find_run_dir
    local pid
    if [[ -n ${lock:-} ]]; then
        exec {lock}>&-
    fi
    pid=$(cat "$run_dir/supervisor.pid" 2>/dev/null) || return 0
    if is_supervisor "$pid"; then
        kill -TERM "$pid" # it leaves its services running, and starts none again
    fi
    stop_services nginx hub api auth
    stop_services mariadb
    wait_gone 40 || die "some process is still there; see $var/log"
}

stop_services() {
    local service running=()
    for service in "$@"; do
        if [[ -e $var/services/$service/supervise/ok ]]; then
            running+=("$var/services/$service")
        fi
    done
    sv -w 30 force-shutdown "${running[@]}" >/dev/null 2>&1 || true
}

is_supervisor() {
    [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") == "runsvdir $var/services " ]]
}

check_var() {
    mkdir -p "$var" 2>/dev/null && [[ -w $var ]] || die "no right to write to $var; choose another folder with SOTTO_VAR"
}

take_lock() {
    check_var
    exec {lock}>"$var/stack.lock"
    flock -n "$lock" || die "something is running in $var already"
}

is_running() {
    [[ -e $var/stack.lock ]] && ! flock -n "$var/stack.lock" true
}

wait_gone() {
    flock -w "$1" "$var/stack.lock" true
}

# MariaDB and a build's worth of logs have to fit; full disks end in a dozen different messages later.
check_room() {
    local needed=64 free
    [[ -d $var/mariadb ]] || needed=512
    free=$(($(df -k --output=avail "$var" | tail -n 1) / 1024))
    ((free >= needed)) || die "the disk is full: $var has $free MiB left, and $needed are needed"
}

# One run, one set of logs; the last run's are kept beside them.
keep_last_logs() {
    local file
    for file in "$var"/log/*.log; do
        [[ ! -e $file ]] || mv "$file" "$file.1"
    done
}

database_up_or_failed() {
    database_answers || grep -qs '\[ERROR\] Aborting' "$var/log/mariadb.log"
}

# Ends with the one line that says why the stack does not answer.
explain() {
    local line
    if ! database_answers; then
        line="MariaDB: $(grep '\[ERROR\]' "$var/log/mariadb.log" 2>/dev/null | grep -v Aborting | tail -n 1 | sed 's/^.*\[ERROR\] *//')"
    elif line=$(grep -hE '\[(emerg|alert)\]' "$var/log/nginx.log" 2>/dev/null | tail -n 1) && [[ -n $line ]]; then
        line="nginx: ${line##*] }"
    elif line=$(readyz) && [[ -n $line ]]; then
        line="/readyz says $line; the worker's last line: $(tail -qn 1 "$var/log/api.log" 2>/dev/null)"
    else
        line="nothing answers at https://127.0.0.1:$https_port"
    fi
    die "not ready. $line (logs: $var/log)"
}

show_tour() {
    cat <<END
Sotto is ready: https://localhost:$https_port

  curl -k https://localhost:$https_port/api/v1/users --json '{"user_name":"alice","password":"a walk in the rain"}'
  curl -k https://localhost:$https_port/api/v1/sessions -c alice.jar --json '{"user_name":"alice","password":"a walk in the rain"}'
  curl -k https://localhost:$https_port/api/v1/users/me -b alice.jar
END
}
