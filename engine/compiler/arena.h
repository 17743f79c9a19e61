/* arena: all memory of one compilation, freed at once.
 *
 * When an allocation fails the arena is marked failed for good and yki_arena_alloc
 * returns NULL from then on; whoever drives the compilation looks at the mark and
 * returns YK_E_NOMEM.  One arena, one thread. */
#ifndef YKI_COMPILER_ARENA_H
#define YKI_COMPILER_ARENA_H

#include "base/base.h"

typedef struct yki_arena {
    struct yki_arena_block *blocks; /* the newest first */
    size_t bytes;                   /* handed out so far */
    bool failed;
} yki_arena;

/* Zeroed, aligned for any object; NULL when memory is gone. */
void *yki_arena_alloc(yki_arena *a, size_t bytes);
/* count * size, checked. */
void *yki_arena_array(yki_arena *a, size_t count, size_t size);
/* s[0..n) terminated; NULL when memory is gone. */
char *yki_arena_strn(yki_arena *a, const char *s, size_t n);
void yki_arena_free(yki_arena *a);

#endif
