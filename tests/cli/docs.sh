#!/bin/sh
# docs.sh SOURCE YOKEC [YOKE-TOPO YOKE-BENCH]: what documents the tools knows their options,
# all of them and no others: man pages, and completions of bash, zsh and fish as those shells
# see them (a shell that is not installed is named and left out).
set -u
export LC_ALL=C NO_COLOR=1
source=$1
shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

# The options in a help text: first on a line, or behind ", ", ";  " or "[".
help_options() {
    "$1" --help | sed -n 's/^  //p' |
        grep -oE '(^|, |;  |\[)--?[A-Za-z][A-Za-z-]*' | sed 's/^[^-]*//' | sort -u
}

man_options() {
    sed -n 's/^\.It Fl //p' "$1" | sed 's/ , /\n/g' | sed 's/ .*//; s/^/-/' | sort -u
}

# What bash offers after a lone dash.
bash_options() {
    bash -c '. "$1"; COMP_WORDS=("$2" -); COMP_CWORD=1; "_${2//-/_}"
             printf "%s\n" "${COMPREPLY[@]}"' bash "$1" "$2" | sort -u
}

# The options in the specifications of _arguments: '-x[...', '(-x --long)'{-x,--long}'[...'.
zsh_options() {
    zsh -n "$1" || return 1
    sed -n "s/^    '\{0,1\}//p" "$1" | sed 's/^([^)]*)'"'"'//; s/^\*//; s/\[.*//' |
        tr -d "{}'" | tr ',' '\n' | grep '^-' | sort -u
}

# What fish offers after one dash and after two; commands are named by their file.
fish_options() {
    for dashes in - --; do
        fish --no-config -c "source $1; complete -C '$2 $dashes'"
    done | sed 's/[[:space:]].*//; s/=$//' | grep '^-' | sort -u
}

compare() {
    if ! diff "$work/help" "$work/$2" >"$work/diff"; then
        echo "$1: --help (<) and $2 (>) differ"
        cat "$work/diff"
        bad=1
    fi
}

# check TOOL SHELL FILE
check_shell() {
    if ! command -v "$2" >/dev/null; then
        echo "$2 is not installed: completion not tested"
        return
    fi
    "$2_options" "$3" "$1" >"$work/$2" || bad=1
    compare "$1" "$2"
}

for tool in "$@"; do
    name=$(basename "$tool")
    PATH=$(dirname "$tool"):$PATH
    completions=$source/tools/completions
    help_options "$tool" >"$work/help"
    [ "$(wc -l <"$work/help")" -ge 5 ] || { echo "$name: no options found in --help"; bad=1; }
    man_options "$source/docs/man/$name.1" >"$work/man"
    compare "$name" man
    check_shell "$name" bash "$completions/bash/$name"
    check_shell "$name" zsh "$completions/zsh/_$name"
    check_shell "$name" fish "$completions/fish/$name.fish"
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning "$source/docs/man/$name.1" || bad=1
    fi
done
exit $bad
