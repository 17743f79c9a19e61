/* emit: writes the tree back as C for the host or as OpenCL C for devices.
 *
 * One emitter serves both sides; what differs (names of types, builtins, work-item
 * functions, address spaces) is asked of `device`.  User's names get the prefix u_, so
 * they meet neither C's nor ours (yk_).  Called by emit_host.c, emit_shape.c and
 * emit_device.c; text goes to `out`, which remembers when memory ran out. */
#ifndef YKI_COMPILER_EMIT_H
#define YKI_COMPILER_EMIT_H

#include "compiler/update.h"

typedef struct yki_emit {
    yki_back *b;
    yki_text *out;
    const yki_kinfo *k; /* the kernel whose body is being written; NULL in helpers */
    bool device;
    bool check;         /* every access to an argument goes through a check */
    uint32_t indent;
    const char *param;  /* how scalar parameters are reached in a shape function: "yk_a->" */
    bool turns;         /* what lies across the grain is reached by way of a tile */
    const yki_border *borders;  /* known where yk_in is 1; NULL: not this text */
    const struct yki_spmd *spmd;    /* the body runs in lanes: names carry ids */
    const char *on_break, *on_continue; /* what these become, outside of inner loops */
    uint32_t flat;      /* 1 + the mask under which all lanes run a segment, or 0 */
    uint32_t loops;     /* inner loops and switches around the statement being written: low
                         * half loops, high half both */
    struct yki_used *used; /* builtins used so far, host only */
} yki_emit;

/* A builtin that the host's text needs: name and type, e.g. "clamp" of float. */
typedef struct yki_used {
    struct yki_used *next;
    const char *name;
    yki_type_kind type, to; /* of the first argument; to: of converts */
    bool saturate;
    yki_round round;
} yki_used;

/* ---- types (emit_type.c) ---- */

const char *yki_emit_kind(yki_type_kind kind, bool device);
/* "f32", "i8": endings of the host's builtins. */
const char *yki_kind_suffix(yki_type_kind kind);
/* "const float *u_x", "int u_a[3]": a declaration without `;`.  quals: keep const. */
void yki_emit_decl(yki_emit *e, const yki_type *t, const char *name);
/* The same as an abstract type: "const float *". */
void yki_emit_type(yki_emit *e, const yki_type *t);
/* Definitions of the records: the public ones (by value in a kernel's arguments), which
 * live in the header, or the others, or (device) all. */
void yki_emit_records(yki_emit *e, bool public_ones);
bool yki_record_public(const yki_back *b, const yki_record *r);
/* Usable in C and C++: reserved words get a `_`. */
const char *yki_public_name(yki_back *b, const char *name);

/* ---- expressions and statements (emit_expr.c, emit_stmt.c) ---- */

void yki_emit_expr(yki_emit *e, const yki_expr *x);
/* A condition that the active box has made constant: 0 or 1; -1: not one. */
int yki_settled(const yki_expr *x);
/* The value of an integer expression in 64 bits; its terms may be computed wide, since
 * an overflow would be undefined. */
void yki_emit_wide(yki_emit *e, const yki_expr *x);
void yki_emit_stmt(yki_emit *e, const yki_stmt *s);
/* Writes a line break and the indentation. */
void yki_emit_line(yki_emit *e);
void yki_emit_var_name(yki_emit *e, const yki_var *v);
/* `static inline` functions, prototypes first: helpers that are used. */
void yki_emit_helpers(yki_emit *e);
/* Program-scope constants. */
void yki_emit_constants(yki_emit *e);
/* Does it (or what it calls) ask for global ids and the like? */
bool yki_needs_items(const yki_func *f);
/* A call of a builtin. */
void yki_emit_builtin(yki_emit *e, const yki_expr *x);

/* ---- the host's builtins (builtin_host.c) ---- */

/* Definitions of everything in `used`. */
void yki_emit_preamble(yki_emit *e);
/* Does the C compiler vectorise calls of it? */
bool yki_builtin_vectorises(const char *name);
void yki_use_builtin(yki_emit *e, const char *name, yki_type_kind type);

/* ---- whole texts ---- */

void yki_emit_header(yki_back *b, const char *guard, yki_text *out);
/* options of the text: see compile.h */
void yki_emit_source(yki_back *b, const char *header, bool check, yki_text *out);
void yki_emit_range(yki_emit *e, yki_kinfo *k);   /* emit_host.c */
bool yki_bound_by_memory(const yki_kinfo *k);     /* intensity.c */
void yki_emit_shape(yki_emit *e, yki_kinfo *k);   /* emit_shape.c */
/* Sets yk_il[0] and yk_ih[0], the ids of dimension 0 inside all borders; yk_o: unknown. */
void yki_emit_inside(yki_emit *e, const yki_kinfo *k);
/* Sets yk_at<id> and yk_far<id> of each turn: the element of work-item (0, 0), and how far
 * apart neighbours in dimension 0 lie. */
void yki_emit_turns(yki_emit *e, yki_kinfo *k);
/* The loops of a kernel with turns, around the lanes; emit_tile.c. */
void yki_emit_tiles(yki_emit *e, yki_kinfo *k);
/* Definitions that they need. */
void yki_emit_tile_functions(yki_emit *e, const yki_kinfo *k);
void yki_emit_lanes(yki_emit *e, const yki_kinfo *k, const char *count, bool in);  /* emit_host.c */
void yki_emit_table(yki_emit *e, yki_kinfo *k, uint64_t hash);   /* emit_desc.c */
/* The OpenCL C of one kernel. */
void yki_emit_device(yki_back *b, yki_kinfo *k, yki_text *out);
void yki_emit_explain(yki_back *b, yki_text *out); /* explain.c */

#endif
