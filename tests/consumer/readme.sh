#!/bin/sh
# What README.md shows must work as it stands, in an empty folder, with an installed Yoke.
#   readme.sh README PREFIX
# The files are the code blocks that begin with their name in a comment; the commands are the
# lines and words that begin with yokec, cmake or pkg-config.
set -eu
readme=$1 prefix=$2
fail() { echo "FAILED: $1" >&2; exit 1; }

# As if PREFIX were /usr/local.
lib=$(dirname "$(find "$prefix/" -name libyoke.so)")
PATH=$prefix/bin:$PATH C_INCLUDE_PATH=$prefix/include LIBRARY_PATH=$lib LD_LIBRARY_PATH=$lib
PKG_CONFIG_PATH=$lib/pkgconfig CMAKE_PREFIX_PATH=$prefix
export PATH C_INCLUDE_PATH LIBRARY_PATH LD_LIBRARY_PATH PKG_CONFIG_PATH CMAKE_PREFIX_PATH

# Code blocks of C: "/* NAME: ..." is the file's name.
awk '/^```/ { inside = ($0 == "```c"); name = ""; next }
     inside && name == "" && match($0, /^\/\* [a-z_]+\.[a-z]+:/) {
         name = substr($0, RSTART + 3, RLENGTH - 4)
     }
     inside && name != "" { print > name }' "$readme"
for file in saxpy.cl main.c lines.c; do
    [ -s "$file" ] || fail "README shows no $file"
done

# The first screen: one indented line compiles both.
command=$(grep -m 1 '^    yokec ' "$readme") || fail "README shows no yokec command"
echo "+ $command"
sh -c "$command"
./a.out || fail "the program ends with $?"
rm -f a.out saxpy.o saxpy.yk.h

# Tasks: a program without a kernel, and what becomes of a file that is not there.
command=$(grep -m 1 '^    cc lines.c' "$readme") || fail "README does not compile lines.c"
echo "+ $command"
sh -c "$command"
printf 'a\nb\nc\n' >three && : >none
./a.out three none lines.c >counted || fail "the program ends with $?"
printf '3 three\n0 none\n%d lines.c\n' "$(wc -l <lines.c)" | cmp - counted || fail "lines.c"
./a.out three missing >counted 2>message && fail "lines.c: a missing file is no error"
grep -q 'cannot open missing' message || fail "lines.c does not say what is missing"
rm -f a.out

# With Make: what its words say.
words=$(grep '^With Make:' "$readme") || fail "README does not speak of Make"
compile=$(echo "$words" | sed -n 's/.*`\(yokec [^`]*\)`.*/\1/p')
flags=$(echo "$words" | sed -n 's/.*`\(pkg-config [^`]*\)`.*/\1/p')
[ -n "$compile" ] && [ -n "$flags" ] || fail "no commands in: $words"
command="$compile && cc main.c saxpy.o \$($flags)"
echo "+ $command"
sh -c "$command"
./a.out || fail "the program ends with $?"
[ -s saxpy.d ] || fail "-MD wrote no saxpy.d"

# With CMake: the block, below the two lines that every project has.
{
    echo 'cmake_minimum_required(VERSION 3.21)'
    echo 'project(app LANGUAGES C)'
    awk '/^```/ { inside = ($0 == "```cmake"); next } inside' "$readme"
} >CMakeLists.txt
grep -q find_package CMakeLists.txt || fail "README shows no CMake block"
cmake -S . -B build >log 2>&1 && cmake --build build >>log 2>&1 || { cat log; fail "CMake"; }
build/app || fail "the program ends with $?"

# What --explain is said to do.
command=$(grep -o '`yokec --explain [^`]*`' "$readme" | tr -d '`' | sed 's/file\.cl/saxpy.cl/')
echo "+ $command"
sh -c "$command" | grep -q '^saxpy' || fail "--explain"
echo passed
