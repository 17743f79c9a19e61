#!/bin/sh
# yokec as it is called: files, options, exit codes, dependencies, objects that link.
#   cli.sh YOKEC SOURCE_DIR WORK_DIR CC
set -eu
yokec=$1 source=$2 work=$3 cc=$4
rm -rf "$work"
mkdir -p "$work/sub" "$work/inc"
cd "$work"
fail() { echo "FAILED: $1"; exit 1; }
code() { # code WANT COMMAND...
    want=$1; shift
    got=0
    "$@" >out 2>err || got=$?
    [ "$got" = "$want" ] || { cat out err; fail "$* gives $got, not $want"; }
}

cat >inc/real.h <<END
typedef REAL real;
END
cat >saxpy.cl <<END
#include "real.h"
kernel void saxpy(real a, global const real *x, global real *y, int n)
{
    int i = get_global_id(0);
    if (i < n) y[i] = a * x[i] + y[i];
}
END

# plain translation, twice the same
code 0 "$yokec" -I inc -DREAL=float saxpy.cl
[ ! -s out ] && [ ! -s err ] || fail "translation is not silent"
cp saxpy.yk.c first.c
code 0 "$yokec" -I inc -D REAL=float -o sub/other saxpy.cl
code 0 "$yokec" -I inc -DREAL=float saxpy.cl
cmp saxpy.yk.c first.c || fail "two runs differ"
grep -q "$work" saxpy.yk.c saxpy.yk.h && fail "an absolute path in generated text"
[ -f sub/other.yk.c ] && [ -f sub/other.yk.h ] || fail "-o BASE"
ls | grep -q 'yk\.[ch]\.' && fail "temporary files stay behind"

# errors and misuse
code 1 "$yokec" saxpy.cl
grep -q "saxpy.cl:1:10: error:" err || { cat err; fail "no place in the message"; }
code 1 "$yokec" missing.cl
code 2 "$yokec"
code 2 "$yokec" --explian saxpy.cl
grep -q "did you mean --explain" err || fail "no suggestion"
code 2 "$yokec" -O2 saxpy.cl
code 2 "$yokec" -o
code 1 "$yokec" -I inc -DREAL=float -o nowhere/x saxpy.cl
code 0 "$yokec" --help
grep -q "^usage: yokec" out || fail "help is not on stdout"
code 0 "$yokec" --version
grep -Eq '^yokec [0-9]+\.[0-9]+\.[0-9]+$' out || fail "version"

# what it found out
code 0 "$yokec" --explain -I inc -DREAL=float saxpy.cl
grep -q "^  y        inout" out || fail "explain"
code 0 "$yokec" --dump-device -I inc -DREAL=double saxpy.cl
grep -q "cl_khr_fp64" out || fail "device source"

# objects and dependencies
code 0 "$yokec" -c -I inc -I "$source/include" -DREAL=double --prefix d_ -O1 -o sub/saxpy.o -MD saxpy.cl
[ -f sub/saxpy.yk.h ] || fail "the header is not beside the object"
grep -q '^sub/saxpy.o: saxpy.cl inc/real.h$' sub/saxpy.d || { cat sub/saxpy.d; fail "dependencies"; }
CC="$cc" code 0 "$yokec" -c -I inc -I "$source/include" -DREAL=float -o sub/f.o -MD -MF deps saxpy.cl
grep -q '^sub/f.o: ' deps || fail "-MF"
CC=false code 1 "$yokec" -c -I inc -DREAL=float saxpy.cl
cat >main.c <<END
#include "sub/saxpy.yk.h"
#include "sub/f.yk.h"
yk_status yk_launch(yk_engine *e, const yk_kernel *k, const yk_range *r, const void *a, const yk_run_opts *o)
{
    yk_shape shape;
    yk_slice s = {r, &shape, a, 0, 0, 3, 0};
    if (k->shape(r, a, &shape) != YK_OK) return YK_E_RANGE;
    k->host->fn[0](&s);
    return YK_OK;
}
yk_status yk_submit(yk_engine *e, const yk_kernel *k, const yk_range *r, const void *a, const yk_run_opts *o, yk_event **v)
{
    return YK_E_UNSUPPORTED;
}
int main(void)
{
    double x[3] = {1, 2, 3}, y[3] = {1, 1, 1};
    float fx[3] = {1, 2, 3}, fy[3] = {1, 1, 1};
    d_saxpy_run(0, yk_1d(3), 2, x, y, 3);
    saxpy_run(0, yk_1d(3), 2, fx, fy, 3);
    return y[2] == 7 && fy[1] == 5 ? 0 : 1;
}
END
"$cc" -w -I "$source/include" main.c sub/saxpy.o sub/f.o -lm -o main 2>err || { cat err; fail "linking"; }
./main || fail "two objects in one program give wrong results"

# corners of the language and reserved names, without a warning
code 0 "$yokec" -c -Wall -Wextra -Wconversion -Werror -I "$source/include" -o odd.o "$source/tests/compiler/exec/odd.cl"
if command -v c++ >/dev/null; then
    echo '#include "odd.yk.h"' >odd.cpp
    c++ -Wall -Wextra -pedantic -Werror -I "$source/include" -fsyntax-only odd.cpp || fail "C++ names"
fi

# the header from C++
if command -v c++ >/dev/null; then
    printf '#include "saxpy.yk.h"\nint main() { return saxpy_kernel.n_args == 4 ? 0 : 1; }\n' >main.cpp
    c++ -Wall -Wextra -pedantic -Werror -I "$source/include" -fsyntax-only main.cpp || fail "C++"
fi
echo passed
