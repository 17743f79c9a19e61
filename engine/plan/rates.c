/* What was measured in this engine's life, and what it says.
 *
 * One record per kernel, device and size; in each the latest chunks, apart for those run
 * alone and those run beside others.  T(n) = a + n / r is fitted by medians (Theil 1950,
 * Sen 1968), so one outlier moves nothing; three chunks in a row that all differ the same
 * way are a change, and what was before them is forgotten.  Called by run; any thread. */
#include <plan/plan.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 9
/* A change: so many in a row, all off by this share to the same side. */
#define CHANGE_RUN 3
#define CHANGE_SHARE 0.3
/* Sizes further away than so many powers of two say nothing; nearer ones, this much less
 * surely for each. */
#define NEAR_BUCKETS 4
#define NEAR_ERROR 0.05
/* A device that the gate leaves out is never measured again, so what is known of it is
 * forgotten for one launch after so many without it, then after twice as many, and so on.
 * Trying a device costs a launch about 3 %, so one in 64 stays far below 1 %. */
#define PATIENCE 64
#define MOST_PATIENCE 4096
/* Records kept; each is about 400 bytes. */
#define MOST_RECORDS 16384

typedef struct sample {
    double work, seconds;
} sample;

typedef struct series {
    size_t n;
    sample s[SAMPLES];      /* the oldest first */
} series;

/* T(n) = latency + n / rate. */
typedef struct fit {
    double latency, rate, error;    /* rate 0: nothing known */
} fit;

typedef struct record {
    uint64_t kernel;
    uint32_t device;
    uint32_t bucket;
    series beside, alone;
    fit fit_beside, fit_alone;
    /* the gate's memory */
    uint32_t losses;        /* launches in a row that sharing made slower */
    uint32_t exponent;      /* k */
    uint32_t single_left;   /* launches still to be kept single */
    uint32_t silent, patience;  /* questions since the latest sample, and how many may be */
} record;

struct yki_rates {
    pthread_mutex_t lock;
    record *records;        /* in order of kernel, device, bucket */
    size_t n, room;
};

yk_status yki_rates_open(yki_rates **out)
{
    yki_rates *r = yki_alloc(1, sizeof *r);
    if (!r) return YK_E_NOMEM;
    if (pthread_mutex_init(&r->lock, NULL) != 0) {
        yki_free(r);
        return YK_E_NOMEM;
    }
    *out = r;
    return YK_OK;
}

void yki_rates_close(yki_rates **rates)
{
    yki_rates *r = *rates;
    if (!r) return;
    pthread_mutex_destroy(&r->lock);
    yki_free(r->records);
    yki_free(r);
    *rates = NULL;
}

/* ---- records ---- */

static uint32_t bucket_of(size_t work)
{
    return work ? (uint32_t)(63 - __builtin_clzll((unsigned long long)work)) : 0;
}

static int compare(const record *a, const yki_rate_key *k, uint32_t bucket)
{
    if (a->kernel != k->kernel) return a->kernel < k->kernel ? -1 : 1;
    if (a->device != k->device) return a->device < k->device ? -1 : 1;
    if (a->bucket != bucket) return a->bucket < bucket ? -1 : 1;
    return 0;
}

/* The first record not before the key's. */
static size_t lower_bound(const yki_rates *r, const yki_rate_key *k, uint32_t bucket)
{
    size_t lo = 0, hi = r->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (compare(&r->records[mid], k, bucket) < 0) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static record *find(const yki_rates *r, const yki_rate_key *k)
{
    uint32_t bucket = bucket_of(k->work);
    size_t at = lower_bound(r, k, bucket);
    return at < r->n && compare(&r->records[at], k, bucket) == 0 ? &r->records[at] : NULL;
}

static bool grow(yki_rates *r)
{
    if (r->n < r->room) return true;
    if (r->n >= MOST_RECORDS) return false;
    size_t room = r->room ? 2 * r->room : 16;
    record *more = yki_alloc(room, sizeof *more);
    if (!more) return false;
    if (r->n) memcpy(more, r->records, r->n * sizeof *more);
    yki_free(r->records);
    r->records = more;
    r->room = room;
    return true;
}

/* NULL: no memory. */
static record *find_or_add(yki_rates *r, const yki_rate_key *k)
{
    record *found = find(r, k);
    if (found || !grow(r)) return found;
    uint32_t bucket = bucket_of(k->work);
    size_t at = lower_bound(r, k, bucket);
    memmove(&r->records[at + 1], &r->records[at], (r->n - at) * sizeof r->records[0]);
    r->n++;
    r->records[at] = (record){.kernel = k->kernel, .device = k->device, .bucket = bucket,
                              .patience = PATIENCE};
    return &r->records[at];
}

/* ---- fitting ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
    return n % 2 ? x[n / 2] : 0.5 * (x[n / 2 - 1] + x[n / 2]);
}

/* Seconds a work-item, from pairs of clearly different sizes; 0: there are none. */
static double median_slope(const series *v)
{
    double slope[SAMPLES * (SAMPLES - 1) / 2];
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++) {
        for (size_t j = 0; j < i; j++) {
            double dw = v->s[i].work - v->s[j].work, ds = v->s[i].seconds - v->s[j].seconds;
            double least = fmin(v->s[i].work, v->s[j].work);
            if (fabs(dw) >= 0.5 * least) slope[n++] = ds / dw;
        }
    }
    return n ? median(slope, n) : 0;
}

