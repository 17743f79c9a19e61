/* affine: whole-number polynomials over a kernel's scalar arguments, global ids and
 * loop counters, the arithmetic in which windows and guards are proven.
 *
 * A polynomial stands for an exact mathematical value: coefficients are 64-bit, and an
 * operation whose coefficients do not fit gives NULL, "unknown", as does an operand that
 * is NULL and an arena without memory.  Unknown is always a safe answer: it makes
 * analysis ask for an annotation.  Plain data in an arena; one thread. */
#ifndef YKI_COMPILER_AFFINE_H
#define YKI_COMPILER_AFFINE_H

#include "compiler/arena.h"
#include "compiler/ast.h"
#include "compiler/text.h"

#define YKI_DEGREE 6

typedef enum yki_sym_kind {
    YKI_SYM_SCALAR, /* a scalar argument: var */
    YKI_SYM_GID,    /* the global id of dimension dim */
    YKI_SYM_GSIZE,  /* the launch's size, offset and work-group size of dimension dim */
    YKI_SYM_GOFFSET,
    YKI_SYM_LSIZE,
    YKI_SYM_COUNTER /* 0, 1, .. count - 1: a loop's turns, or a bounded unknown */
} yki_sym_kind;

typedef struct yki_poly yki_poly;

typedef struct yki_sym {
    yki_sym_kind kind;
    uint16_t id;            /* its place in the table */
    uint8_t dim;
    bool exact;             /* COUNTER: takes every one of its values */
    const yki_var *var;     /* SCALAR; COUNTER: the loop's variable, or NULL */
    const yki_poly *count;  /* COUNTER */
    const yki_poly *first;  /* COUNTER: what the loop starts from, for explanations */
    int64_t step;           /* COUNTER: of the loop's variable */
    struct yki_sym *next;
} yki_sym;

typedef struct yki_term {
    int64_t c;
    uint16_t n;                 /* symbols in the product, at most YKI_DEGREE */
    uint16_t sym[YKI_DEGREE];   /* ids, ascending */
} yki_term;

struct yki_poly {
    uint32_t n;
    yki_term term[]; /* ordered by symbols; no zero coefficients */
};

/* The symbols of one kernel. */
typedef struct yki_syms {
    yki_arena *arena;
    yki_sym *first, *last;
    uint16_t count;
} yki_syms;

const yki_sym *yki_sym_get(const yki_syms *s, uint16_t id);
/* The symbol of that kind, made at need; NULL when there are too many. */
yki_sym *yki_sym_scalar(yki_syms *s, const yki_var *var);
yki_sym *yki_sym_dim(yki_syms *s, yki_sym_kind kind, unsigned dim);
/* A new counter. */
yki_sym *yki_sym_counter(yki_syms *s, const yki_poly *count, bool exact);

const yki_poly *yki_poly_int(yki_syms *s, int64_t v);
const yki_poly *yki_poly_sym(yki_syms *s, const yki_sym *sym);
const yki_poly *yki_poly_add(yki_syms *s, const yki_poly *a, const yki_poly *b);
const yki_poly *yki_poly_sub(yki_syms *s, const yki_poly *a, const yki_poly *b);
const yki_poly *yki_poly_mul(yki_syms *s, const yki_poly *a, const yki_poly *b);
bool yki_poly_equal(const yki_poly *a, const yki_poly *b);
/* True and the value if it has no symbols. */
bool yki_poly_const(const yki_poly *p, int64_t *v);

/* The polynomial by which `sym` is multiplied in p, where p is at most linear in it;
 * NULL where it is not.  Absent: the zero polynomial. */
const yki_poly *yki_poly_coef(yki_syms *s, const yki_poly *p, const yki_sym *sym);
/* p without the terms that contain `sym`. */
const yki_poly *yki_poly_without(yki_syms *s, const yki_poly *p, const yki_sym *sym);
bool yki_poly_has(const yki_poly *p, const yki_sym *sym);
/* Does a symbol of this kind occur? */
bool yki_poly_has_kind(const yki_syms *s, const yki_poly *p, yki_sym_kind kind);
/* p with sym replaced. */
const yki_poly *yki_poly_subst(yki_syms *s, const yki_poly *p, const yki_sym *sym,
                               const yki_poly *by);

/* As people write it: "y*w + x + 1"; "?" for NULL. */
void yki_poly_text(const yki_syms *s, const yki_poly *p, yki_text *out);

#endif
