# shellcheck shell=bash
# The life of an install, from apt to purge, as an administrator and users see it: one step after the other, each a test case. Users
# write messages all the while where it says `under_load`.

domain=chat.example.org
certificate=/etc/sotto/tls/$domain.crt # the one that nginx serves, in the machine

install_steps=(
    apt_installs_it
    nothing_runs_before_setup
    setup_makes_it_serve
    three_commands_are_enough_for_the_first_message
    its_pages_are_served
    a_certificate_of_ones_own_is_served
    its_metrics_come_from_all_workers
    doctor_finds_nothing
    setup_can_be_run_again
    each_has_its_scheduling_policy
    a_worker_that_hangs_is_replaced
    a_hub_that_hangs_is_replaced
    a_restart_loses_no_request
    stop_stops_it_and_start_starts_it
    an_upgrade_with_a_migration_loses_no_request
    new_keys_log_nobody_out
    a_backup_under_load_brings_everything_back
    after_a_reboot_all_is_there
    apt_removes_it_and_keeps_the_data
    installed_again_it_goes_on
    a_purge_leaves_the_database_alone
)

# --- helpers

# admin COMMAND…: something that the administrator has to type.
admin() {
    typed=$((typed + 1))
    inside "$@"
}

# user METHOD PATH [JSON]: one request with curl from inside, through nginx and TLS; prints the body, and fails on a problem.
user() {
    local method=$1 path=$2 body=${3:-}
    inside curl --silent --show-error --fail-with-body --max-time 20 --resolve "$domain:443:127.0.0.1" \
        --cacert "$certificate" --cookie /root/jar --cookie-jar /root/jar -X "$method" \
        ${body:+--json "$body"} "https://$domain$path"
}

not() {
    ! "$@"
}

is() {
    [[ $1 == "$2" ]] || { echo "'$1' is not '$2'" && return 1; }
}

state_of() {
    inside systemctl show --property "$2" --value "$1"
}

# under_load COMMAND…: runs it while people write; fails where it fails or a request of theirs is lost. The people are a program of
# this machine in the other's network.
under_load() {
    local load before status=0
    before=$(messages_stored)
    SOTTO_HOST=$domain SOTTO_CA=$machine$certificate nsenter --target "$leader" --net -- node "$top/tests/install/load.mjs" "$install_dir/load.json" &
    load=$!
    wait_until 30 more_messages_than "$((before + 40))" || status=1
    "$@" || status=1
    before=$(messages_stored)
    wait_until 30 more_messages_than "$((before + 40))" || status=1
    kill -TERM "$load"
    wait "$load" || status=1
    return "$status"
}

messages_stored() {
    inside mariadb -N -e 'SELECT COUNT(*) FROM sotto.messages'
}

more_messages_than() {
    (($(messages_stored) > $1))
}

# --- steps

apt_installs_it() {
    typed=0
    cp "$package" "$machine/root/sotto.deb"
    admin apt-get install -q -y /root/sotto.deb
    is "$(inside dpkg-query -W -f '${Package}\n' | grep -E '^(g\+\+|gcc|make|cmake|.*-dev)$')" "" # no build tools
}

nothing_runs_before_setup() {
    is "$(inside systemctl list-units --all --plain --no-legend --state=active 'sotto*')" ""
    is "$(inside find /etc/systemd /run/sotto /etc/sotto -name '*sotto*' ! -path /run/sotto ! -path /etc/sotto)" ""
    is "$(inside mariadb -N -e "SHOW DATABASES LIKE 'sotto'")" ""
}

setup_makes_it_serve() {
    admin sottoctl setup --domain "$domain"
    is "$(state_of sotto.target ActiveState)" active
    is "$(inside stat -c '%U:%G %a' /etc/sotto/keys)" "root:root 600"
    is "$(state_of sotto-auth@1.service Slice)" 'system-sotto\x2dauth.slice'
    is "$(state_of 'system-sotto\x2dauth.slice' CPUWeight)" 20 # messages come before log-ins
    is "$(inside stat -c '%U:%G %a' /run/sotto/api.sock /run/sotto/auth.sock /run/sotto/hub.sock /run/sotto/notice.sock)" \
        "$(printf 'sotto:www-data 660\nsotto:www-data 660\nsotto:www-data 660\nsotto:sotto 660')"
}

