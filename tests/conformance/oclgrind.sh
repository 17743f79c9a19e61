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
# Oclgrind interprets: what computes much for each element gets few of them.
run() {
    oclgrind --data-races --check-api --log found.txt \
        "$bench" --devices all --quick --json "$1.json" --size "$@"
}
"$bench" --list | awk 'NR > 1 && $2 ~ /^[0-9]/ {print $1}' >names
run 256 $(grep -vxE 'binomial|ray' names)
run 20 binomial ray
if [ -s found.txt ]; then
    head -60 found.txt
    echo "FAILED: Oclgrind found something"
    exit 1
fi
# Oclgrind does not fail by itself: the device must have been there and used.
right=$(cat 256.json 20.json | grep -c '"status": "ok"')
workloads=$(wc -l <names)
[ "$right" -ge "$workloads" ] || { echo "FAILED: $right devices ran $workloads workloads"; exit 1; }
echo "$workloads workloads, nothing found"