static fit fit_series(const series *v)
{
    fit f = {0, 0, 0};
    double x[SAMPLES];
    if (v->n == 0) return f;
    for (size_t i = 0; i < v->n; i++) x[i] = v->s[i].seconds / v->s[i].work;
    double plain = median(x, v->n), slope = median_slope(v);
    for (size_t i = 0; i < v->n; i++) x[i] = v->s[i].seconds - v->s[i].work * slope;
    double latency = median(x, v->n);
    /* A line that hardly rises, or starts below 0, is noise. */
    bool line = slope > 0.2 * plain && slope <= plain && latency > 0;
    f.rate = 1 / (line ? slope : plain);
    f.latency = line ? latency : 0;
    for (size_t i = 0; i < v->n; i++) {
        double want = f.latency + v->s[i].work / f.rate;
        x[i] = fabs(v->s[i].seconds - want) / want;
    }
    /* Few samples look better than they are. */
    f.error = fmax(median(x, v->n), v->n < 3 ? 0.04 / (double)v->n : 0.01);
    return f;
}

/* Whether the latest samples all differ from what the record said, to the same side. */
static bool changed(const series *v, const fit *f)
{
    size_t above = 0, below = 0;
    if (v->n < CHANGE_RUN || f->rate <= 0) return false;
    for (size_t i = v->n - CHANGE_RUN; i < v->n; i++) {
        double want = f->latency + v->s[i].work / f->rate;
        above += v->s[i].seconds > want * (1 + CHANGE_SHARE);
        below += v->s[i].seconds < want / (1 + CHANGE_SHARE);
    }
    return above == CHANGE_RUN || below == CHANGE_RUN;
}

/* Returns whether it was a change. */
static bool add_sample(series *v, fit *f, double work, double seconds)
{
    if (v->n == SAMPLES) memmove(&v->s[0], &v->s[1], --v->n * sizeof v->s[0]);
    v->s[v->n++] = (sample){work, seconds};
    bool change = changed(v, f);
    if (change) {
        memmove(&v->s[0], &v->s[v->n - CHANGE_RUN], CHANGE_RUN * sizeof v->s[0]);
        v->n = CHANGE_RUN;
    }
    *f = fit_series(v);
    return change;
}

/* ---- the calls ---- */

void yki_rates_put(yki_rates *rates, yki_rate_key key, size_t items, double seconds, bool alone,
                   bool first)
{
    if (first || items == 0 || key.inner == 0 || !(seconds > 0) || !isfinite(seconds)) return;
    pthread_mutex_lock(&rates->lock);
    record *r = find_or_add(rates, &key);
    if (r) {
        double work = (double)items * (double)key.inner;
        bool change = add_sample(alone ? &r->alone : &r->beside,
                                 alone ? &r->fit_alone : &r->fit_beside, work, seconds);
        r->silent = 0;
        if (change) r->patience = PATIENCE;
    }
    pthread_mutex_unlock(&rates->lock);
}

/* The fit of this size, or of the nearest known one, then with less certainty.  *where:
 * the record it is from. */
static fit near_fit(const yki_rates *rates, const yki_rate_key *k, bool alone, record **where)
{
    fit best = {0, 0, 0};
    uint32_t bucket = bucket_of(k->work), least = NEAR_BUCKETS + 1;
    uint32_t from = bucket > NEAR_BUCKETS ? bucket - NEAR_BUCKETS : 0;
    for (size_t i = lower_bound(rates, k, from); i < rates->n; i++) {
        record *r = &rates->records[i];
        if (r->kernel != k->kernel || r->device != k->device) break;
        uint32_t far = r->bucket > bucket ? r->bucket - bucket : bucket - r->bucket;
        const fit *f = alone ? &r->fit_alone : &r->fit_beside;
        if (f->rate <= 0 || far >= least) continue;
        best = *f;
        best.error += NEAR_ERROR * far;
        least = far;
        *where = r;
    }
    return best;
}

/* Whether it is time to try the device once more; the host, number 0, always works. */
static bool out_of_patience(record *r)
{
    if (!r || r->device == 0 || ++r->silent < r->patience) return false;
    r->silent = 0;
    r->patience = r->patience < MOST_PATIENCE ? 2 * r->patience : MOST_PATIENCE;
    return true;
}

void yki_rates_get(yki_rates *rates, yki_rate_key key, yki_proc *proc)
{
    pthread_mutex_lock(&rates->lock);
    record *where = NULL;
    fit alone = near_fit(rates, &key, true, &where), beside = near_fit(rates, &key, false, &where);
    if (out_of_patience(where)) alone = beside = (fit){0, 0, 0};
    pthread_mutex_unlock(&rates->lock);
    const fit *f = beside.rate > 0 ? &beside : &alone;
    double inner = key.inner ? (double)key.inner : 1;
    proc->latency_s = f->rate > 0 ? f->latency : -1;
    proc->rate = beside.rate / inner;
    proc->alone_rate = alone.rate / inner;
    proc->error = f->error;
}

void yki_rates_judge(yki_rates *rates, yki_rate_key key, bool split, double predicted_single_s,
                     double measured_s)
{
    if (!split || !(predicted_single_s > 0)) return;
    pthread_mutex_lock(&rates->lock);
    record *r = find_or_add(rates, &key);
    if (r && measured_s <= predicted_single_s) {
        r->losses = r->exponent = 0;
    } else if (r && ++r->losses >= 2) {
        r->losses = 0;
        r->exponent += r->exponent < 16;
        r->single_left = 1u << r->exponent;
    }
    pthread_mutex_unlock(&rates->lock);
}

bool yki_rates_stay_single(yki_rates *rates, yki_rate_key key)
{
    pthread_mutex_lock(&rates->lock);
    record *r = find(rates, &key);
    bool stay = r && r->single_left > 0;
    if (stay) r->single_left--;
    pthread_mutex_unlock(&rates->lock);
    return stay;
}
