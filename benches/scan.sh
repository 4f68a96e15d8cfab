#!/usr/bin/env bash
# The scan beside `find` and `exiftool` on the same tree, in the same run: benches/scan.sh [FILES] [DIR].
# Prints each program's wall time (warm, best of three, the whole process) with peak memory, and the ratios.
# Needs python3; exiftool where it is installed. BIN names another binary than the release build.
set -euo pipefail
cd "$(dirname "$0")/.."
files=${1:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=${2:-$work/tree}
bin=${BIN:-}
if [ -z "$bin" ]; then
    cargo build --release --quiet
    bin=${CARGO_TARGET_DIR:-target}/release/safelight
fi
[ -d "$tree" ] || python3 benches/make_tree.py "$tree" "$files"
exec python3 - "$bin" "$tree" "$work" <<'PY'
import os, resource, shutil, subprocess, sys, time
binary, tree, work = sys.argv[1:4]

def run(*command):
    """Seconds and peak MiB of one process."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status not in (0, 256):
        sys.exit(f"{command[0]} failed with status {status}")
    return time.monotonic() - start, usage.ru_maxrss / 1024

def best(name, make, base=None, rounds=3):
    runs = [run(*make(number)) for number in range(rounds)]
    seconds, peak = min(runs)[0], max(mib for _, mib in runs)
    ratio = f"{seconds / base:6.2f} x find" if base else ""
    print(f"{name:28} {seconds:7.3f} s  {peak:6.0f} MiB  {ratio}", flush=True)
    return seconds

def home(number):
    return os.path.join(work, f"home{number}")

def safelight(number, *words):
    return (binary, "--home", home(number), *words)

count = sum(len(names) for _, _, names in os.walk(tree))
print(f"{count} files")
find = best("find -printf", lambda _: ("find", tree, "-printf", "%p %s %T@\\n"))
best("first scan, index only", lambda n: safelight(n, "scan", "--index-only", tree), find)
best("rescan, index only", lambda _: safelight(0, "scan", "--index-only"), find)
best("facts of all (EXIF)", lambda n: safelight(n, "scan"), find, rounds=1)
best("rescan", lambda _: safelight(0, "scan"), find)
best("list", lambda _: safelight(0, "list"), find)
best("list rating>=3", lambda _: safelight(0, "list", "rating>=3"), find)
best("status", lambda _: safelight(0, "status"), find)
if shutil.which("exiftool"):
    best("exiftool -fast2 -csv", lambda _: ("exiftool", "-fast2", "-r", "-q", "-csv", "-DateTimeOriginal", "-Model", tree), find, rounds=1)
PY
