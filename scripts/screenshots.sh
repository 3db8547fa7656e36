# shellcheck shell=bash
# The pictures of the web client in docs/screenshots, from a stack of their own that nobody else has written to.

command_screenshots() {
    ensure_packages "taking screenshots" build_and_run_needs test_needs browser_test_needs
    test_var=$var/screenshots
    mkdir -p "$test_var" 2>/dev/null || die "no right to write to $var; choose another folder with SOTTO_VAR"
    trap 'stop_test_stacks' EXIT
    trap 'exit 130' INT TERM HUP
    unset SOTTO_URL
    start_test_stack
    local suite
    for suite in e2e browser; do
        install_node_modules "$suite" || die "npm could not install what tests/$suite needs"
    done
    (
        cd "$top/tests/browser"
        SOTTO_VAR=$test_var/e2e NODE_OPTIONS=--dns-result-order=ipv4first node screenshots.mjs "$top/docs/screenshots" >/dev/null
    )
}
