/* The k-th call of something fails, once or for good: what the library's test hooks (base.h)
 * ask.  Header only. */
#ifndef YKT_SCRIPT_H
#define YKT_SCRIPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct script {
    _Atomic size_t calls;
    size_t fail_at;     /* counted from 1; 0: never */
    bool for_good;
} script;

static inline bool script_allows(script *s)
{
    size_t call = atomic_fetch_add(&s->calls, 1) + 1;
    if (!s->fail_at) return true;
    return s->for_good ? call < s->fail_at : call != s->fail_at;
}

static inline bool script_alloc(void *s, size_t bytes)
{
    (void)bytes;
    return script_allows(s);
}

static inline bool script_thread(void *s) { return script_allows(s); }

#endif
