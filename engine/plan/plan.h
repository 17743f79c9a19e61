/* plan: who does which items of a launch.  Pure arithmetic.
 *
 * A plan is a deterministic state machine without threads, clocks, devices or
 * memory management of its own beyond one allocation.  The executor asks it for
 * orders, and tells it what happened; it decides.  It never gives an item to two
 * processors at once, and every item ends done exactly once, whatever fails, comes
 * late, is trimmed or given back.  Not thread-safe: the executor holds its lock.
 * Includes base alone. */
#ifndef YKI_PLAN_H
#define YKI_PLAN_H

#include <base/base.h>

#define YKI_PLAN_MAX 17         /* processors: the host and 16 devices */

typedef enum yki_policy {       /* as yk_policy */
    YKI_AUTO = 0,
    YKI_SINGLE,
    YKI_STATIC,
    YKI_DYNAMIC
} yki_policy;

/* What is known of one processor before the launch. */
typedef struct yki_proc {
    bool present;           /* takes part; the host (number 0) always does unless
                             * only_devices is set */
    bool ready;             /* can take orders now; otherwise it arrives later */
    double latency_s;       /* a_d: seconds a chunk costs beyond its items; < 0 unknown */
    double rate;            /* r_d: items a second; <= 0 unknown */
    double alone_rate;      /* the same when it works alone; <= 0 unknown */
    double error;           /* relative error of the model, 0.1 = 10 % */
    size_t fill_items;      /* smallest chunk that fills it; 0: unknown */
    size_t max_items;       /* most items a chunk may have (device memory); 0: no limit */
} yki_proc;

typedef struct yki_plan_spec {
    yki_policy policy;
    size_t items;           /* positions [0, items) */
    size_t align;           /* orders begin and end at its multiples (the end excepted) */
    bool whole;             /* one processor must do it all in one order */
    bool only_devices;      /* the host helps only with what devices lost */
    bool stay_single;       /* the gate's memory: earlier splits did not pay */
    double host_block_s;    /* aimed length of a host block; 0: default */
    size_t n_procs;         /* including the host, number 0 */
    yki_proc procs[YKI_PLAN_MAX];
} yki_plan_spec;

typedef struct yki_plan yki_plan;

/* YK_E_NOMEM; YK_E_INVALID for a spec without any processor. */
yk_status yki_plan_open(yki_plan **out, const yki_plan_spec *spec);
void yki_plan_close(yki_plan **plan);

typedef enum yki_order_kind {
    YKI_TAKE,   /* do [begin, end) */
    YKI_WAIT,   /* nothing now; ask again after the next event of anybody */
    YKI_STOP    /* nothing any more, unless it is the host: work may come back to it
                 * until yki_plan_finished */
} yki_order_kind;

typedef struct yki_order {
    yki_order_kind kind;
    size_t begin, end;
} yki_order;

/* The next order for a processor.  A processor may hold several at once (a device two,
 * so that its latency is hidden; the host one). */
yki_order yki_plan_next(yki_plan *plan, size_t proc);

/* While the host works on an order: where it should stop now, so that others finish
 * sooner; the order's end if it should go on. */
size_t yki_plan_trim(const yki_plan *plan, size_t proc);

/* Events.  [begin, end) lies within an order the processor holds; done and returned
 * may cover part of it, at its front and at its back, cut at multiples of align.  Events
 * about anything else are ignored, so an executor's slip cannot do items twice.
 * seconds: from the start of the work, or the end of the order before it if that is later,
 * to the end of its transfers.  Events never need memory.  A failed host only gives back
 * what it held: it stays. */
void yki_plan_arrived(yki_plan *plan, size_t proc);     /* became ready */
void yki_plan_done(yki_plan *plan, size_t proc, size_t begin, size_t end, double seconds);
void yki_plan_returned(yki_plan *plan, size_t proc, size_t begin, size_t end);
void yki_plan_failed(yki_plan *plan, size_t proc);      /* it and all it holds are lost:
                                                         * its orders go to others */
/* All items are done. */
bool yki_plan_finished(const yki_plan *plan);

typedef struct yki_plan_info {
    bool split;             /* the plan meant to use more than one processor */
    size_t best;            /* the processor it prefers alone */
    double predicted_s;     /* of the whole launch; 0 unknown */
    double predicted_single_s;  /* had the best one taken all that was left when the gate
                             * first decided; 0 unknown */
    char reason[128];       /* why it does not split; empty if it does */
} yki_plan_info;

yki_plan_info yki_plan_get_info(const yki_plan *plan);

/* ---- rates: what was measured in this engine's life ---- */

typedef struct yki_rates yki_rates;     /* thread-safe */

yk_status yki_rates_open(yki_rates **out);
void yki_rates_close(yki_rates **rates);

/* One record per kernel hash, device (a number of the caller's), and size bucket (a
 * power of two of work-items). */
typedef struct yki_rate_key {
    uint64_t kernel;
    uint32_t device;
    size_t work;            /* work-items of the launch */
    size_t inner;           /* work-items an item: rates are kept in work-items */
} yki_rate_key;

/* Fills latency_s, rate, alone_rate, error of *proc (in items of `inner` work-items);
 * unknown ones as yki_proc says.  A neighbouring bucket serves, with a larger error,
 * where this one is empty.  Number 0 is the host.  Another device is called unknown once
 * after 64 questions without a sample between them (then 128, ...), so that it is tried
 * again: a gate that is closed would otherwise never learn that it should open. */
void yki_rates_get(yki_rates *rates, yki_rate_key key, yki_proc *proc);

/* One chunk took `seconds` for `items`; `alone`: no other processor was at work;
 * `first`: the program was just built (the sample is dropped).  One outlier cannot
 * move a record; a lasting deviation flushes it.  Lost on YK_E_NOMEM, silently. */
void yki_rates_put(yki_rates *rates, yki_rate_key key, size_t items, double seconds, bool alone,
                   bool first);

/* After a launch: predicted single-processor time against what was measured, for the
 * gate's memory; `split` launches that came out slower twice keep the kernel single
 * for 2^k launches (yki_rates_stay_single counts one down). */
void yki_rates_judge(yki_rates *rates, yki_rate_key key, bool split, double predicted_single_s,
                     double measured_s);
bool yki_rates_stay_single(yki_rates *rates, yki_rate_key key);

#endif
