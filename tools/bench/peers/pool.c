/* Yoke's own pool as a peer, so that the others are compared with it under the same
 * conditions: a process of its own, the same rounds; see peer.h. */
#include "peer.h"
#include "workload.h"

static yk_engine *engine;

static const char *open_engine(size_t threads)
{
    yk_engine_opts opts = {.threads = threads, .devices = "none"};
    yk_status st = yk_engine_open(&engine, &opts, NULL);
    return st == YK_OK ? NULL : yk_strerror(st);
}

static const char *refuses(const yki_workload *w)
{
    (void)w;
    return NULL;
}

static const char *run(yki_instance *in)
{
    yk_run_opts opts = {.policy = YK_POLICY_SINGLE, .devices = "cpu"};
    yk_status st = in->workload->yoke(in, engine, &opts, NULL);
    return st == YK_OK ? NULL : yk_strerror(st);
}

static void body(void *ctx, size_t begin, size_t end, size_t worker)
{
    peer_piece piece = *(peer_piece *)ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) piece((unsigned)i);
}

static void fork_two(peer_piece piece) { (void)yk_parallel_for(engine, 2, 1, body, &piece); }

static void close_engine(void) { yk_engine_close(&engine); }

const peer yoke_peer_pool = {
    .name = "pool", .open = open_engine, .refuses = refuses, .run = run, .fork = fork_two,
    .close = close_engine,
};
