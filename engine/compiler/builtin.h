/* builtin: the functions that OpenCL C 1.2 has built in, as one table.
 *
 * Looked up by the parser through atoms; resolved by sema_call.c; later passes read the
 * rows that calls point at.
 *
 * A signature is "result:parameters", one letter each:
 *   g  float or double, alike for all g of a call: double if one argument is double,
 *      else float (integers convert to float)
 *   f  float, always (native_ and half_ functions)
 *   N  the unsigned integer of the size of the call's g; n: its argument decides g
 *   G  private pointer to g        Q  private pointer to int
 *   t  any integer type, alike for all t: the common type of the arguments; arguments that
 *      all have the same narrow type keep it
 *   U  the unsigned version of t   W  the type of twice the size of t
 *   x  int or uint alone, alike for all x
 *   s  any number type, alike for all s    c  an integer of the size of s
 *   i  int      u  uint      z  ulong (size_t)    b  any integer, taken as it is
 * Names that exist for numbers of both kinds (min, max, clamp) have two rows, floats
 * first; the row with g is taken when an argument is a float type.  Rows whose class is
 * not supported have an empty signature. */
#ifndef YKI_COMPILER_BUILTIN_H
#define YKI_COMPILER_BUILTIN_H

#include "compiler/ast.h"

extern const yki_builtin yki_builtins[];
extern const size_t yki_builtin_count;

/* What an unsupported class is called in messages: "barrier", "atomic functions". */
const char *yki_builtin_class_text(yki_builtin_class cls);

#endif
