/* back: what the analysis of a kernel finds, shared by the passes of the back half.
 *
 * yki_analyse fills one yki_kinfo for each kernel of an accepted tree; the emitters and
 * --explain only read it.  Everything lives in the unit's arena.  Passes in order: walk
 * (every access to an argument, with its index as a polynomial and the conditions it
 * stands under), mode (in, out, inout, reductions), window (annotations or inference,
 * the split axis).  One thread for each unit. */
#ifndef YKI_COMPILER_BACK_H
#define YKI_COMPILER_BACK_H

#include "compiler/affine.h"
#include "compiler/front.h"

#define YKI_MAX_ARGS 32
#define YKI_TURN 16     /* side of a tile */

/* What is known of a value.  p: its polynomial, NULL where unknown; of a pointer, the
 * offset in elements from the beginning of argument `array`. */
typedef enum yki_wrap {
    YKI_EXACT,    /* the value is the polynomial's (unsigned long: modulo 2^64) */
    YKI_MOD32,    /* a uint: the polynomial modulo 2^32 */
    YKI_NARROWED  /* went through 32 bits on the way: equal where nothing wrapped */
} yki_wrap;

typedef struct yki_val {
    const yki_poly *p;
    int32_t array;  /* the argument that a pointer leads into; -1 */
    uint8_t wrap;   /* yki_wrap */
} yki_val;

/* One condition on a global id: id < limit (upper) or id >= limit, where limit is
 * `value` converted as C does for the comparison (inner, then type), plus shift. */
typedef struct yki_bound {
    const struct yki_bound *outer; /* the conditions before it, or NULL */
    const yki_expr *expr;
    const yki_poly *value;
    int64_t shift;
    yki_type_kind inner, type;
    uint8_t dim;
    bool upper;
    bool relation;          /* no bound of one id: says that `value` is not negative */
} yki_bound;

/* A clamp or comparison that does nothing but at the border (border.c): for ids of
 * dimension 0 within `inside`, a comparison is 0 or 1, a call is its argument `is`. */
typedef struct yki_border {
    struct yki_border *next;
    const yki_expr *expr;
    const yki_bound *inside;
    int8_t is;              /* -1: not known after all */
} yki_border;

/* Accesses across the grain (turn.c): the element of work-item (x, y) is `index`, with x
 * times something and y itself; kept in a tile beside the body. */
typedef struct yki_turn {
    struct yki_turn *next;
    const yki_poly *index;
    uint32_t arg, id;
    bool read, write;
} yki_turn;

/* One place where an element of an array argument is read or written, per call path. */
typedef struct yki_access {
    struct yki_access *next;
    const yki_expr *expr;
    const yki_func *in;
    const yki_poly *index;  /* NULL: not affine */
    const yki_bound *box;   /* it happens for the ids that fulfil these ... */
    uint32_t arg;
    uint32_t depth;         /* 0: ... for all of them; else for some, perhaps */
    bool read, write;
    bool narrow;            /* the index went through 32 bits */
    bool partial;           /* a member of the element, or a part of it */
    const yki_poly *most;   /* what conditions keep it within, where only they do; or NULL */
    const yki_turn *turn;   /* reached by way of a tile; or NULL */
} yki_access;

/* How an argument is used as a whole; as yk_mode of the public header. */
typedef enum yki_use {
    YKI_USE_SCALAR, YKI_USE_IN, YKI_USE_OUT, YKI_USE_INOUT, YKI_USE_SUM, YKI_USE_MIN, YKI_USE_MAX
} yki_use;

static inline bool yki_use_reduces(yki_use u) { return u >= YKI_USE_SUM; }

/* Where a window comes from. */
typedef enum yki_source { YKI_FROM_NONE, YKI_FROM_ANNOTATION, YKI_FROM_INDEXES, YKI_FROM_WHOLE }
    yki_source;

typedef struct yki_argument {
    const yki_var *var;
    const yki_type *elem;   /* of an array; a scalar's own type */
    const char *public_name; /* usable in C and C++ */
    yki_use use;
    yki_source source;
    bool ordered;           /* a floating-point sum */
    bool narrow;            /* some index went through 32 bits */
    bool read, written;
    bool table;             /* only read, and at indexes without ids: nothing that is written
                             * can share its memory */
    uint32_t fixed;         /* reductions: 1 + the largest constant index; 0: they vary */
    const char *why;        /* for --explain: what made it inout or whole */
} yki_argument;

typedef struct yki_kinfo {
    struct yki_kinfo *next;
    const yki_func *func;
    yki_syms syms;
    yki_argument arg[YKI_MAX_ARGS];
    uint32_t arg_count;
    const yki_bound *active;    /* the guards, newest first */
    const yki_bound *facts;     /* relations that hold by the way counters were made */
    yki_access *accesses, *last_access;
    yki_border *borders;
    yki_turn *turns;
    uint32_t dims, axis, align, lanes;
    uint8_t ids32;              /* 1 << dim: that id is kept in 32 bits somewhere */
    bool whole;                 /* outputs of different items overlap */
    bool ordered, reduces;
    bool atomic64;
    bool contract;              /* a*b + c may become one operation */
    const struct yki_spmd *spmd; /* the body runs in lanes; set by emit_host.c */
    bool unsure_dims;           /* nothing says how many dimensions there are */
} yki_kinfo;

