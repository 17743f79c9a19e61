/* Tasks and the process they live in: fork, signals, names of threads, pinning.  Written from
 * yoke/task.h alone. */
#include "child.h"
#include "tasks.h"

#include <dirent.h>
#include <sched.h>

/* ---- fork ---- */

typedef struct inherited {
    yk_engine *engine;
    ykt_held held;
    yk_future *pending, *complete;
    yk_group *group;
    yk_completions *completions;
    _Atomic unsigned ran;
} inherited;

static void never_called(yk_future *f, void *ctx)
{
    (void)f, (void)ctx;
    _exit(3);
}

/* Every call is refused, and none hangs. */
static void try_everything(inherited *in)
{
    yk_future *f = NULL, *both[2] = {in->pending, in->complete};
    yk_group *g = NULL;
    yk_completions *c = NULL;
    yk_task_opts grouped = {.group = in->group}, after = {.after = both, .n_after = 2};
    size_t index = 99;
    REQUIRE(yk_task_submit(in->engine, ykt_nothing, NULL, NULL, &f) == YK_E_FORKED);
    REQUIRE(yk_task_submit(in->engine, ykt_nothing, NULL, &grouped, &f) == YK_E_FORKED);
    REQUIRE(yk_task_submit(in->engine, ykt_nothing, NULL, &after, &f) == YK_E_FORKED);
    for (int i = 0; i < 3; i++) {
        static const double timeouts[] = {0, 0.01, -1};
        REQUIRE(yk_future_wait(in->pending, timeouts[i]) == YK_E_FORKED);
        REQUIRE(yk_wait_all(both, 2, timeouts[i]) == YK_E_FORKED);
        REQUIRE(yk_wait_any(both, 1, timeouts[i], &index) == YK_E_FORKED);
        REQUIRE(yk_completions_next(in->completions, timeouts[i], &index) == YK_E_FORKED);
        REQUIRE(yk_group_wait(in->group, timeouts[i]) == YK_E_FORKED);
    }
    REQUIRE(yk_completions_open(&c, both, 2) == YK_E_FORKED);
    REQUIRE(yk_group_open(in->engine, &g) == YK_E_FORKED);
    REQUIRE(yk_future_then(in->pending, never_called, NULL) == YK_E_FORKED);
    REQUIRE(yk_future_cancel(in->pending) == 0);
    REQUIRE(yk_future_arg(in->pending) == &in->ran);
    REQUIRE(yk_future_message(in->pending) != NULL);
    REQUIRE(!f && !g && !c && index == 99);
    yk_group_cancel(in->group);
}

static void release_everything(inherited *in)
{
    yk_completions_close(&in->completions);
    yk_future_free(&in->pending);
    yk_future_free(&in->complete);
    yk_group_close(&in->group);
    for (size_t i = 0; i < in->held.n; i++) yk_future_free(&in->held.futures[i]);
    yk_engine_close(&in->engine);
    REQUIRE(!in->engine && !in->group && !in->completions);
}

static void use_an_engine_of_its_own(void)
{
    _Atomic unsigned ran = 0;
    yk_engine *e = NULL;
    yk_future *f[100];
    REQUIRE(yk_engine_open(&e, &(yk_engine_opts){.devices = "none"}, NULL) == YK_OK);
    for (int i = 0; i < 100; i++) {
        yk_task_opts opts = {.flags = i % 10 ? 0 : YK_BLOCKING};
        REQUIRE(yk_task_submit(e, ykt_count, &ran, &opts, &f[i]) == YK_OK);
    }
    REQUIRE(yk_wait_all(f, 100, -1) == YK_OK);
    REQUIRE(atomic_load(&ran) == 100);
    for (int i = 0; i < 100; i++) yk_future_free(&f[i]);
    yk_engine_close(&e);
}

static int in_the_child(void *arg)
{
    inherited *in = arg;
    alarm(60);
    try_everything(in);
    /* One's own beside what was inherited, or after that is released. */
    if (!YKT_TSAN) use_an_engine_of_its_own();
    release_everything(in);
    if (!YKT_TSAN) use_an_engine_of_its_own();
    _exit(CHILD_OK);
}

