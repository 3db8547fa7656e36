# shellcheck shell=bash
# The private MariaDB: its files, its configuration, a client for it.

# Sockets live in var/run, but a unix socket's path has at most 107 bytes. Below a deep SOTTO_VAR, var/run is a link to a
# short folder. Sets `run_dir`.
prepare_run_dir() {
    run_dir=$var/run
    local longest=$run_dir/mariadb.sock
    if ((${#longest} <= 107)); then
        mkdir -p "$run_dir"
    elif [[ ! -O $run_dir/. ]]; then
        ln -sfn "$(mktemp -d /tmp/sotto.XXXXXXXX)" "$run_dir"
    fi
    find_run_dir
    chmod 0700 "$run_dir"
}

find_run_dir() {
    run_dir=$(readlink -f -- "$var/run")
}

# The data folder appears under its name only when it is complete, so an interrupted start begins anew.
prepare_database() {
    local log=$var/log/mariadb-install.log as_root=()
    if ((EUID == 0)); then
        as_root=(user=root)
    fi
    mkdir -p "$var/tmp"
    cat >"$var/mariadb.cnf" <<END
[mariadbd]
datadir = "$var/mariadb"
tmpdir = "$var/tmp"
socket = "$run_dir/mariadb.sock"
pid-file = "$run_dir/mariadb.pid"
log-error = "$var/log/mariadb.log"
${as_root[*]}

# Reachable over the socket alone, whose folder only its owner may enter.
skip-networking
skip-name-resolve
local-infile = OFF

character-set-server = utf8mb4
collation-server = utf8mb4_nopad_bin
sql-mode = TRADITIONAL,ONLY_FULL_GROUP_BY
default-storage-engine = InnoDB

# A message that was acknowledged is on the disk.
innodb-flush-log-at-trx-commit = 1

# Sizes for a small host. One connection a worker, and some for the administrator and tests.
innodb-buffer-pool-size = 256M
innodb-log-file-size = 128M
max-connections = $((workers + auth_workers + 64))
performance-schema = OFF
skip-log-bin

slow-query-log = ON
slow-query-log-file = "$var/log/mariadb-slow.log"
long-query-time = 1
END
    if [[ ! -d $var/mariadb ]]; then
        rm -rf "$var/mariadb.new"
        mariadb-install-db --no-defaults --datadir="$var/mariadb.new" --user="$(id -un)" --skip-test-db --skip-name-resolve --force \
            --auth-root-authentication-method=normal --innodb-log-file-size=128M >"$log" 2>&1 ||
            die "MariaDB could not make its data folder: $({ grep -m 1 -iE 'error|no space' "$log" || head -n 1 "$log"; } |
                sed 's/^.*\] *//')"
        mv "$var/mariadb.new" "$var/mariadb"
    fi
}

# The command-line client as the database's root.
client() {
    mariadb --no-defaults --socket="$run_dir/mariadb.sock" --user=root --default-character-set=utf8mb4 "$@"
}

database_answers() {
    client -e 'DO 1' 2>/dev/null
}

command_sql() {
    find_run_dir
    database_answers || die "the database does not run: ./dev up"
    client sotto "$@"
}
