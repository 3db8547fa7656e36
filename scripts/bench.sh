# shellcheck shell=bash
# ./dev bench: a stack of its own, with a made data set that stays for the next run.

bench_needs() {
    cat <<'TABLE'
wrk wrk
node nodejs
npm npm
TABLE
}

command_bench() {
    ensure_packages "the bench" build_and_run_needs bench_needs
    local https http metrics name=bench status=0
    install_node_modules e2e || die "npm could not install what the bench needs" # whose support it shares
    if [[ ${1:-} == --growth ]]; then
        name=growth
        shift
    fi
    use_var "$var/$name"
    build release sotto-worker sotto-hub sottoctl bench_reference || die "the build failed"
    ! is_running || die "a bench runs in $var already"
    https=$(free_port)
    http=$(free_port)
    metrics=$(free_port)
    if [[ $name == growth ]]; then
        rm -rf "$var/mariadb" # it starts small
    fi
    SOTTO_VAR=$var SOTTO_HTTPS_PORT=$https SOTTO_HTTP_PORT=$http SOTTO_METRICS_PORT=$metrics SOTTO_RATE_LIMIT=off \
        "$top/dev" up >&2
    trap 'stop' EXIT
    SOTTO_URL=https://localhost:$https SOTTO_CA=$var/tls/localhost.crt SOTTO_VAR=$var SOTTO_DEV=$top/dev \
        SOTTO_PROGRAMS=$top/build/release/bin SOTTO_BENCH_RESULT=$var/$name.json \
        SOTTO_COMMIT=$(git -C "$top" describe --always --dirty 2>/dev/null || echo unknown) \
        NODE_OPTIONS=--dns-result-order=ipv4first node "$top/tests/bench/$name.mjs" "$@" || status=$?
    return "$status"
}
