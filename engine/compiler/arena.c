/* arena: see arena.h.  Blocks grow with the compilation; an object that is larger than a
 * block gets one of its own. */
#include "compiler/arena.h"

#include <string.h>

#ifdef YKI_TEST_HOOKS
enum { ARENA_BLOCK = 512 }; /* many blocks: many places where memory can run out */
#else
enum { ARENA_BLOCK = 64 * 1024 };
#endif
enum { ARENA_ALIGN = 16 };

struct yki_arena_block {
    struct yki_arena_block *next;
    size_t used, size;
    _Alignas(ARENA_ALIGN) char data[];
};

yk_status yki_arena_open(yki_arena *a)
{
    a->reserve = yki_alloc(1, YKI_ARENA_RESERVE);
    return a->reserve ? YK_OK : YK_E_NOMEM;
}

static struct yki_arena_block *arena_grow(yki_arena *a, size_t bytes)
{
    size_t size = yki_max(bytes, ARENA_BLOCK), total;
    if (!yki_add(size, sizeof(struct yki_arena_block), &total)) return NULL;
    struct yki_arena_block *b = yki_alloc(1, total);
    if (!b) return NULL;
    b->size = size;
    b->next = a->blocks;
    a->blocks = b;
    return b;
}

void *yki_arena_alloc(yki_arena *a, size_t bytes)
{
    if (a->failed) return NULL;
    size_t need = yki_round_up(yki_max(bytes, 1), ARENA_ALIGN);
    struct yki_arena_block *b = a->blocks;
    if (need < bytes) b = NULL;
    else if (!b || b->size - b->used < need) b = arena_grow(a, need);
    if (!b) {
        a->failed = true;
        return NULL;
    }
    void *p = b->data + b->used;
    b->used += need;
    a->bytes += need;
    return p;
}

void *yki_arena_array(yki_arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (yki_mul(count, size, &bytes)) return yki_arena_alloc(a, bytes);
    a->failed = true;
    return NULL;
}

char *yki_arena_strn(yki_arena *a, const char *s, size_t n)
{
    char *copy = n == SIZE_MAX ? NULL : yki_arena_alloc(a, n + 1);
    if (copy && n) memcpy(copy, s, n);
    return copy;
}

void *yki_arena_node(yki_arena *a, size_t bytes)
{
    void *p = yki_arena_alloc(a, bytes);
    if (p) return p;
    size_t need = yki_round_up(bytes, ARENA_ALIGN);
    if (YKI_ARENA_RESERVE - a->reserve_used < need) a->reserve_used = 0;
    p = a->reserve + a->reserve_used;
    a->reserve_used += need;
    return memset(p, 0, bytes);
}

void yki_arena_free(yki_arena *a)
{
    while (a->blocks) {
        struct yki_arena_block *next = a->blocks->next;
        yki_free(a->blocks);
        a->blocks = next;
    }
    yki_free(a->reserve);
    *a = (yki_arena){0};
}
