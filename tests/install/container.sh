# shellcheck shell=bash
# A Debian 12 machine in a container, booted by systemd, without a network but its own. Packages come from a repository inside.
#
#   $install_dir/base-KEY   a minimal Debian with a repository of all that the package depends on; made once, over the network
#   $install_dir/machine    the copy of it that a run boots

# Why no container can be booted here; nothing where one can.
container_obstacle() {
    local program
    if ((EUID != 0)); then
        echo "it needs root"
    elif [[ $(sed -n 's/^ID=//p' /etc/os-release) != debian ]]; then
        echo "it takes Debian's packages from where this machine does, and this is no Debian"
    elif ! unshare --mount --pid --fork --net true 2>/dev/null; then
        echo "this machine lets nobody make namespaces"
    else
        for program in debootstrap systemd-nspawn nsenter dpkg-scanpackages dpkg-buildpackage dh lintian; do
            command -v "$program" >/dev/null || { echo "there is no $program" && return; }
        done
    fi
}

container_needs() {
    cat <<'END'
debootstrap debootstrap
systemd-nspawn systemd-container
dpkg-scanpackages dpkg-dev
END
}

# Debian's mirror, as this machine's apt has it.
mirror() {
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        sed -nE 's/^(\S+) bookworm main$/\1/p' | head -n 1
}

# make_base PACKAGE: sets `base`. What the package recommends comes along, as it does by default.
make_base() {
    local package=$1 making repository=/var/local/packages key
    key=$({ dpkg-deb -f "$package" Depends Recommends && declare -f make_base; } | sha256sum | cut -c 1-12)
    base=$install_dir/base-$key
    [[ ! -d $base ]] || return 0
    say "install: making a Debian 12 in $base"
    making=$install_dir/base.new
    rm -rf "$install_dir"/base*
    # curl is what the test itself uses in there.
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,apt-utils,ca-certificates,curl \
        bookworm "$making" "$(mirror)" >"$install_dir/debootstrap.log" 2>&1 || return 1
    mkdir "$making$repository"
    cp "$package" "$making/root/package.deb"
    chroot "$making" apt-get install -q -y --download-only /root/package.deb >>"$install_dir/debootstrap.log" 2>&1 || return 1
    mv "$making"/var/cache/apt/archives/*.deb "$making$repository/"
    rm "$making/root/package.deb"
    (cd "$making$repository" && dpkg-scanpackages -m . >Packages 2>/dev/null)
    rm -rf "$making"/var/lib/apt/lists/* "$making"/etc/apt/sources.list.d/*
    echo "deb [trusted=yes] file:$repository ./" >"$making/etc/apt/sources.list"
    chroot "$making" apt-get update -q >>"$install_dir/debootstrap.log" 2>&1 || return 1
    mv "$making" "$base"
}

# Starts the machine, from what is in its folder, and waits until it is up.
boot() {
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 setsid systemd-nspawn --quiet --register=no --keep-unit --boot --private-network \
        --kill-signal=SIGRTMIN+3 --directory="$machine" </dev/null >>"$install_dir/console.log" 2>&1 &
    nspawn=$!
    wait_until 30 find_leader || return 1
    wait_until 90 is_up
}

find_leader() {
    leader=$(pgrep -P "$nspawn" | head -n 1)
    [[ -n $leader ]]
}

# `degraded` is up, too: some of a machine's units make no sense in a container.
is_up() {
    [[ $(inside systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]
}

power_off() {
    inside systemctl poweroff >/dev/null 2>&1 || true
    wait_until 60 is_off
}

is_off() {
    ! kill -0 "$nspawn" 2>/dev/null
}

# Whatever the end, nothing is left running.
end_container() {
    if [[ -n ${nspawn:-} ]] && ! is_off; then
        kill -KILL "${leader:-$nspawn}" 2>/dev/null || true
        wait_until 20 is_off || true
    fi
}

# inside COMMAND…: as root in the machine.
inside() {
    nsenter --target "$leader" --all -- /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
