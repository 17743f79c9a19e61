/* front: the way into the front end: from a kernel file and options to the typed tree.
 *
 * Called by yokec and, later, at run time.  A unit is one compilation: it owns the
 * arena, the sources, the diagnostics and the tree.  Nothing is global, nothing is
 * printed; one unit, one thread, any number of units at once. */
#ifndef YKI_COMPILER_FRONT_H
#define YKI_COMPILER_FRONT_H

#include "compiler/arena.h"
#include "compiler/ast.h"
#include "compiler/diag.h"

typedef struct yki_unit yki_unit;

/* One -D or -U, in the order of the command line.  text is "NAME", "NAME=value",
 * "NAME(a,b)=value", or the NAME to undefine. */
typedef struct yki_define {
    bool undefine;
    const char *text;
} yki_define;

typedef struct yki_front_opts {
    const char *path;  /* of the kernel file; also its name in diagnostics */
    const char *text;  /* NULL: read from path; else the file's content, borrowed */
    size_t text_bytes; /* of text; it may hold NUL bytes (they are errors) */
    const char *const *include_dirs; /* searched in order, after the includer's folder */
    size_t include_count;
    const yki_define *defines;
    size_t define_count;
} yki_front_opts;

/* An empty unit.  YK_E_NOMEM. */
yk_status yki_unit_open(yki_unit **out);
/* Takes NULL; clears the pointer. */
void yki_unit_close(yki_unit **u);

/* Names of annotations (YK_OUT, YK_OWN ...) belong to the language here: #ifdef finds them
 * defined, and a #define of one, meant for other OpenCL compilers, has no effect.
 *
 * Reads, preprocesses, parses and checks; once per unit.  Strings in `o` are borrowed
 * for the call.
 * YK_OK: yki_unit_program(u) is complete; there may be warnings.
 * YK_E_BUILD: errors are in yki_unit_diags(u).
 * YK_E_IO: the file itself cannot be read; that too is in the diagnostics.
 * YK_E_NOMEM: memory ran out; the unit can only be closed.
 * YK_E_INVALID: no path, or the unit has been used. */
yk_status yki_front_run(yki_unit *u, const yki_front_opts *o);

/* NULL before a successful run. */
const yki_program *yki_unit_program(const yki_unit *u);
/* For later passes to add to; rendering gives everything. */
yki_diags *yki_unit_diags(yki_unit *u);
/* Later passes may allocate here, and must look at ->failed. */
yki_arena *yki_unit_arena(yki_unit *u);

/* Files that were read, the kernel file first, each once (for -MD); NULL past the last. */
const char *yki_unit_file(const yki_unit *u, size_t i);
/* Where a position is: file name, line and column from 1 (a tab counts as one column).
 * Any out pointer may be NULL.  A position that is nowhere gives "<built-in>", 0, 0. */
void yki_unit_where(const yki_unit *u, yki_pos pos, const char **file, uint32_t *line,
                    uint32_t *column);

/* Basic types: yki_unit_type(u, YKI_T_FLOAT).  Only VOID .. DOUBLE. */
const yki_type *yki_unit_type(const yki_unit *u, yki_type_kind kind);

/* "global const float *", "int[4][3]", "struct node": as C spells it, appended. */
void yki_type_spell(const yki_type *t, yki_text *out);

/* The tree as indented text, for tests and --dump-ast. */
void yki_program_dump(const yki_program *p, yki_text *out);

#endif