/* Lives in constant space for the whole program: declared at its scope, or `constant` in a
 * kernel's body. */
static inline bool yki_is_constant(const yki_var *v)
{
    return v->kind == YKI_VAR_PROGRAM ||
           (v->kind == YKI_VAR_LOCAL && v->type->space == YKI_SPACE_CONSTANT);
}

/* One compilation's back half. */
typedef struct yki_back {
    yki_unit *unit;
    yki_arena *arena;
    yki_diags *diags;
    const yki_program *program;
    const char *prefix;     /* before public names; "" */
    yki_kinfo *kernels;
} yki_back;

/* Fills b->kernels.  YK_E_BUILD with diagnostics; YK_E_NOMEM. */
yk_status yki_analyse(yki_back *b);

/* ---- passes ---- */

/* Collects k->accesses and k->active; marks the conditions of guards (see below). */
void yki_walk_kernel(yki_back *b, yki_kinfo *k);
/* Decides arg[].use; reports misuse of reductions. */
void yki_modes(yki_back *b, yki_kinfo *k);
/* The largest value of p, for comparing with another such: scalars are taken as positive,
 * ids (within box and the active box) and counters at their ends.  NULL: unknown. */
const yki_poly *yki_largest(yki_kinfo *k, const yki_poly *p, const yki_bound *box);
/* Decides the axis and where windows come from; reports what cannot be told. */
void yki_windows(yki_back *b, yki_kinfo *k);

/* Finds k->turns. */
void yki_turns(yki_back *b, yki_kinfo *k);
/* The one by which e is reached, or NULL. */
const yki_turn *yki_turn_of(const yki_kinfo *k, const yki_expr *e);

/* A condition taken over by the active box is a constant where the kernel runs: its
 * expression's note is one of these, and emitters write 1 or 0 for it. */
extern const char yki_always_true[], yki_always_false[];

/* ---- guards (guard.c), used by the walk ---- */

typedef struct yki_walk yki_walk;
/* A value without recording accesses a second time. */
yki_val yki_walk_value(yki_walk *w, const yki_expr *e);
yki_kinfo *yki_walk_kinfo(yki_walk *w);
yki_arena *yki_walk_arena(yki_walk *w);

/* ---- inside the walk (walk.c, walk_expr.c, walk_loop.c) ---- */

struct yki_walk {
    yki_back *b;
    yki_kinfo *k;
    const yki_func *func;   /* being walked: the kernel, or a helper called from it */
    const yki_bound *box;   /* conditions that hold here, beyond the active box */
    uint32_t depth;         /* conditions that may not hold */
    uint32_t calls;         /* nesting of helpers */
    bool quiet;             /* only looking: record nothing */
    yki_val result;         /* of the helper being walked, where all its returns agree */
    uint32_t returns;
};

/* Walks an expression for its effects and gives its value. */
yki_val yki_walk_expr(yki_walk *w, const yki_expr *e);
void yki_walk_stmt(yki_walk *w, const yki_stmt *s);
void yki_walk_for(yki_walk *w, const yki_stmt *s);
/* What is known of a variable from here on. */
void yki_walk_set(yki_walk *w, const yki_var *var, yki_val v);
/* Mentions of var that write to it, within a statement or expression. */
uint32_t yki_writes_in(const yki_stmt *s, const yki_var *var);
uint32_t yki_writes_in_expr(const yki_expr *e, const yki_var *var);
/* A break, continue (of this loop) or return within the statement. */
bool yki_jumps_in(const yki_stmt *s, bool in_loop, bool in_switch);
static inline yki_val yki_unknown(void) { return (yki_val){NULL, -1, YKI_EXACT}; }

/* Conditions implied by `e` being true (or false, with `negate`), put before *list.
 * True if together they say exactly that.  With `mark`, the recognised parts get their
 * note: they are being taken over by the active box. */
bool yki_guard_bounds(yki_walk *w, const yki_expr *e, bool negate, bool mark,
                      const yki_bound **list);
/* Could evaluating it change anything? */
bool yki_expr_pure(const yki_expr *e);

/* ---- borders (border.c): min, max and clamp of known arguments, and comparisons ---- */

void yki_border_call(yki_walk *w, const yki_expr *e, const yki_val *v);
void yki_border_compare(yki_walk *w, const yki_expr *e, yki_val a, yki_val b);
/* What is known of e inside; NULL: nothing. */
const yki_border *yki_border_of(const yki_border *list, const yki_expr *e);

#endif
