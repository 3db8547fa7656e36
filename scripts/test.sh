# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR
# The test suites. Each adds its real test cases to `passed` and `failed`; one that ran no case has failed.

. "$top/tests/install/container.sh"
. "$top/tests/install/story.sh"

boost_suites=(unit db handlers inject process live admin) # tests/<suite>, each a program
all_suites=(lint "${boost_suites[@]}" asan openapi e2e faults browser load bench install fuzz)
named_suites=(coverage) # run by name only: it builds everything once more, to say what the others run

command_test() {
    local suite passed_before failed_before skipped_before started suites=("$@")
    ((${#suites[@]})) || suites=("${all_suites[@]}")
    for suite in "${suites[@]}"; do
        [[ " ${all_suites[*]} ${named_suites[*]} " == *" $suite "* ]] ||
            die "there is no suite '$suite', but: ${all_suites[*]} ${named_suites[*]}"
    done
    ensure_packages "testing Sotto" build_and_run_needs test_needs
    test_var=$var/test
    mkdir -p "$test_var" 2>/dev/null || die "no right to write to $var; choose another folder with SOTTO_VAR"
    exec {test_lock}>"$test_var/lock"
    flock -n "$test_lock" || die "another ./dev test runs in $var; choose another folder with SOTTO_VAR"
    passed=0 failed=0 skipped=0 complete=
    trap 'end_test' EXIT
    trap 'exit 130' INT TERM HUP

    for suite in "${suites[@]}"; do
        passed_before=$passed failed_before=$failed skipped_before=$skipped started=$SECONDS
        say "== $suite"
        if [[ " ${boost_suites[*]} " == *" $suite "* ]]; then
            start_test_database
            run_boost release "$suite"
        else
            "suite_$suite"
        fi
        if ((passed + failed + skipped == passed_before + failed_before + skipped_before)); then
            say "$suite: no test ran"
            count 0 1
        fi
        say "== $suite: $((passed - passed_before)) passed, $((failed - failed_before)) failed, $((SECONDS - started)) s"
    done
    complete=yes
}

# Whatever the end, the last line says how it went; a run that broke off has failed.
end_test() {
    trap - EXIT
    end_container
    stop_test_stacks || failed=$((failed + 1))
    if [[ -z $complete ]]; then
        failed=$((failed + 1))
    fi
    if ((skipped)); then
        echo "$passed passed, $failed failed, $skipped skipped"
    else
        echo "$passed passed, $failed failed"
    fi
    exit $((failed > 0))
}

# count PASSED FAILED
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
}

# check NAME COMMAND…: one test case.
check() {
    local name=$1
    shift
    if "$@" >&2; then
        count 1 0
    else
        say "FAILED: $name"
        count 0 1
    fi
}

# --- lint

suite_lint() {
    check "clang-format" check_format
    check "which folder may include what" "$top/scripts/check-folders"
    check "shellcheck" check_shell
    check "nginx -t without a warning" check_site
    check "one version" check_version
    if command -v systemd-analyze >/dev/null; then
        check "units and what they may do" check_units
    else
        say "lint: skipped, since there is no systemd-analyze: units and what they may do"
        skipped=$((skipped + 1))
    fi
    if build release; then
        check "clang-tidy" check_tidy
    else
        count 0 1
    fi
}

sources() {
    find "$top"/{handlers,auth,db,worker,live,admin,tests} -name node_modules -prune -o -name "$1" -print0
}

check_format() {
    sources '*.[ch]pp' | xargs -0 clang-format --style=file --dry-run -Werror
}

check_shell() {
    (cd "$top" && shellcheck -x dev .ci/run scripts/check-folders admin/sottoctl.bash-completion nginx/build-www \
        debian/sotto.{postinst,prerm,postrm})
}

# CMakeLists.txt has the version, and the package's changelog says what is new in it.
check_version() {
    local ours packaged
    ours=$(sed -nE 's/^project\(sotto VERSION ([0-9.]+).*/\1/p' "$top/CMakeLists.txt")
    packaged=$(sed -nE '1s/^sotto \(([^)]+)\).*/\1/p' "$top/debian/changelog")
    [[ -n $ours && $ours == "$packaged" ]] || { say "CMakeLists.txt says '$ours', debian/changelog '$packaged'" && return 1; }
}

# At most 1.5 on systemd's scale of exposure, from 0 to 10.
check_units() {
    local unit output
    for unit in "$top"/systemd/*.service; do
        output=$(systemd-analyze security --offline=true --threshold=15 "$unit" 2>&1) || { tail -n 20 <<<"$output" >&2 && return 1; }
    done
}

# A file that passed is not looked at again until it, a header of ours or the rules change.
check_tidy() {
    local stamps=$top/build/tidy rules
    mkdir -p "$stamps"
    rules=$({ sources '*.hpp' && sources .clang-tidy && printf '%s\0' "$top/.clang-tidy"; } | sort -z | xargs -0 cat | sha256sum)
    export stamps rules top
    # The fuzz targets are another compiler's: build/release doesn't know how they are built.
    sources '*.cpp' | grep -zv "^$top/tests/fuzz/" | xargs -0 -n 1 -P "$(nproc)" bash -c '
        stamp=$stamps/$( (echo "$1 $rules" && cat "$1") | sha256sum | cut -d " " -f 1)
        [[ -e $stamp ]] || { clang-tidy -p "$top/build/release" --quiet "$1" 2>/dev/null && touch "$stamp"; }' check
}

# Both as the stack runs it and with the rate limits off.
check_site() (
    use_var "$test_var/site"
    mkdir -p "$var/log"
    prepare_run_dir
    prepare_certificate
    for rate_limit in on off; do
        output=$(prepare_site 2>&1) && [[ -z $output ]] || die "$output"
    done
)

# --- Boost.Test suites

suite_asan() {
    local suite
    start_test_database
    for suite in "${boost_suites[@]}"; do
        run_boost asan "$suite"
    done
}

# run_boost PRESET NAME: a program that dies on the way leaves no report and counts as one failed case. What the code under
# test logs is shown only where something fails.
run_boost() {
    local report=$test_var/boost.xml log=$test_var/$1-$2.log status=0 cases broken
    rm -f "$report"
    build "$1" "test_$2" || { count 0 1 && return; }
    "$top/build/$1/bin/test_$2" --color_output=no --report_format=XML --report_level=short --report_sink="$report" \
        >&2 2>"$log" || status=$?
    cases=$(($(attribute "$report" test_cases_passed) + $(attribute "$report" test_cases_passed_with_warnings)))
    broken=$(attribute "$report" test_cases_failed)
    if ((broken == 0 && (status != 0 || cases == 0))); then
        say "test_$2 ended with status $status after $cases passed cases and reported no failure"
        broken=1
    fi
    if ((broken)); then
        tail -n 60 "$log" >&2
        say "(all of it: $log)"
    fi
    count "$cases" "$broken"
}

# attribute FILE NAME: the number in the first NAME="…" of a report, or 0.
attribute() {
    local number
    number=$(grep -oE -m 1 " $2=\"[0-9]+\"" "$1" 2>/dev/null | grep -oE '[0-9]+' | head -n 1) || true
    echo "${number:-0}"
}

# A MariaDB for the suites that want one, empty at each run.
start_test_database() {
    if [[ -z ${SOTTO_TEST_DB_SOCKET:-} ]]; then
        rm -rf "${test_var:?}/db"
        (
            use_var "$test_var/db"
            start mariadb
        )
        SOTTO_TEST_DB_SOCKET=$(readlink -f "$test_var/db/run")/mariadb.sock
        export SOTTO_TEST_DB_SOCKET
    fi
}

# --- Fuzz targets

suite_fuzz() {
    local targets
    ensure_packages "fuzzing" fuzz_needs
    mapfile -t targets < <(fuzz_targets)
    prepare_fuzzing
    start_test_database
    build fuzz fuzz || { count 0 1 && return; }
    fuzz 60 "${targets[@]}"
}

# --- Through nginx, with Node

suite_openapi() {
    run_node e2e openapi.test.mjs
}

suite_e2e() {
    local file files=()
    for file in "$top"/tests/e2e/*.test.mjs; do
        [[ $file == */openapi.test.mjs ]] || files+=("${file##*/}")
    done
    start_test_stack
    run_node e2e "${files[@]}"
}