three_commands_are_enough_for_the_first_message() {
    user POST /api/v1/users '{"user_name":"alice","password":"a walk in the rain"}'
    user POST /api/v1/users '{"user_name":"bob","password":"a walk in the rain"}'
    user POST /api/v1/sessions '{"user_name":"alice","password":"a walk in the rain"}'
    user POST /api/v1/messages '{"recipient":"bob","type":"text","text":"sotto voce"}'
    ((typed <= 3)) || { echo "the administrator typed $typed commands" && return 1; }
    alice_sees_her_message
}

alice_sees_her_message() {
    user GET '/api/v1/messages?with=bob' | grep -F '"text":"sotto voce"'
}

its_pages_are_served() {
    local page asset
    page=$(user GET /)
    asset=$(grep -oE '/assets/[^"]+\.js' <<<"$page" | head -n 1)
    user GET "$asset" | grep -c .
    user GET /api/v1/openapi.json | grep '"openapi":'
}

# As certbot does it: a sign on port 80, then files elsewhere, which are renewed in place.
a_certificate_of_ones_own_is_served() {
    local folder=/etc/ssl/private serial
    inside mkdir -p /var/www/html/.well-known/acme-challenge
    inside sh -c 'echo sign >/var/www/html/.well-known/acme-challenge/token'
    is "$(inside curl --silent --fail --resolve "$domain:80:127.0.0.1" "http://$domain/.well-known/acme-challenge/token")" sign
    is "$(inside curl --silent -o /dev/null -w '%{http_code}' --resolve "$domain:80:127.0.0.1" "http://$domain/")" 308
    make_certificate "$folder"
    inside sottoctl setup --cert "$folder/$domain.crt" --key "$folder/$domain.key"
    certificate=$folder/$domain.crt
    wait_until 10 alice_sees_her_message # nginx reloads while systemctl is back already
    serial=$(served_serial)
    make_certificate "$folder"
    inside systemctl reload nginx
    wait_until 10 is_another "$serial"
    alice_sees_her_message
}

make_certificate() {
    inside openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$domain" -addext "subjectAltName=DNS:$domain" \
        -keyout "$1/$domain.key" -out "$1/$domain.crt"
}

is_another() {
    [[ $(served_serial) != "$1" ]]
}

served_serial() {
    inside openssl s_client -connect 127.0.0.1:443 -servername "$domain" </dev/null 2>/dev/null | openssl x509 -noout -serial
}

its_metrics_come_from_all_workers() {
    inside curl --silent --fail http://127.0.0.1:9464/metrics | grep '^sotto_hub_workers '
    is "$(inside find /run/sotto/metrics -type f | wc -l)" 2 # a file for each pool
    is "$(inside journalctl -u 'sotto-*' | grep 'missing from /metrics')" ""
}

doctor_finds_nothing() {
    inside sottoctl doctor
}

setup_can_be_run_again() {
    local before
    before=$(state_of sotto-api@1.service MainPID)
    inside sottoctl setup
    is "$(state_of sotto-api@1.service MainPID)" "$before"
    alice_sees_her_message
}

# All who pass a request on wait their turn, but for MariaDB.
each_has_its_scheduling_policy() {
    local unit
    for unit in nginx.service sotto-api@1.service sotto-auth@1.service sotto-hub.service; do
        inside chrt --pid "$(state_of "$unit" MainPID)" | grep -w SCHED_BATCH || return 1
    done
    inside chrt --pid "$(state_of mariadb.service MainPID)" | grep -w SCHED_OTHER
}

a_worker_that_hangs_is_replaced() {
    hang_and_wait sotto-api@2.service
    alice_sees_her_message
}

a_hub_that_hangs_is_replaced() {
    hang_and_wait sotto-hub.service
    inside curl --silent --fail --unix-socket /run/sotto/hub.sock http://hub/metrics | grep sotto_hub_connections
}

