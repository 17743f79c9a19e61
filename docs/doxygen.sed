# Ordinary comments as Doxygen's: a file's first, those before something, those behind it.
1s,^/\* ,/** @file\
 * ,
s,^\( *\)/\* ,\1/** ,
s,\([;}{,)]\)\( *\)/\* ,\1\2/**< ,
s,^\(#define .*[^ ]\)\( *\)/\* ,\1\2/**< ,
