/* What the programs of all peers share: inputs, check, timing, the line of JSON; see peer.h.
 *
 * A sample is what yoke-bench's own are: as many runs back to back as take some
 * milliseconds, after runs that are not timed.  Nothing else runs in this process. */
#include "peer.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "workload.h"

static const double SAMPLE_S = 4e-3, WAKE_S = 15e-3, WARM_S = 0.5;
enum { WARM_RUNS = 2, MAX_INNER = 256, MAX_LOOPS = 100000 };

/* ---- the answer ---- */

static int answer(json_t *line)
{
    int bad = !line || json_dumpf(line, stdout, JSON_COMPACT) != 0;
    json_decref(line);
    return bad || putchar('\n') == EOF || fflush(stdout) != 0;
}

static int say_why_not(const peer_order *o, const char *status, const char *why)
{
    return answer(json_pack("{s:s, s:s, s:s}", "peer", o->peer->name, "status", status,
                            "reason", why));
}

static int say_samples(const peer_order *o, const double *samples, size_t n, double max_error)
{
    json_t *list = json_array();
    for (size_t k = 0; k < n; k++) json_array_append_new(list, json_real(samples[k]));
    return answer(json_pack("{s:s, s:s, s:f, s:o}", "peer", o->peer->name, "status", "ok",
                            "max_error", max_error, "samples_s", list));
}

/* ---- one run ---- */

static void body(const peer_loop *loop, size_t begin, size_t end, void *partial)
{
    const yki_instance *in = loop->instance;
    in->workload->part(in, loop->launch, begin, end, partial);
}

static void combine(const peer_loop *loop, const void *partial)
{
    yki_instance *in = loop->instance;
    in->workload->combine(in, partial);
}

static const char *run(const peer *p, yki_instance *in)
{
    const char *why = NULL;
    if (p->run) return p->run(in);
    for (size_t k = 0; k < in->extent.launches && in->extent.items > 0 && !why; k++)
        why = p->loop(&(peer_loop){.items = in->extent.items, .body = body, .combine = combine,
                                   .partial_bytes = in->workload->partial_bytes,
                                   .instance = in, .launch = k});
    return why;
}

/* ---- timing ---- */

static double seconds_of(const peer *p, yki_instance *in, size_t runs, const char **why)
{
    uint64_t begin = yki_now_ns();
    for (size_t k = 0; k < runs && !*why; k++) *why = run(p, in);
    return yki_seconds(yki_now_ns() - begin) / (double)runs;
}

/* Runs that make a sample, and an estimate of one. */
static size_t warm_up(const peer *p, yki_instance *in, double *estimate, const char **why)
{
    uint64_t begin = yki_now_ns();
    *estimate = INFINITY;
    yki_instance_reset(in);
    for (size_t k = 0; k < WARM_RUNS && !*why; k++) {
        *estimate = fmin(*estimate, seconds_of(p, in, 1, why));
        if (yki_seconds(yki_now_ns() - begin) > WARM_S) break;
    }
    double inner = ceil(SAMPLE_S / fmax(*estimate, 1e-9));
    return inner > MAX_INNER ? MAX_INNER : inner < 1 ? 1 : (size_t)inner;
}

static const char *take_samples(const peer_order *o, yki_instance *in, double *samples)
{
    const char *why = NULL;
    double estimate;
    size_t inner = warm_up(o->peer, in, &estimate, &why);
    for (size_t k = 0; k < o->samples && !why; k++) {
        yki_instance_reset(in);
        uint64_t begin = yki_now_ns();
        while (!why && estimate < 4 * WAKE_S && yki_seconds(yki_now_ns() - begin) < WAKE_S)
            (void)seconds_of(o->peer, in, 1, &why);
        samples[k] = seconds_of(o->peer, in, inner, &why);
    }
    return why;
}

/* ---- the kinds of orders ---- */

static int verified_samples(const peer_order *o, yki_instance *in)
{
    double samples[PEER_MAX_SAMPLES];
    yki_verdict verdict;
    yki_instance_reset(in);
    in->workload->serial(in);
    yki_instance_keep(in);
    yki_instance_reset(in);
    const char *why = run(o->peer, in);
    if (why) return say_why_not(o, "failed", why);
    yki_instance_check(in, &verdict);
    if (!verdict.right) return say_why_not(o, "wrong", verdict.wrong);
    why = take_samples(o, in, samples);
    if (why) return say_why_not(o, "failed", why);
    return say_samples(o, samples, o->samples, verdict.max_error);
}

static const char *refusal(const peer_order *o, const yki_workload *w)
{
    if (o->peer->refuses) return o->peer->refuses(w);
    return w->part ? NULL : "its loop cannot be cut into parts";
}

static int time_workload(const peer_order *o, const yki_workload *w)
{
    const char *why = refusal(o, w);
    yki_instance *in = NULL;
    if (why) return say_why_not(o, "unsupported", why);
    yk_status st = yki_instance_open(&in, w, o->elements, o->seed);
    if (st != YK_OK) return say_why_not(o, "failed", yk_strerror(st));
    why = o->peer->open(o->threads);
    int code = why ? say_why_not(o, "failed", why) : verified_samples(o, in);
    if (!why) o->peer->close();
    yki_instance_close(&in);
    return code;
}

static int time_forks(const peer_order *o)
{
    double seconds, share;
    if (!o->peer->fork) return say_why_not(o, "unsupported", "has no loop of two pieces");
    const char *why = o->peer->open(o->threads);
    if (why) return say_why_not(o, "failed", why);
    peer_measure_fork(o->peer, o->elements, o->samples, &seconds, &share);
    o->peer->close();
    return answer(json_pack("{s:s, s:s, s:[f], s:f}", "peer", o->peer->name, "status", "ok",
                            "samples_s", seconds, "share", share));
}

static int time_tasks(const peer_order *o)
{
    peer_outcome out;
    peer_measure_tasks(o, &out);
    if (strcmp(out.status, "ok") != 0) return say_why_not(o, out.status, out.why);
    return say_samples(o, out.samples, o->samples, 0);
}

static bool read_order(peer_order *o, int argc, char **argv)
{
    if (argc != 6) return false;
    o->workload = argv[1];
    return yki_parse_size(argv[2], 0, SIZE_MAX, &o->elements) &&
           yki_parse_size(argv[3], 1, 65536, &o->threads) &&
           yki_parse_size(argv[4], 1, MAX_LOOPS, &o->samples) &&
           yki_parse_size(argv[5], 0, SIZE_MAX, &o->seed);
}

int peer_main(const peer *p, int argc, char **argv)
{
    peer_order o = {.peer = p};
    bool ok = read_order(&o, argc, argv);
    bool forks = ok && strcmp(o.workload, "forkjoin") == 0;
    const yki_workload *w = ok ? yki_workload_find(o.workload) : NULL;
    if (forks) return time_forks(&o);
    bool fits = ok && o.samples <= PEER_MAX_SAMPLES;
    if (fits && peer_has_tasks(o.workload)) return time_tasks(&o);
    if (fits && w) return time_workload(&o, w);
    fprintf(stderr, "usage: yoke-peer WORKLOAD ELEMENTS THREADS SAMPLES SEED\n"
                    "       yoke-peer forkjoin GAP_US 2 LOOPS SEED\n"
                    "       yoke-peer spawn TASKS THREADS SAMPLES SEED\n");
    return 2;
}
