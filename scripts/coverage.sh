# shellcheck shell=bash
# ./dev test coverage: the Boost suites with clang's counters, and a look at what they have run. clang's branches are the
# conditions of the source; gcov's are those of the machine code, most of them for exceptions.

coverage_needs() {
    cat <<END
clang++-14 clang-14
llvm-cov-14 llvm-14
/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.profile-$(uname -m).a libclang-rt-14-dev
END
}

suite_coverage() {
    local suite results
    ensure_packages "measuring coverage" coverage_needs
    rm -rf "$top/build/coverage/profiles"
    start_test_database
    for suite in "${boost_suites[@]}"; do
        run_boost coverage "$suite"
    done
    check "the report's own tests" node --test "$top/tests/coverage/report.test.mjs"
    results=$(report_coverage) || { count 0 1 && return; }
    # shellcheck disable=SC2086 # two numbers
    count $results
}

# Says what was run, and where that is not enough; "PASSED FAILED" on standard output. Line by line it is shown by
#   llvm-cov-14 show build/coverage/bin/test_unit -instr-profile=build/coverage/profiles/all -show-branches=count FILE
report_coverage() {
    local profiles=$top/build/coverage/profiles program objects=()
    llvm-profdata-14 merge -sparse -o "$profiles/all" "$profiles"/*.profraw
    for program in "$top"/build/coverage/bin/*; do
        objects+=(-object "$program")
    done
    llvm-cov-14 export -skip-functions -skip-expansions -instr-profile="$profiles/all" "${objects[@]:1}" |
        node "$top/tests/coverage/report.mjs" "$top"
}