# The checker by itself, a round of ./dev faults, and each rule broken once.
suite_faults() {
    local status=0
    ensure_packages "checking under faults" faults_needs
    install_node_modules e2e || { count 0 1 && return; } # whose support it shares
    rm -f "$test_var/node.tap"
    (
        use_var "$test_var/faults"
        start_faults_stack
        node_tests faults checker.test.mjs packets.test.mjs nemesis.test.mjs stack.test.mjs
    ) || status=$?
    count_node_tests "$status"
}

# More than the stack can do, by wrk.
suite_load() {
    local files=("$top"/tests/load/*.test.mjs)
    ensure_packages "testing under load" bench_needs
    install_node_modules e2e || { count 0 1 && return; } # whose support it shares
    start_test_stack
    run_node load "${files[@]##*/}"
}

# Whether each figure of the bench can be measured, with little data in little time. What it says is of no matter.
suite_bench() {
    SOTTO_VAR=$test_var SOTTO_BENCH_ROUNDS=1 SOTTO_BENCH_SECONDS=1 SOTTO_BENCH_SCALE=0.1 check "./dev bench" "$top/dev" bench
}

# The web client in Chromium.
suite_browser() {
    local files=("$top"/tests/browser/*.test.mjs)
    ensure_packages "testing in a browser" browser_test_needs
    install_node_modules e2e || { count 0 1 && return; } # whose support it shares
    start_test_stack
    run_node browser "${files[@]##*/}"
}

