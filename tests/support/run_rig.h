/* A runner over workers, unpinned unless told where, and scripted devices, for tests of the
 * run room.  Header only. */
#ifndef YKT_RUN_RIG_H
#define YKT_RUN_RIG_H

#include <device/model/model.h>
#include <run/run.h>
#include <string.h>

#include "check.h"

typedef struct rig {
    yki_pool *pool;
    yki_rates *rates;
    yki_blocks *blocks;
    yki_runner *runner;
} rig;

/* patience_s: of a device whose speed is not known, before it is taken for hung. */
static inline void open_rig_on(rig *g, const yki_pool_opts *pool, double patience_s,
                               const yki_model_script *scripts, size_t n)
{
    memset(g, 0, sizeof *g);
    assert_int_equal(yki_pool_open(&g->pool, pool, NULL), YK_OK);
    assert_int_equal(yki_rates_open(&g->rates), YK_OK);
    assert_int_equal(yki_blocks_open(&g->blocks), YK_OK);
    yki_runner_parts parts = {.pool = g->pool, .rates = g->rates, .blocks = g->blocks,
                              .patience_s = patience_s};
    assert_int_equal(yki_runner_open(&g->runner, &parts), YK_OK);
    for (size_t i = 0; i < n; i++) {
        yki_device *device = NULL;
        assert_int_equal(yki_model_open(&device, &scripts[i]), YK_OK);
        assert_int_equal(yki_runner_add_device(g->runner, device), YK_OK);
    }
}

static inline void open_rig_of(rig *g, size_t workers, double patience_s,
                               const yki_model_script *scripts, size_t n)
{
    open_rig_on(g, &(yki_pool_opts){.workers = workers}, patience_s, scripts, n);
}

static inline void open_rig(rig *g, const yki_model_script *scripts, size_t n)
{
    open_rig_of(g, 2, 0.3, scripts, n);
}

static inline void close_rig(rig *g)
{
    yki_runner_close(&g->runner);
    yki_blocks_close(&g->blocks);
    yki_rates_close(&g->rates);
    yki_pool_close(&g->pool);
}

#endif
