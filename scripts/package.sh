# shellcheck shell=bash
# The Debian package.

package_needs() {
    cat <<'END'
cmake cmake
ninja ninja-build
pkg-config pkg-config
/usr/include/fcgiapp.h libfcgi-dev
/usr/include/cgicc/Cgicc.h libcgicc-dev
/usr/include/mariadb/mysql.h libmariadb-dev
/usr/include/jsoncpp/json/json.h libjsoncpp-dev
/usr/include/sodium.h libsodium-dev
/usr/include/boost/version.hpp libboost-dev
g++ g++
dh debhelper
dpkg-buildpackage dpkg-dev
lintian lintian
END
}

# Builds build/sotto_VERSION_amd64.deb and has lintian look at it.
command_package() {
    ensure_packages "building the package" package_needs
    local package
    package=$(build_package) || die "the package was not built"
    lintian --allow-root --fail-on error,warning "$package" >&2 || die "lintian has something against $package"
    echo "$package"
}

# build_package [CHANGE]: builds the package from a copy of the sources in build/package and prints its name. CHANGE is a command
# that runs in the copy first. What was compiled the last time is compiled again only where it has changed.
build_package() {
    local change=${1:-:} work=$top/build/package log=$top/build/package.log
    mkdir -p "$work/sotto"
    (
        flock 8
        find "$work/sotto" -mindepth 1 -maxdepth 1 ! -name 'obj-*' -exec rm -rf {} +
        rm -f "$work"/*.deb
        tar -C "$top" --exclude-vcs --exclude=node_modules --exclude=./build --exclude=./var -cf - . | tar -C "$work/sotto" -xf -
        cd "$work/sotto"
        $change
        say "dev: building the package (version $(dpkg-parsechangelog -S Version))"
        DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage -b -us -uc -nc >"$log" 2>&1 || {
            tail -n 30 "$log" >&2
            exit 1
        }
        mv "$work"/sotto_*.deb "$top/build/"
        echo "$top/build/sotto_$(dpkg-parsechangelog -S Version)_$(dpkg --print-architecture).deb"
    ) 8>"$top/build/.package-lock"
}
