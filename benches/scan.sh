#!/usr/bin/env bash
# The scan beside `find` and `exiftool` on the same tree, in the same run: benches/scan.sh [FILES] [DIR].
# Prints each tool's time (warm, best of three) and the ratios. Needs python3; exiftool where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
files=${1:-100000}
tree=${2:-$(mktemp -d)/tree}
[ -d "$tree" ] || python3 benches/make_tree.py "$tree" "$files"
best() { # the command's best wall time of three, in seconds
    for _ in 1 2 3; do
        local start end
        start=$(date +%s.%N)
        "$@" >/dev/null
        end=$(date +%s.%N)
        echo "$end - $start" | bc
    done | sort -n | head -1
}
find=$(best find "$tree" -printf '%p %s %T@\n')
echo "find_s=$find"
out=$(cargo bench --quiet --no-default-features --bench scan -- "$tree")
echo "$out"
first=$(sed -n 's/^first_scan_s=\([0-9.]*\).*/\1/p' <<<"$out")
again=$(sed -n 's/^rescan_s=\([0-9.]*\).*/\1/p' <<<"$out" | sort -n | head -1)
echo "first_scan / find = $(echo "scale=2; $first / $find" | bc)"
echo "rescan / find = $(echo "scale=2; $again / $find" | bc)"
if command -v exiftool >/dev/null; then
    start=$(date +%s.%N)
    exiftool -fast2 -r -q -csv -DateTimeOriginal -Model "$tree" >/dev/null
    echo "exiftool_fast2_s=$(echo "$(date +%s.%N) - $start" | bc)"
fi
