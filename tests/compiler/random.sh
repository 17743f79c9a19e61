#!/bin/sh
# Random kernels as yokec translates them against the same text read as C, bit for bit; and,
# translated with --check, each access against its window.
#   random.sh YOKEC RANDOM_KERNELS SOURCE_DIR WORK_DIR CC FLAGS...
# The seed is fixed; others, more kernels, more runs of each, and all instruction sets at
# full optimisation are had by YOKE_RANDOM_SEED, YOKE_RANDOM_KERNELS, YOKE_RANDOM_ROUNDS and
# YOKE_RANDOM_FULL=1.  What fails stays in WORK_DIR.
set -eu
yokec=$1 random=$2 source=$3 work=$4 cc=$5
shift 5
seed=${YOKE_RANDOM_SEED:-1} count=${YOKE_RANDOM_KERNELS:-20} rounds=${YOKE_RANDOM_ROUNDS:-12}
rm -rf "$work"
mkdir -p "$work"
cd "$work"
"$random" "$seed" "$count" .

compile() { # compile WHAT: random.yk.c to an object, linked to the program that compares
    "$cc" -std=gnu11 -O1 -w -I. -I"$source/include" -c random.yk.c -o "$1.o"
    "$cc" -std=gnu11 -O1 -w -I. -I"$source/include" "$1.o" main.o launch.o -o "$1" $libraries -lm
}

"$yokec" --check random.cl
libraries=$*
"$cc" -std=gnu11 -O1 -w -fwrapv -ffp-contract=off -I. -I"$source/include" -I"$source/tests" \
    -I"$source/tests/support" -c "$source/tests/compiler/random_main.c" -o main.o "$@"
"$cc" -std=gnu11 -w -I"$source/include" -c "$source/tests/support/no_launch.c" -o launch.o
sed 's/{yk_generic_\(k[0-9]*\), yk_v2_.*}/{yk_generic_\1, 0, 0, 0}/' random.yk.c >quick.c
mv quick.c random.yk.c
compile checked
./checked "$seed" "$rounds"

"$yokec" random.cl
# The translation is what is tested, not the C compiler: little optimisation is quick.
[ -n "${YOKE_RANDOM_FULL:-}" ] || {
    sed -e '/^#pragma GCC optimize("O3"/d' \
        -e 's/{yk_generic_\(k[0-9]*\), yk_v2_k[0-9]*, yk_v3_k[0-9]*, yk_v4/{yk_generic_\1, 0, 0, yk_v4/' \
        random.yk.c >quick.c
    mv quick.c random.yk.c
}
compile compared
./compared "$seed" "$rounds"