static void a_child_is_refused_and_the_parent_goes_on(void **state)
{
    (void)state;
    inherited in = {.engine = ykt_open(0)};
    yk_task_opts grouped = {0};
    in.complete = ykt_submit(in.engine, ykt_nothing, NULL, YK_BLOCKING);
    assert_int_equal(yk_future_wait(in.complete, -1), YK_OK);
    ykt_hold(in.engine, &in.held);
    assert_int_equal(yk_group_open(in.engine, &in.group), YK_OK);
    grouped.group = in.group;
    for (int i = 0; i < 20; i++)
        assert_int_equal(yk_task_submit(in.engine, ykt_count, &in.ran, &grouped, NULL), YK_OK);
    in.pending = ykt_submit(in.engine, ykt_count, &in.ran, 0);
    assert_int_equal(yk_completions_open(&in.completions, &in.pending, 1), YK_OK);
    assert_int_equal(child_run(in_the_child, &in, 90), CHILD_OK);
    size_t index = 99;
    assert_int_equal(yk_future_wait(in.pending, 0), YK_E_TIMEOUT);
    ykt_release(&in.held);
    assert_int_equal(yk_completions_next(in.completions, -1, &index), YK_OK);
    assert_int_equal(yk_group_wait(in.group, -1), YK_OK);
    assert_int_equal(atomic_load(&in.ran), 21);
    yk_completions_close(&in.completions);
    yk_future_free(&in.pending);
    yk_future_free(&in.complete);
    yk_group_close(&in.group);
    yk_engine_close(&in.engine);
}

/* A task that forks, as one does to start a program. */
static yk_status fork_inside(void *arg)
{
    yk_engine *e = arg;
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        yk_future *f = NULL;
        int ok = yk_task_submit(e, ykt_nothing, NULL, NULL, &f) == YK_E_FORKED && !f;
        ok = ok && yk_cancelled() == 0;
        yk_task_message("in the child");
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return YK_OK;
}

static void a_task_may_fork(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (int i = 0; i < 6; i++) {
        yk_future *f = ykt_submit(e, fork_inside, e, i % 2 ? YK_BLOCKING : 0);
        assert_int_equal(yk_future_wait(f, LONG_S), YK_OK);
        assert_string_equal(yk_future_message(f), "");
        yk_future_free(&f);
    }
    yk_engine_close(&e);
}

/* ---- signals ---- */

static pthread_t main_thread;
static _Atomic unsigned signals_here, signals_elsewhere;

static void on_signal(int number)
{
    (void)number;
    if (pthread_equal(pthread_self(), main_thread)) atomic_fetch_add(&signals_here, 1);
    else atomic_fetch_add(&signals_elsewhere, 1);
}

static yk_status block_check(void *arg)
{
    sigset_t mask;
    (void)arg;
    if (pthread_equal(pthread_self(), main_thread)) return YK_OK;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        EXPECT(sigismember(&mask, numbers[i]) == 1);
    ykt_sleep_us(100);
    return YK_OK;
}

static _Atomic bool over;

static void *send_signals(void *arg)
{
    sigset_t all;
    (void)arg;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    while (!atomic_load(&over)) {
        kill(getpid(), SIGUSR1);
        ykt_sleep_us(200);
    }
    return NULL;
}

static void signals_go_to_the_program(void **state)
{
    (void)state;
    struct sigaction act = {.sa_handler = on_signal}, old;
    pthread_t sender;
    main_thread = pthread_self();
    atomic_store(&over, false);
    assert_int_equal(sigaction(SIGUSR1, &act, &old), 0);    /* calls are interrupted */
    yk_engine *e = ykt_open(0);
    assert_int_equal(pthread_create(&sender, NULL, send_signals, NULL), 0);
    for (unsigned round = 0; round < 20 || atomic_load(&signals_here) < 20; round++) {
        yk_future *f[40];
        size_t index;
        for (int i = 0; i < 40; i++)
            f[i] = ykt_submit(e, block_check, NULL, i % 4 ? YK_BLOCKING : 0);
        assert_int_equal(yk_wait_any(f, 40, LONG_S, &index), YK_OK);
        assert_int_equal(yk_future_wait(f[39], LONG_S), YK_OK);
        assert_int_equal(yk_wait_all(f, 40, -1), YK_OK);
        for (int i = 0; i < 40; i++) yk_future_free(&f[i]);
    }
    atomic_store(&over, true);
    pthread_join(sender, NULL);
    yk_engine_close(&e);
    sigaction(SIGUSR1, &old, NULL);
    assert_int_equal(atomic_load(&signals_elsewhere), 0);
}

