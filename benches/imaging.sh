#!/usr/bin/env bash
# Pictures beside other programs that make them, in the same run: benches/imaging.sh [PHOTOS] [WORK]
# PHOTOS: a folder of photos (../shared/photos); WORK: where large ones are made of them, kept if it is given.
# Processor time (user and system) of whole processes, best of several; wall time where two work at once. `ROWS=24` takes
# only rows whose name holds that word, MANY=60 fewer mixed photos, BIN another binary than this bench's.
# Needs python3 and libvips; a peer that is not installed is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
photos=${1:-../shared/photos}
work=${2:-}
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
bin=${BIN:-}
if [ -z "$bin" ]; then
    bin=$(cargo bench --no-run --bench imaging --message-format=json 2>/dev/null |
        python3 -c 'import json,sys
print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("executable") and m["target"]["name"] == "imaging"][-1])')
fi
exec python3 benches/imaging.py "$bin" "$photos" "$work"