# Stopped by a signal it is a process that lives and does nothing, which only its watchdog can tell.
hang_and_wait() {
    local pid
    pid=$(state_of "$1" MainPID)
    inside kill -STOP "$pid"
    wait_until 60 is_replaced "$1" "$pid"
    inside journalctl -u "$1" | grep -i watchdog
}

# is_replaced UNIT PID: whether it is active with another process.
is_replaced() {
    local state
    state=$(inside systemctl show --property=ActiveState,MainPID "$1")
    [[ $state == *ActiveState=active* && $state =~ MainPID=([1-9][0-9]*) && ${BASH_REMATCH[1]} != "$2" ]]
}

a_restart_loses_no_request() {
    local before
    before=$(state_of sotto-api@1.service MainPID)
    under_load restart_twice
    is_replaced sotto-api@1.service "$before"
}

restart_twice() {
    inside systemctl restart sotto.target && inside systemctl restart sotto.target
}

stop_stops_it_and_start_starts_it() {
    inside systemctl stop sotto.target
    is "$(inside systemctl list-units --plain --no-legend --state=active 'sotto*')" ""
    not alice_sees_her_message
    inside systemctl start sotto.target
    alice_sees_her_message
}

an_upgrade_with_a_migration_loses_no_request() {
    local worker hub
    worker=$(state_of sotto-api@1.service MainPID) hub=$(state_of sotto-hub.service MainPID)
    cp "$next_package" "$machine/root/next.deb"
    under_load inside apt-get install -q -y /root/next.deb
    is "$(inside dpkg-query -W -f '${Version}' sotto)" "$(dpkg-deb -f "$next_package" Version)"
    is "$(inside mariadb -N -e "SHOW INDEX FROM sotto.messages WHERE Key_name = 'install_test'" | wc -l)" 1
    is_replaced sotto-api@1.service "$worker"
    is_replaced sotto-hub.service "$hub"
    inside sottoctl doctor
}

new_keys_log_nobody_out() {
    under_load inside sottoctl keys rotate
    is "$(inside sottoctl keys list | wc -l)" 2
    alice_sees_her_message
    user POST /api/v1/sessions '{"user_name":"alice","password":"a walk in the rain"}'
    alice_sees_her_message
}

a_backup_under_load_brings_everything_back() {
    under_load inside sottoctl backup /root/sotto.backup
    user POST /api/v1/messages '{"recipient":"bob","type":"text","text":"after the backup"}'
    inside sottoctl restore --replace /root/sotto.backup
    alice_sees_her_message
    is "$(user GET '/api/v1/messages?with=bob' | grep -F 'after the backup')" ""
    user POST /api/v1/messages '{"recipient":"bob","type":"text","text":"after the restore"}'
    inside sottoctl doctor
}

after_a_reboot_all_is_there() {
    power_off
    boot
    wait_until 30 alice_sees_her_message
    inside sottoctl doctor
}

apt_removes_it_and_keeps_the_data() {
    inside apt-get remove -q -y sotto
    inside nginx -t
    is "$(inside systemctl list-units --plain --no-legend --state=active 'sotto*')" ""
    is "$(inside systemctl list-units --plain --no-legend --state=failed 'sotto*')" ""
    inside test -s /etc/sotto/keys
    (($(messages_stored) > 0))
}

installed_again_it_goes_on() {
    inside apt-get install -q -y /root/next.deb
    inside sottoctl setup
    wait_until 10 alice_sees_her_message # after nginx's reload
}

a_purge_leaves_the_database_alone() {
    inside apt-get purge -q -y sotto >"$install_dir/purge.log" 2>&1
    grep 'DROP DATABASE' "$install_dir/purge.log" # it says so
    not inside getent passwd sotto
    not inside getent group sotto
    is "$(inside find / -xdev \( -path /proc -o -path /sys -o -path /root -o -path /var/lib/mysql -o -path /var/local/packages \) \
        -prune -o -iname '*sotto*' -print)" ""
    is "$(inside find /run -iname '*sotto*')" ""
    inside nginx -t
    (($(messages_stored) > 0))
}