/* ---- names ---- */

#define MOST_THREADS 4096
static pid_t known[MOST_THREADS];
static size_t n_known;

/* Calls fn for each thread of the process. */
static void each_thread(bool (*fn)(pid_t tid), bool *all)
{
    DIR *d = opendir("/proc/self/task");
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        if (entry->d_name[0] == '.') continue;
        if (!fn((pid_t)strtol(entry->d_name, NULL, 10))) *all = false;
    }
    closedir(d);
}

static bool note(pid_t tid)
{
    if (n_known < MOST_THREADS) known[n_known++] = tid;
    return true;
}

/* True for those that were there before the engine, too: the main one, a sanitizer's. */
static bool is_named(pid_t tid)
{
    char path[64], name[64] = "";
    for (size_t i = 0; i < n_known; i++)
        if (known[i] == tid) return true;
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)tid);
    FILE *f = fopen(path, "r");
    if (!f) return true;        /* has ended meanwhile */
    char *read = fgets(name, sizeof name, f);
    (void)fclose(f);
    return read && strncmp(name, "yoke/", 5) == 0;
}

static void every_thread_has_a_name(void **state)
{
    (void)state;
    enum { N = 50 };
    yk_future *f[N];
    ykt_gate gate = {0};
    bool all = true;
    n_known = 0;
    each_thread(note, &all);
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < N; i++) f[i] = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
    UNTIL(atomic_load(&gate.entered) == N);
    for (int tries = 0; tries < 200; tries++) {     /* one may be about to take its name */
        all = true;
        each_thread(is_named, &all);
        if (all) break;
        ykt_sleep_us(10000);
    }
    assert_true(all);
    size_t before = n_known;
    each_thread(note, &all);
    assert_true(n_known - before >= before + N);    /* that many were looked at */
    atomic_store(&gate.open, true);
    for (unsigned i = 0; i < N; i++) assert_int_equal(ykt_end_of(&f[i]), YK_OK);
    yk_engine_close(&e);
}

/* ---- pinning ---- */

typedef struct place {
    yk_engine *engine;
    cpu_set_t process;
    _Atomic unsigned pool, blocking;
} place;

static yk_status blocking_place(void *arg)
{
    place *p = arg;
    cpu_set_t mine;
    EXPECT(sched_getaffinity(0, sizeof mine, &mine) == 0);
    EXPECT(CPU_EQUAL(&mine, &p->process));
    atomic_fetch_add(&p->blocking, 1);
    ykt_sleep_us(500);          /* so that the next one needs a thread of its own */
    return YK_OK;
}

static yk_status pool_place(void *arg)
{
    place *p = arg;
    cpu_set_t mine;
    yk_task_opts opts = {.flags = YK_BLOCKING};
    EXPECT(sched_getaffinity(0, sizeof mine, &mine) == 0);
    EXPECT(CPU_COUNT(&mine) == 1);
    atomic_fetch_add(&p->pool, 1);
    /* Started from a pinned thread, and not pinned all the same. */
    return yk_task_submit(p->engine, blocking_place, p, &opts, NULL);
}

static void pool_tasks_run_pinned_and_blocking_ones_do_not(void **state)
{
    (void)state;
    enum { N = 60 };
    place p = {0};
    yk_future *f[N];
    assert_int_equal(sched_getaffinity(0, sizeof p.process, &p.process), 0);
    yk_engine_opts opts = {.devices = "none", .pin = 1};
    assert_int_equal(yk_engine_open(&p.engine, &opts, NULL), YK_OK);
    for (int i = 0; i < N; i++) f[i] = ykt_submit(p.engine, pool_place, &p, 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(yk_future_wait(f[i], LONG_S), YK_OK);  /* with a time: by another */
        yk_future_free(&f[i]);
    }
    yk_engine *e = p.engine;
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&p.pool), N);
    assert_int_equal(atomic_load(&p.blocking), N);
    cpu_set_t after;
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&after, &p.process));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(a_child_is_refused_and_the_parent_goes_on),
        task_test(a_task_may_fork),
        task_test(signals_go_to_the_program),
        task_test(every_thread_has_a_name),
        task_test(pool_tasks_run_pinned_and_blocking_ones_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
