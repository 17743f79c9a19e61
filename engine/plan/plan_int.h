/* What the plan room's own files share: the state of one launch, its free items, and
 * the model of processors.  Nobody outside the room includes it.
 *
 * Time here is a reckoning, not a clock: each processor's time moves with the seconds
 * that its finished orders report, and "now" is the latest of them. */
#ifndef YKI_PLAN_INT_H
#define YKI_PLAN_INT_H

#include <plan/plan.h>

typedef struct yki_span {
    size_t begin, end;
} yki_span;

/* ---- free items: disjoint spans in ascending order ---- */

/* Spans that partial takes may bring about; a few more places keep what comes back even
 * then. */
#define YKI_FREE_SPANS 192
#define YKI_FREE_PLACES (YKI_FREE_SPANS + 4 * YKI_PLAN_MAX)

typedef struct yki_free {
    size_t n;
    size_t items;           /* of all spans together */
    yki_span span[YKI_FREE_PLACES];
} yki_free_items;

/* Adds a span that is disjoint from the others; neighbours become one. */
void yki_free_add(yki_free_items *f, size_t begin, size_t end);
/* Takes about `count` items (at least 1, at most `most`; most 0: no limit) from the first
 * span's front or the last one's back, cut at a multiple of `align`.  `splitting` false:
 * whole spans only.  false: not possible. */
bool yki_free_take(yki_free_items *f, bool back, size_t count, size_t most, size_t align,
                   bool splitting, yki_span *out);

/* ---- processors ---- */

#define YKI_DEVICE_ORDERS 2

typedef struct yki_held {
    yki_span span;
    double latency_s;       /* counted for it, 0 where the one before hides it */
    bool large;             /* given as if nobody else could want any of it */
} yki_held;

typedef struct yki_state {
    bool here;              /* part of the launch, with memory for a chunk */
    bool ready, failed, stopped;
    double latency_s, rate; /* reckoned with; rate 0: unknown */
    double alone_rate, error;
    bool settled;           /* its rate can be relied upon */
    bool started;           /* has been given something */
    size_t probes;          /* chunks measured before it settled */
    double probe_items, probe_s;    /* the latest of them */
    double growth;          /* how much larger the next may be */
    double clock_s;         /* end of its latest finished order, or start of the first */
    size_t quota;           /* static: items it is still to be given */
    size_t n_held;
    yki_held held[YKI_DEVICE_ORDERS];
} yki_state;

#define YKI_NOBODY SIZE_MAX

struct yki_plan {
    yki_plan_spec spec;
    yki_free_items free;
    size_t left;            /* items not done */
    size_t unit;            /* smallest order: align, or all */
    size_t held;            /* orders out */
    size_t single;          /* who takes all, or YKI_NOBODY */
    bool gated;             /* the gate has spoken: rates are known and splitting pays */
    bool changed;           /* since the last decision, in a way that the next event weighs */
    bool recall;            /* the host should give back what it has not begun */
    double now_s;
    yki_state proc[YKI_PLAN_MAX];
    yki_plan_info info;
};

/* ---- the model (model.c) ---- */

/* Takes or may still take orders: here, ready, neither failed nor stopped, and allowed. */
bool yki_plan_active(const yki_plan *p, size_t d);
/* Takes orders now or will, as far as is known. */
bool yki_plan_hopeful(const yki_plan *p, size_t d);
/* When it is through with what it holds; not before now. */
double yki_plan_free_at(const yki_plan *p, size_t d);
/* When the first item of a further order could begin: the above and, if it holds
 * nothing, its latency. */
double yki_plan_start_at(const yki_plan *p, size_t d);
/* When `items` more are done if all active processors of known rate (but `without`) share
 * them ideally; infinity if there are none.  `certain`: those alone that will not
 * decline (a device still being tried may), and not before one of them could do the
 * smallest order. */
double yki_plan_end(const yki_plan *p, double items, size_t without,
                    bool certain);
/* The gate, over the items that are free: the processor that should take them all, or
 * YKI_NOBODY where splitting pays.  Fills info. */
size_t yki_plan_gate(yki_plan *p);
/* The processor with the least time for everything, by what is known. */
size_t yki_plan_best_single(const yki_plan *p);
/* What a finished order says about the rate. */
void yki_plan_measure(yki_plan *p, size_t d, double items, double seconds, double latency_s);

/* ---- decisions (decide.c) ---- */

/* After an event that may change who takes part: opening, arrival, loss, a rate that
 * has settled. */
void yki_plan_decide(yki_plan *p);

#endif
