/* Turns the atomic accesses of the code that is included after it into the explorer's
 * (explore.h).  Include it after every header that has atomic code of its own; the macros
 * are those of <stdatomic.h>, done away with first.  EX_LOAD, EX_STORE, EX_SWAP and
 * EX_CHANGE may be defined before, to break one step of an algorithm. */
#ifndef YKT_EXPLORE_ATOMICS_H
#define YKT_EXPLORE_ATOMICS_H

#include "explore.h"

#ifndef EX_LOAD
#define EX_LOAD ex_load
#endif
#ifndef EX_STORE
#define EX_STORE ex_store
#endif
#ifndef EX_SWAP
#define EX_SWAP ex_swap
#endif
#ifndef EX_CHANGE
#define EX_CHANGE ex_modify
#endif

#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_exchange
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak
#undef atomic_compare_exchange_weak_explicit
#undef atomic_fetch_add
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and
#undef atomic_fetch_and_explicit

/* The type without _Atomic and const; values travel as words. */
#define EX_TYPE(p) __typeof__((void)0, *(p))
#define EX_WORD(p, value) ((uint64_t)(uintptr_t)(EX_TYPE(p))(value))
#define EX_VALUE(p, word) ((EX_TYPE(p))(uintptr_t)(word))

#define atomic_load_explicit(p, o) EX_VALUE(p, EX_LOAD((p), sizeof *(p), (o)))
#define atomic_store_explicit(p, v, o) EX_STORE((p), sizeof *(p), EX_WORD(p, v), (o))
#define atomic_compare_exchange_strong_explicit(p, expected, v, yes, no)                    \
    ({                                                                                      \
        __auto_type ex_expected = (expected);                                               \
        uint64_t ex_word = EX_WORD(p, *ex_expected);                                        \
        bool ex_same = EX_SWAP((p), sizeof *(p), &ex_word, EX_WORD(p, v));                  \
        *ex_expected = EX_VALUE(p, ex_word);                                                \
        ex_same;                                                                            \
    })
#define EX_MODIFY(p, op, v) ({ EX_VALUE(p, EX_CHANGE((p), sizeof *(p), (op), EX_WORD(p, v))); })
#define atomic_exchange_explicit(p, v, o) EX_MODIFY(p, EX_SET, v)
#define atomic_fetch_add_explicit(p, v, o) EX_MODIFY(p, EX_ADD, v)
#define atomic_fetch_sub_explicit(p, v, o) EX_MODIFY(p, EX_SUB, v)
#define atomic_fetch_or_explicit(p, v, o) EX_MODIFY(p, EX_OR, v)
#define atomic_fetch_and_explicit(p, v, o) EX_MODIFY(p, EX_AND, v)

#define atomic_load(p) atomic_load_explicit(p, memory_order_seq_cst)
#define atomic_store(p, v) atomic_store_explicit(p, v, memory_order_seq_cst)
#define atomic_exchange(p, v) EX_MODIFY(p, EX_SET, v)
#define atomic_fetch_add(p, v) EX_MODIFY(p, EX_ADD, v)
#define atomic_fetch_sub(p, v) EX_MODIFY(p, EX_SUB, v)
#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit

#endif
