/* update: one statement a[e] += v (or min, max) of a reduction, as mode.c recognised it
 * and as the emitters write it. */
#ifndef YKI_COMPILER_UPDATE_H
#define YKI_COMPILER_UPDATE_H

#include "compiler/back.h"

#define YKI_UPDATE_MAGIC 0x75706474u

typedef struct yki_update {
    uint32_t magic;
    uint32_t arg;
    yki_use use;
    const yki_expr *index; /* NULL: element 0 */
    const yki_expr *value; /* NULL: 1 */
} yki_update;

/* The update that a statement is, or NULL. */
const yki_update *yki_update_of(const yki_stmt *s);

#endif
