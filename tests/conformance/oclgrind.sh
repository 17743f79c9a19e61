#!/bin/sh
# Every workload's device code under Oclgrind, which looks at each access: no race, nothing
# out of bounds, no misuse of the API, and right results.  77: Oclgrind is not here.
#   oclgrind.sh YOKE_BENCH WORK_DIR
set -eu
bench=$1 work=$2
command -v oclgrind >/dev/null || { echo "no oclgrind here"; exit 77; }
rm -rf "$work"
mkdir -p "$work"
cd "$work"
oclgrind --data-races --check-api --log found.txt \
    "$bench" --devices all --quick --size 256 --json out.json
if [ -s found.txt ]; then
    head -60 found.txt
    echo "FAILED: Oclgrind found something"
    exit 1
fi
# Oclgrind does not fail by itself: the device must have been there and used.
right=$(grep -c '"status": "ok"' out.json)
workloads=$("$bench" --list | tail -n +2 | grep -c '^[a-z]')
[ "$right" -ge "$workloads" ] || { echo "FAILED: $right devices ran $workloads workloads"; exit 1; }
echo "$workloads workloads, nothing found"
