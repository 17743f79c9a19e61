/* arena: all memory of one compilation, freed at once.
 *
 * When an allocation fails the arena is marked failed for good; whoever drives the
 * compilation looks at the mark and returns YK_E_NOMEM.  One arena, one thread. */
#ifndef YKI_COMPILER_ARENA_H
#define YKI_COMPILER_ARENA_H

#include "base/base.h"

/* The largest node of yki_arena_node, and how much is set aside for nodes that are
 * asked for after memory ran out. */
enum { YKI_NODE_MAX = 1024, YKI_ARENA_RESERVE = 64 * 1024 };

typedef struct yki_arena {
    struct yki_arena_block *blocks; /* the newest first */
    size_t bytes;                   /* handed out so far */
    bool failed;
    char *reserve; /* for yki_arena_node, NULL until opened */
    size_t reserve_used;
} yki_arena;

/* Sets the reserve aside; only arenas that yki_arena_node is used on need it. */
yk_status yki_arena_open(yki_arena *a);

/* Zeroed, aligned for any object; NULL when memory is gone. */
void *yki_arena_alloc(yki_arena *a, size_t bytes);
/* count * size, checked. */
void *yki_arena_array(yki_arena *a, size_t count, size_t size);
/* s[0..n) terminated; NULL when memory is gone. */
char *yki_arena_strn(yki_arena *a, const char *s, size_t n);
/* Like yki_arena_alloc for at most YKI_NODE_MAX bytes, and never NULL: after memory ran
 * out it hands out the reserve, so that a deep recursion can unwind on its ordinary path
 * (it must look at ->failed and stop making progress).  Should even the reserve run out,
 * its beginning is used again. */
void *yki_arena_node(yki_arena *a, size_t bytes);
void yki_arena_free(yki_arena *a);

#endif
