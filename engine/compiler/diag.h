/* diag: collects what is wrong with a kernel file and renders it as text.
 *
 *     wave.cl:7:37: error: cannot tell which elements of 'p' an item reads
 *         7 |     q[k] = 2*p[k] - q[k] + v[k]*lap(p, k, ld);
 *           |                                     ^
 *     note: lap() reads p[k + j*ld], j = -4..4
 *     hint: declare it   global const float *p YK_WINDOW(ld, 0, 9*ld)
 *
 * Called by every part of the compiler; prints nothing itself.  At most YKI_DIAG_CAP
 * errors are kept: after that the compilation stops, and a last line says so.  Messages
 * are complete sentences without a full stop, in lower case, names in single quotes.
 * One collector, one thread. */
#ifndef YKI_COMPILER_DIAG_H
#define YKI_COMPILER_DIAG_H

#include "compiler/ast.h"
#include "compiler/text.h"

#define YKI_DIAG_CAP 20

typedef enum yki_severity { YKI_ERROR, YKI_WARNING, YKI_NOTE, YKI_HINT } yki_severity;

typedef struct yki_diags yki_diags;

/* An error or warning at a place.  A position with file 0 is rendered without one. */
void yki_error(yki_diags *d, yki_pos pos, const char *format, ...) YK_PRINTF(3, 4);
void yki_warning(yki_diags *d, yki_pos pos, const char *format, ...) YK_PRINTF(3, 4);
/* To the error or warning before: a note without a place, with a place (rendered with
 * its own line and caret), and what to write instead. */
void yki_note(yki_diags *d, const char *format, ...) YK_PRINTF(2, 3);
void yki_note_at(yki_diags *d, yki_pos pos, const char *format, ...) YK_PRINTF(3, 4);
void yki_hint(yki_diags *d, const char *format, ...) YK_PRINTF(2, 3);

size_t yki_diags_errors(const yki_diags *d);
size_t yki_diags_warnings(const yki_diags *d);
/* True once the cap is reached or memory is gone: passes should return early. */
bool yki_diags_full(const yki_diags *d);

/* Appends everything collected, in order of occurrence. */
void yki_diags_render(const yki_diags *d, yki_text *out);

/* The same as data: the i-th message, from 0; false past the last. */
typedef struct yki_message {
    yki_severity severity;
    yki_pos pos;
    const char *text; /* lives as long as the collector */
} yki_message;
bool yki_diags_get(const yki_diags *d, size_t i, yki_message *out);

#endif