# Where the suite has any of its own. Debian's npm is older than what one package asks for, and installs it all the same.
install_node_modules() {
    local folder=$top/tests/$1
    local lock=$folder/package-lock.json stamp=$folder/node_modules/.installed-lock.json
    [[ ! -e $lock ]] || cmp -s "$lock" "$stamp" || { (cd "$folder" && npm ci --engine-strict=false) >&2 && cp "$lock" "$stamp"; }
}

# A whole stack of its own, which the tests find through the environment. Its rate limits are off, since all tests come from one
# address.
start_test_stack() {
    [[ -z ${SOTTO_URL:-} ]] || return 0
    rm -rf "${test_var:?}/e2e"
    local https http metrics
    https=$(free_port)
    http=$(free_port)
    metrics=$(free_port)
    SOTTO_VAR=$test_var/e2e SOTTO_HTTPS_PORT=$https SOTTO_HTTP_PORT=$http SOTTO_METRICS_PORT=$metrics SOTTO_RATE_LIMIT=off "$top/dev" up >&2
    export SOTTO_URL=https://localhost:$https SOTTO_HTTP_URL=http://localhost:$http SOTTO_METRICS_URL=http://localhost:$metrics/metrics
    export SOTTO_CA=$test_var/e2e/tls/localhost.crt SOTTO_DEV=$top/dev
}

# Below the range from which the kernel takes ports for outgoing connections.
free_port() {
    local port
    while port=$((20000 + SRANDOM % 12000)) && port_taken "$port"; do
        :
    done
    echo "$port"
}

# run_node FOLDER FILE…: test files below tests/, against the test stack.
run_node() {
    local status=0
    rm -f "$test_var/node.tap"
    install_node_modules "$1" || { count 0 1 && return; }
    SOTTO_VAR=$test_var/e2e node_tests "$@" || status=$?
    count_node_tests "$status"
}

