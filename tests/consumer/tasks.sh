#!/bin/sh
# The code that docs/tasks.md shows compiles and runs, with an installed Yoke, in an empty
# folder.
#   tasks.sh PAGE PREFIX
# All blocks of C become one program.  Those that define functions or structs stand as they are;
# of the others each becomes a function that is called with an engine, and has to end with
# YK_OK, or with the status that a comment behind "status = " names.  What a comment behind a
# printf says must have been printed.  A block that begins with /* NAME.cl */ is a kernel file.
set -eu
page=$1 prefix=$2
fail() { echo "FAILED: $1" >&2; exit 1; }

lib=$(dirname "$(find "$prefix/" -name libyoke.so)")
PATH=$prefix/bin:$PATH LD_LIBRARY_PATH=$lib
export PATH LD_LIBRARY_PATH

awk '
function flush_block() {
    if (kernel != "") { print text > kernel; return }
    if (defines) { printf "#line %d \"tasks.md\"\n%s", first, text; return }
    want[++parts] = expect
    at[parts] = first
    printf "static yk_status part_%d(yk_engine *engine)\n{\n", parts
    printf "    yk_status status = YK_OK;\n#line %d \"tasks.md\"\n%s", first, text
    printf "    (void)engine;\n    return status;\n}\n"
}
BEGIN {
    print "#include <errno.h>\n#include <stdio.h>\n#include <string.h>\n#include <unistd.h>"
    print "#include <yoke/yoke.h>\n#include \"scale.yk.h\""
}
/^```/ {
    if (inside) flush_block()
    inside = $0 == "```c"
    text = kernel = ""; defines = 0; expect = "YK_OK"; first = NR + 1
    next
}
!inside { next }
text == "" && match($0, /^\/\* [a-z]+\.cl/) { kernel = substr($0, 4, RLENGTH - 3) }
/^static [a-z_]+ \**[a-z_]+\(/ || /^struct [a-z_]+ \{/ { defines = 1 }
match($0, /status = .*\/\* YK_E_[A-Z]+/) {
    expect = $0
    sub(/.*\/\* /, "", expect)
    sub(/[^A-Z_].*/, "", expect)
}
{ text = text $0 "\n" }
END {
    print "static const struct { yk_status (*run)(yk_engine *); yk_status want; int line; }"
    print "all[] = {"
    for (k = 1; k <= parts; k++) printf "    {part_%d, %s, %d},\n", k, want[k], at[k]
    print "};\nint main(void)\n{\n    int bad = 0;\n    yk_engine *engine;"
    print "    if (yk_engine_open(&engine, NULL, NULL) != YK_OK) return 1;"
    print "    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {"
    print "        yk_status status = all[k].run(engine);"
    print "        if (status == all[k].want) continue;"
    print "        printf(\"tasks.md:%d: ends with %s\\n\", all[k].line, yk_strerror(status));"
    print "        bad = 1;\n    }\n    yk_engine_close(&engine);\n    return bad;\n}"
}' "$page" >tasks.c
parts=$(grep -c '^static yk_status part_' tasks.c)
[ "$parts" -ge 8 ] || fail "only $parts blocks of statements found"
yokec -c scale.cl -o scale.o
cc -std=gnu11 -Wall -Wextra -Werror -I. -I"$prefix/include" tasks.c scale.o -L"$lib" -lyoke -lm \
    -o tasks
code=0
./tasks >out || code=$?
cat out
[ $code = 0 ] || fail "the program ends with $code"

# printf(...);  /* what it prints */
sed -n 's,^ *printf(.*; *\/\* \(.*\) \*\/$,\1,p' "$page" >expected
[ -s expected ] || fail "the page does not say what anything prints"
while read -r line; do
    grep -qxF "$line" out || fail "nothing printed: $line"
done <expected
echo "$parts parts ran"
