# shellcheck shell=bash
# ./dev fuzz: libFuzzer on everything that reads what others send. A target is tests/fuzz/<target>.cpp, with its seeds beside it and,
# where something was found, the inputs that found it.

fuzz_needs() {
    cat <<END
clang++-14 clang-14
/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-$(uname -m).a libclang-rt-14-dev
END
}

command_fuzz() {
    local seconds=60 targets=() target
    while (($#)); do
        if [[ $1 == --seconds ]]; then
            seconds=${2:-}
            shift
            check_number --seconds "$seconds" 100000
        else
            targets+=("$1")
        fi
        shift
    done
    ((${#targets[@]})) || mapfile -t targets < <(fuzz_targets)
    for target in "${targets[@]}"; do
        [[ -d $top/tests/fuzz/seeds/$target ]] || die "there is no fuzz target '$target', but: $(fuzz_targets | tr '\n' ' ')"
    done
    ensure_packages "fuzzing" build_and_run_needs fuzz_needs
    prepare_fuzzing
    test_var=$var/fuzz
    trap 'stop_test_stacks' EXIT
    trap 'exit 130' INT TERM HUP
    start_test_database
    build fuzz fuzz || die "the build failed"
    passed=0 failed=0
    fuzz "$seconds" "${targets[@]}"
    ((failed == 0))
}

fuzz_targets() {
    (cd "$top/tests/fuzz/seeds" && printf '%s\n' *)
}

prepare_fuzzing() {
    mkdir -p "$var/fuzz" 2>/dev/null || die "no right to write to $var; choose another folder with SOTTO_VAR"
    exec {fuzz_lock}>"$var/fuzz/lock"
    flock -n "$fuzz_lock" || die "somebody is fuzzing in $var; choose another folder with SOTTO_VAR"
}

# fuzz SECONDS TARGET…: every target's seeds and regressions once, then each target for so long, as many at once as there are cores.
# What a target has found worth keeping stays in $var/fuzz/corpus, and the next run goes on from it.
fuzz() {
    local seconds=$1 target at_once=0
    shift
    for target in "$@"; do
        check "$target: its seeds and regressions" replay "$target"
    done
    rm -rf "${var:?}/fuzz/log"
    mkdir -p "$var/fuzz/log"
    for target in "$@"; do
        if ((at_once == $(nproc))); then
            wait -n || true # how it went is looked up below
            at_once=$((at_once - 1))
        fi
        fuzz_target "$target" "$seconds" &
        at_once=$((at_once + 1))
    done
    wait
    for target in "$@"; do
        check "$target: $seconds s of inputs that nobody has thought of" report_fuzzing "$target"
    done
}

replay() {
    local log inputs=()
    mapfile -d '' inputs < <(find "$top/tests/fuzz/seeds/$1" "$top/tests/fuzz/regressions/$1" -type f -print0 2>/dev/null)
    log=$("$top/build/fuzz/bin/fuzz_$1" "${inputs[@]}" 2>&1) || { tail -n 60 <<<"$log" && return 1; }
}

# The target's own words, its log lines above all, are not kept: there are thousands a second.
fuzz_target() {
    local corpus=$var/fuzz/corpus/$1 findings=$var/fuzz/findings/$1 given=("$top/tests/fuzz/seeds/$1")
    mkdir -p "$corpus" "$findings"
    if [[ -d $top/tests/fuzz/regressions/$1 ]]; then
        given+=("$top/tests/fuzz/regressions/$1")
    fi
    "$top/build/fuzz/bin/fuzz_$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -close_fd_mask=2 -print_final_stats=1 \
        -artifact_prefix="$findings/" "$corpus" "${given[@]}" 2>"$var/fuzz/log/$1" || echo "exit status $?" >>"$var/fuzz/log/$1"
}

# Says in one line how far a target came; an input that broke it is run once more, to show what it says.
report_fuzzing() {
    local log=$var/fuzz/log/$1 coverage runs speed input
    coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -n 1)
    runs=$(sed -nE 's/^stat::number_of_executed_units: //p' "$log")
    speed=$(sed -nE 's/^stat::average_exec_per_sec: //p' "$log")
    say "$1: ${runs:-0} inputs, ${speed:-0} a second, $coverage"
    if ! grep -q '^exit status' "$log"; then
        return
    fi
    input=$(sed -nE 's/^.*Test unit written to //p' "$log")
    if [[ -z $input ]]; then
        tail -n 60 "$log"
    else
        "$top/build/fuzz/bin/fuzz_$1" "$input" 2>&1 | tail -n 60 || true
        say "$1: broken by $input; once mended, keep it in tests/fuzz/regressions/$1"
    fi
    return 1
}
