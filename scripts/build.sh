# shellcheck shell=bash
# Building with CMake's presets.

# build PRESET [TARGET…]. Two at once, for stacks of their own, take turns.
build() {
    local preset=$1 output target targets=()
    shift
    for target in "$@"; do
        targets+=(--target "$target")
    done
    mkdir -p "$top/build" 2>/dev/null && [[ -w $top/build ]] || die "no right to write to $top/build"
    say "dev: building ($preset)"
    (
        cd "$top"
        flock 8
        if ! output=$(cmake --preset "$preset" 8>&- 2>&1); then
            say "$output"
            exit 1
        fi
        cmake --build --preset "$preset" "${targets[@]}" 8>&- >&2
    ) 8>"$top/build/.lock"
}

command_build() {
    ensure_packages "building Sotto" build_and_run_needs
    build release || die "the build failed"
}
