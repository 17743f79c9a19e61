#!/bin/sh
# The device source of every kernel, generated or written by hand (NAME.device.cl), through
# the compilers of NVIDIA's and AMD's devices, where they are present: no warning, no
# register spilled.  77: none is there.
#   devices.sh YOKEC SOURCE_DIR WORK_DIR
set -eu
yokec=$1 source=$2 work=$3
clang=
for c in clang-19 clang-18 clang-17 clang-16 clang-15 clang; do
    command -v $c >/dev/null && clang=$c && break
done
nvptx=/usr/lib/clc/nvptx64--nvidiacl.bc amd=/usr/lib/clc/amdgcn--amdhsa.bc
[ -n "$clang" ] && [ -f $nvptx ] || { echo "no clang with libclc here"; exit 77; }
rm -rf "$work"
mkdir -p "$work"
cd "$work"
fail() { echo "FAILED: $1"; exit 1; }
common="-cl-std=CL1.2 -O2 -S -Wall -Wextra -Wno-unused-function -Wno-unused-parameter -Werror
    -Xclang -finclude-default-header
    -Xclang -cl-ext=+cl_khr_int64_base_atomics,+cl_khr_int64_extended_atomics -Xclang -mlink-builtin-bitcode -Xclang"
count=0
for file in "$source"/kernels/*/*.cl "$source"/tests/compiler/exec/*.cl; do
    [ -f "$file" ] || continue
    rm -f kernel_*.cl
    case $file in
    *.device.cl) cp "$file" kernel_by_hand.cl ;;
    *)  "$yokec" --dump-device -I "$source/include" "$file" >all.cl
        awk '/^\/\* kernel /{f = "kernel_" $3 ".cl"} {print >f}' all.cl ;;
    esac
    for k in kernel_*.cl; do
        count=$((count + 1))
        case $file in
        */builtins.cl) # libclc lacks some of them: the source alone is checked
            $clang -target nvptx64--nvidiacl $common $nvptx -Wno-unused-command-line-argument -fsyntax-only "$k" || fail "$file $k"
            continue ;;
        esac
        $clang -target nvptx64--nvidiacl $common $nvptx "$k" -o out.ptx || fail "$file $k: NVPTX"
        if command -v ptxas >/dev/null && ! grep -q 'extern .*atom_' out.ptx; then
            ptxas -v -arch=sm_80 out.ptx -o /dev/null 2>log || { cat log; fail "$file $k: ptxas"; }
            grep -q ' 0 bytes spill stores, 0 bytes spill loads' log || { cat log; fail "$file $k spills on NVIDIA"; }
        fi
        if [ -f $amd ]; then
            $clang -target amdgcn--amdhsa -mcpu=gfx90a -nogpulib $common $amd "$k" -o out.s || fail "$file $k: AMDGPU"
            grep -E '^ *\.?(sgpr|vgpr)_spill_count: *[1-9]' out.s && fail "$file $k spills on AMD"
        fi
    done
done
[ $count -gt 20 ] || fail "only $count kernels found"
echo "$count kernels compiled"
