/* Tasks and launches on the same workers: tasks that launch, submit and wait for launches,
 * beside a thread whose core has no worker, so that workers alone run what it launches, while
 * all of them may be waiting.  A wrong step hangs. */
#include <hand_kernels.h>
#include <sched.h>
#include <stdlib.h>
#include <task/task.h>
#include <unistd.h>

#include "check.h"
#include "run_rig.h"

#include "hand_kernels.c"

#define N 20000
#define TASKS 40

typedef struct scene {
    rig rig;
    yki_tasks *tasks;
    bool apart;             /* this thread is on a core without a worker */
    cpu_set_t before;
    _Atomic uint32_t gate, entered;
    yk_future *gated;
} scene;

static scene *open_scene(void)
{
    static const int cpus[2] = {0, 0};
    cpu_set_t other;
    scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    assert_int_equal(sched_getaffinity(0, sizeof s->before, &s->before), 0);
    CPU_ZERO(&other);
    for (size_t c = 1; c < CPU_SETSIZE && CPU_COUNT(&other) == 0; c++)
        if (CPU_ISSET(c, &s->before)) CPU_SET(c, &other);
    s->apart = CPU_ISSET(0, &s->before) && CPU_COUNT(&other) > 0;
    open_rig_on(&s->rig, &(yki_pool_opts){.workers = 2, .cpus = s->apart ? cpus : NULL}, 0.3, NULL,
                0);
    yki_tasks_opts opts = {.pool = s->rig.pool, .blocking_threads = 2};
    assert_int_equal(yki_tasks_open(&s->tasks, &opts, NULL), YK_OK);
    if (s->apart) assert_int_equal(sched_setaffinity(0, sizeof other, &other), 0);
    return s;
}

static void close_scene(scene *s)
{
    assert_true(yki_tasks_drain(s->tasks, UINT64_MAX));
    assert_int_equal(sched_setaffinity(0, sizeof s->before, &s->before), 0);
    close_rig(&s->rig);
    yki_tasks_close(&s->tasks);
    free(s);
}

static void count_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    (void)worker;
    atomic_fetch_add((_Atomic size_t *)ctx, end - begin);
}

/* ---- workers that wait for something else ---- */

static yk_status await_gate(void *arg)
{
    scene *s = arg;
    while (!atomic_load(&s->gate)) (void)usleep(200);
    return YK_OK;
}

static yk_status await_gated(void *arg)
{
    scene *s = arg;
    atomic_fetch_add(&s->entered, 1);
    return yk_future_wait(s->gated, -1);
}

static void waiting_workers_run_launches(void **state)
{
    (void)state;
    scene *s = open_scene();
    yk_task_opts blocking = {.flags = YK_BLOCKING};
    yk_future *waiting[2];
    assert_int_equal(yki_tasks_submit(s->tasks, await_gate, s, &blocking, &s->gated), YK_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(yki_tasks_submit(s->tasks, await_gated, s, NULL, &waiting[i]), YK_OK);
    while (atomic_load(&s->entered) < 2) (void)usleep(100);
    for (int i = 0; i < 20; i++) {
        _Atomic size_t counted = 0;
        yki_pool_run(s->rig.pool, 1000, 10, count_body, &counted);
        assert_int_equal(atomic_load(&counted), 1000);
    }
    atomic_store(&s->gate, 1);
    assert_int_equal(yk_wait_all(waiting, 2, -1), YK_OK);
    for (int i = 0; i < 2; i++) yk_future_free(&waiting[i]);
    yk_future_free(&s->gated);
    close_scene(s);
}

/* ---- tasks that launch ---- */

typedef struct job {
    scene *scene;
    size_t number;
    float x[N], y[N];
} job;

/* y += x three times: a launch, a submitted one that is waited for as an event, and one that is
 * waited for as a future. */
static yk_status launch_thrice(void *arg)
{
    job *j = arg;
    yki_runner *r = j->scene->rig.runner;
    hand_saxpy_args args = {.n = N, .a = 1, .x = j->x, .y = j->y};
    yk_range range = yk_1d(N);
    yk_event *ev = NULL;
    yk_future *f = NULL;
    yk_status st = yki_runner_launch(r, &hand_saxpy, &range, &args, NULL, NULL, NULL);
    if (st == YK_OK) st = yki_runner_submit(r, &hand_saxpy, &range, &args, NULL, &ev, NULL);
    if (st == YK_OK) st = yk_event_wait(ev, -1);
    yk_event_free(&ev);
    if (st == YK_OK) st = yki_runner_submit(r, &hand_saxpy, &range, &args, NULL, &ev, NULL);
    if (st == YK_OK) st = yki_tasks_event(j->scene->tasks, ev, &f);
    if (st == YK_OK) st = yk_future_wait(f, -1);
    yk_future_free(&f);
    yk_event_free(&ev);
    return st;
}

static void tasks_that_launch(void **state)
{
    (void)state;
    scene *s = open_scene();
    yk_future *futures[TASKS];
    job *jobs = calloc(TASKS, sizeof *jobs);
    assert_non_null(jobs);
    for (size_t i = 0; i < TASKS; i++) {
        jobs[i].scene = s;
        for (size_t k = 0; k < N; k++) jobs[i].x[k] = (float)(i + k % 7);
        assert_int_equal(yki_tasks_submit(s->tasks, launch_thrice, &jobs[i], NULL, &futures[i]),
                         YK_OK);
    }
    job *mine = calloc(1, sizeof *mine);
    assert_non_null(mine);
    mine->scene = s;
    for (int i = 0; i < 10; i++) assert_int_equal(launch_thrice(mine), YK_OK);
    assert_int_equal(yk_wait_all(futures, TASKS, -1), YK_OK);
    for (size_t i = 0; i < TASKS; i++) {
        for (size_t k = 0; k < N; k++) assert_true(jobs[i].y[k] == 3 * jobs[i].x[k]);
        yk_future_free(&futures[i]);
    }
    free(mine);
    free(jobs);
    close_scene(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_workers_run_launches),
        cmocka_unit_test(tasks_that_launch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
