# shellcheck shell=bash
# nginx: its certificate and configuration.

prepare_certificate() {
    local folder=$var/tls
    mkdir -p "$folder"
    if ! openssl x509 -checkend 86400 -noout -in "$folder/localhost.crt" >/dev/null 2>&1; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 825 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
            -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth \
            -keyout "$folder/localhost.key" -out "$folder/localhost.crt" 2>"$var/log/openssl.log" ||
            die "openssl made no certificate: $(tail -n 1 "$var/log/openssl.log")"
    fi
}

# Writes the configuration and has nginx check it.
prepare_site() {
    local user='' open_files output
    mkdir -p "$var/nginx"
    "$top/nginx/build-www" "$var/www"
    if ((EUID == 0)); then
        user="user root;"
    fi
    open_files=$(ulimit -n)
    [[ $open_files != unlimited ]] && ((open_files <= 16384)) || open_files=16384
    fill "$top/nginx/dev-main.conf.in" "$var/nginx/nginx.conf" \
        "USER=$user" "VAR=$var" "OPEN_FILES=$open_files" "CONNECTIONS=$((open_files / 4))"
    fill "$top/nginx/sotto.conf.in" "$var/nginx/sotto.conf" \
        "HTTP_LISTEN=127.0.0.1:$http_port" "HTTPS_LISTEN=127.0.0.1:$https_port" "HTTPS_PORT_SUFFIX=:$https_port" \
        "METRICS_LISTEN=127.0.0.1:$metrics_port" \
        "SERVER_NAME=localhost 127.0.0.1" "WWW=$var/www" "ACCESS_LOG=$var/log/access.log" \
        "CERTIFICATE=$var/tls/localhost.crt" "CERTIFICATE_KEY=$var/tls/localhost.key" \
        "API_SOCKET=$run_dir/api.sock" "AUTH_SOCKET=$run_dir/auth.sock" "HUB_SOCKET=$run_dir/hub.sock" "RATE_LIMIT=$rate_limit"
    output=$(nginx -q -t -e "$var/log/nginx.log" -p "$var" -c "$var/nginx/nginx.conf" 2>&1) ||
        die "nginx: $(grep -m 1 -E 'emerg|alert' <<<"$output" | sed 's/^[^]]*] *//')"
    if [[ -n $output ]]; then
        say "$output"
    fi
}

# Whether something listens on a port of this machine.
port_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

check_ports() {
    local name port lowest
    lowest=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || echo 1024)
    for name in SOTTO_HTTPS_PORT=$https_port SOTTO_HTTP_PORT=$http_port SOTTO_METRICS_PORT=$metrics_port; do
        port=${name#*=}
        ((EUID == 0 || port >= lowest)) || die "port $port needs root; choose another with ${name%=*}"
        ! port_taken "$port" || die "port $port is taken by another program; choose another with ${name%=*}"
    done
}

# What /readyz says: nothing where there is no answer.
readyz() {
    curl -s -m 5 --cacert "$var/tls/localhost.crt" "$@" "https://127.0.0.1:$https_port/readyz"
}

is_ready() {
    readyz -f -o /dev/null
}
