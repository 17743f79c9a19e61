/* spmd: kernels with loops, run 64 work-items abreast.
 *
 * C compilers do not vectorise across work-items where an item's body has loops of its
 * own.  So such a body is taken apart into segments without loops; each becomes a loop
 * over 64 lanes, and the body's loops stand around them.  Variables that live from one
 * segment to another become arrays of 64; lanes whose own loop has ended, or who took
 * the other branch, are masked off.  A loop that all lanes turn equally often (its
 * variable depends on arguments alone) needs no mask.  Private arrays that live across
 * segments get a lane for each of their elements.
 *
 * Where all loops turn alike in all rows and the lanes keep little, each pass takes several
 * rows along: what a turn reads for one of them (a row of a matrix, say) then serves them
 * all, and their sums all stay in registers.
 *
 * Each lane computes exactly what its work-item would: the bits are those of the plain
 * form.  Bodies that do not fit (see yki_spmd_plan) keep the plain form. */
#ifndef YKI_COMPILER_SPMD_H
#define YKI_COMPILER_SPMD_H

#include "compiler/emit.h"

#define YKI_LANES 64    /* abreast */
#define YKI_FEW_LANES 32 /* ... where many of them may soon have nothing to do */

typedef enum yki_part_kind {
    YKI_PART_SEGMENT, /* statements first .. before end; or one expression (expr) */
    YKI_PART_UNIFORM, /* a loop that all lanes turn together: stmt, body */
    YKI_PART_LOOP,    /* a loop under a mask: stmt, body */
    YKI_PART_IF       /* stmt, body, other: contains loops */
} yki_part_kind;

typedef struct yki_part {
    yki_part_kind kind;
    uint32_t id;
    const yki_stmt *first, *end;
    const yki_expr *expr;       /* a segment of one expression */
    const yki_stmt *stmt;
    bool fused;                 /* a loop whose body is one segment: condition, body and
                                 * step run in one pass over the lanes */
    bool flat;                  /* a segment that all lanes may run, see yki_spmd_flat */
    struct yki_part *body, *other, *next;
} yki_part;

/* What is known of a local variable: kept in a list of its own, since the walk's notes
 * are still needed. */
typedef struct yki_lane_var {
    struct yki_lane_var *next;
    const yki_var *var;
    uint32_t segment;   /* the only one that mentions it, so far */
    bool uniform;       /* the same in all lanes: the variable of a uniform loop, ... */
    bool scalar;        /* ... or set once, in an inner block, from such values */
    bool derived;       /* never changes, made of ids and arguments alone: where it is
                         * needed it is computed again, so that C compilers see what an
                         * index is made of */
    bool lane;          /* mentioned in several: an array, if not derived */
} yki_lane_var;

typedef struct yki_spmd {
    yki_part *parts;
    yki_lane_var *vars;
    uint32_t count;     /* parts */
    uint32_t rows;      /* of dimension 1 that each pass takes along, where vectors are
                         * widest; 1: one after the other */
    uint32_t lanes;     /* how many work-items run abreast */
} yki_spmd;

/* The plan for a kernel's body, or NULL: it has no loop worth it, or returns early,
 * jumps in ways that masks do not cover, keeps large private arrays across loops, reduces
 * with varying indexes, or has loops that lanes turn differently often and mostly fetch in. */
yki_spmd *yki_spmd_plan(yki_back *b, const yki_kinfo *k);

/* ---- questions while planning ---- */

/* Has it the same value in all lanes? */
bool yki_spmd_uniform(const yki_spmd *s, const yki_expr *e);
/* Is this (not its operands) something that C compilers do not vectorise? */
bool yki_spmd_spoils(const yki_expr *e);
/* Can all lanes run these statements, as long as one takes part, and is it worth it?
 * Elements of arguments at indexes that differ between lanes are then read at 0 in lanes
 * that take no part. */
bool yki_spmd_flat(const yki_spmd *s, const yki_kinfo *k, const yki_stmt *first,
                   const yki_stmt *end);
/* Does the loop mostly fetch elements at indexes that differ between lanes?  Lanes gain
 * nothing there. */
bool yki_spmd_gathers(const yki_spmd *s, const yki_stmt *loop);

/* ---- for the emitter ---- */

/* The lane variable of var, or NULL. */
const yki_lane_var *yki_spmd_var(const yki_spmd *s, const yki_var *var);

/* Does the statement (or expression) mention, or write, var? */
bool yki_part_mentions(const yki_part *p, const yki_var *var);
bool yki_part_writes(const yki_part *p, const yki_var *var);

/* The body as one function of 64 lanes. */
void yki_emit_spmd(yki_emit *e, const yki_kinfo *k, const yki_spmd *s);

#endif
