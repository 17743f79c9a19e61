/* random_body: random expressions and statements for random kernels.
 *
 * A request for an expression says of which type it is to be and how large at most, as a
 * power of two.  Variables hold less than 2^bits at all times.  Floats are never NaN. */
#ifndef YOKE_TEST_RANDOM_BODY_H
#define YOKE_TEST_RANDOM_BODY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

typedef enum rb_type { RB_INT, RB_UINT, RB_LONG, RB_ULONG, RB_FLOAT, RB_DOUBLE } rb_type;

/* Something that can be read: `text` with the index of an array put in. */
typedef struct rb_var {
    char text[160];     /* a name, or a whole expression */
    rb_type type;
    unsigned bits;      /* less than 2^bits; not more than the type has */
    unsigned elements;  /* of a private array, a power of two; 0: no array */
    bool writable;
    bool dead;          /* its initialiser is being written */
} rb_var;

typedef struct rb {
    uint64_t seed;
    char *out;
    size_t room, n;
    rb_var var[96];
    unsigned vars, scope;       /* scope: first variable of the innermost block */
    unsigned names;
    unsigned loops, depth, cost;
    unsigned indent;
    bool helpers;               /* hi<number>() and hf<number>() may be called */
    bool returns;               /* an early return is fine */
    unsigned number;
    const char *id;             /* the id of dimension 0, an int */
} rb;

unsigned rb_below(rb *b, unsigned n);
__attribute__((format(printf, 2, 3))) void rb_put(rb *b, const char *format, ...);
void rb_line(rb *b);

/* More of a number of type t than so many bits is never asked for. */
unsigned rb_bits(rb_type t);
const char *rb_name(rb_type t);
void rb_expr(rb *b, rb_type t, unsigned bits, unsigned depth);
void rb_condition(rb *b, unsigned depth);
void rb_statements(rb *b, unsigned count);
rb_var *rb_add(rb *b, rb_type t, unsigned bits, const char *text);

#endif