# node_tests FOLDER FILE…: one file after the other, since some of them stop a part of the stack. Node 18 takes localhost for ::1 alone where
# that comes first, and the stack listens on 127.0.0.1.
node_tests() (
    cd "$top/tests/$1"
    shift
    NODE_OPTIONS=--dns-result-order=ipv4first node --test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stderr \
        --test-reporter=tap --test-reporter-destination="$test_var/node.tap" "$@"
)

# count_node_tests STATUS: what node_tests has found, and how it ended.
count_node_tests() {
    local cases broken
    cases=$(tap_total "$test_var/node.tap" pass)
    broken=$(($(tap_total "$test_var/node.tap" fail) + $(tap_total "$test_var/node.tap" cancelled)))
    if ((broken == 0 && $1 != 0)); then
        say "node --test ended with status $1 and reported no failure"
        broken=1
    fi
    count "$cases" "$broken"
}

# tap_total FILE WORD: the number in the closing line "# WORD n".
tap_total() {
    local number
    number=$(sed -nE "s/^# $2 ([0-9]+)\$/\\1/p" "$1" 2>/dev/null | tail -n 1) || true
    echo "${number:-0}"
}

# --- The Debian package, in a container

suite_install() {
    local package next_package step step_passed obstacle
    install_dir=$top/build/install machine=$top/build/install/machine
    mkdir -p "$install_dir"
    ((EUID != 0)) || (ensure_packages "testing an install" package_needs container_needs) || true # what is missing then is an obstacle
    obstacle=$(container_obstacle)
    if [[ -n $obstacle ]]; then
        skip_install "$obstacle"
        return
    fi
    package=$(command_package) && next_package=$(build_package make_next_version) && make_base "$package" || { count 0 1 && return; }
    rm -rf "$machine" "$install_dir"/{load.json,console.log}
    cp -a "$base" "$machine"
    if ! boot; then # nothing of ours is in it yet
        skip_install "the container does not boot: $install_dir/console.log"
        return
    fi
    for step in "${install_steps[@]}"; do
        run_install_step "$step"
        if [[ -z $step_passed ]]; then
            say "install: the steps after it were not run"
            break
        fi
    done
    power_off || true
    rm -rf "$machine"
}

# skip_install WHY
skip_install() {
    say "install: skipped, since $1"
    skipped=$((skipped + ${#install_steps[@]}))
}

# The next version, for the upgrade: these sources with one migration more, which works on the table that everybody writes to.
make_next_version() {
    local newest
    newest=$(find sql -name '0*.sql' -printf '%f\n' | sort | tail -n 1)
    printf -v newest '%04d' "$((10#${newest%%_*} + 1))"
    echo "CREATE INDEX IF NOT EXISTS install_test ON messages (created_at);" >"sql/${newest}_install_test.sql"
    sed -i '1s/)/+next)/' debian/changelog
}

# Sets `step_passed`. A step fails with its first command that fails; what it says is shown then. What it sets in the variables of the
# container lives on.
run_install_step() {
    local log=$install_dir/$1.log state=$install_dir/state began=$SECONDS status
    set +e
    (
        set -e
        trap 'declare -p nspawn leader typed certificate 2>/dev/null | sed "s/^declare/& -g/" >"$state"' EXIT
        "$1"
    ) >"$log" 2>&1
    status=$?
    set -e
    # shellcheck source=/dev/null
    . "$state"
    if ((status == 0)); then
        say "ok: $1 ($((SECONDS - began)) s)"
        step_passed=yes
        count 1 0
    else
        tail -n 40 "$log" >&2
        say "FAILED: $1 (all it said: $log)"
        step_passed=
        count 0 1
    fi
}

stop_test_stacks() {
    local folder
    for folder in db e2e faults; do
        if [[ -d $test_var/$folder ]]; then
            (use_var "$test_var/$folder" && { ! is_running || stop; } && release_small_disk)
        fi
    done
}
