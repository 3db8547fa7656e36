# shellcheck shell=bash
# Installs what is missing, and nothing that is there already from wherever.

# What shows that it is there (a command or a file), and the Debian package that has it.
build_and_run_needs() {
    cat <<'END'
g++ g++
cmake cmake
ninja ninja-build
pkg-config pkg-config
/usr/include/fcgiapp.h libfcgi-dev
/usr/include/cgicc/Cgicc.h libcgicc-dev
/usr/include/mariadb/mysql.h libmariadb-dev
/usr/include/jsoncpp/json/json.h libjsoncpp-dev
/usr/include/sodium.h libsodium-dev
/usr/include/boost/version.hpp libboost-dev
/usr/include/boost/test/unit_test.hpp libboost-test-dev
nginx nginx-light
/etc/nginx/mime.types nginx-common
mariadbd mariadb-server-core
mariadb mariadb-client-core
mariadb-dump mariadb-client
runsvdir runit
spawn-fcgi spawn-fcgi
curl curl
openssl openssl
END
}

test_needs() {
    cat <<'END'
clang-format clang-format
clang-tidy clang-tidy
shellcheck shellcheck
man man-db
node nodejs
npm npm
END
}

browser_test_needs() {
    cat <<'END'
chromium chromium
/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf fonts-noto-color-emoji
END
}

# ensure_packages WHY LIST…: LIST is one of the functions above.
ensure_packages() {
    local why=$1 list thing package missing=()
    shift
    for list in "$@"; do
        while read -r thing package; do
            if [[ $thing == /* ]]; then
                [[ -e $thing ]] || missing+=("$package")
            else
                command -v "$thing" >/dev/null || missing+=("$package")
            fi
        done < <("$list")
    done
    if ((${#missing[@]})); then
        install_packages "$why" "${missing[@]}"
    fi
}

install_packages() {
    local why=$1 as_root=() log
    shift
    command -v apt-get >/dev/null || die "$why needs these Debian packages, and there is no apt here: $*"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "$why needs root once, or sudo, for: apt-get install $*"
        as_root=(sudo)
    fi
    say "dev: installing with apt, since $why needs it: $*"
    log=$(mktemp)
    "${as_root[@]}" bash -s -- "$@" >"$log" 2>&1 <<<"$(declare -f apt_install); apt_install \"\$@\"" || {
        grep -E '^(E|W|Err):|[Nn]o space' "$log" | tail -n 3 >&2 || true
        die "apt could not install them; all it said is in $log"
    }
    rm -f "$log"
}

# Runs as root, in a shell of its own. nginx is used here as a program: its system service is neither started now nor at the
# next boot, unless it was there before.
apt_install() {
    set -eu
    export DEBIAN_FRONTEND=noninteractive
    local policy=/usr/sbin/policy-rc.d had_service=yes
    [[ -e /lib/systemd/system/nginx.service ]] || had_service=
    if [[ ! -e $policy ]]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    apt-get update -q
    apt-get install -q -y --no-install-recommends "$@"
    if [[ -z $had_service && -e /lib/systemd/system/nginx.service ]] && command -v systemctl >/dev/null; then
        systemctl disable -q nginx.service
    fi
}
