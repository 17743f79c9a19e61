/* Starting a thread the way every thread of the library starts: deaf to signals,
 * which belong to the program, and with a name that shows in a debugger.  Joining is
 * the caller's.  Any thread may enter. */
#include "base/base.h"

#include <errno.h>
#include <signal.h>

#ifdef YKI_TEST_HOOKS
/* Paired as in alloc.c. */
static _Atomic(yki_thread_hook) thread_hook;
static _Atomic(void *) thread_hook_ctx;

void yki_thread_set_hook(yki_thread_hook hook, void *ctx)
{
    atomic_store_explicit(&thread_hook, NULL, memory_order_release);
    atomic_store_explicit(&thread_hook_ctx, ctx, memory_order_relaxed);
    atomic_store_explicit(&thread_hook, hook, memory_order_release);
}

static bool allowed(void)
{
    yki_thread_hook hook = atomic_load_explicit(&thread_hook, memory_order_acquire);
    if (!hook) return true;
    return hook(atomic_load_explicit(&thread_hook_ctx, memory_order_relaxed));
}
#else
static bool allowed(void) { return true; }
#endif

static int create(pthread_t *out, void *(*fn)(void *), void *ctx, const cpu_set_t *cpus,
                  size_t bytes)
{
    if (!cpus) return pthread_create(out, NULL, fn, ctx);
    pthread_attr_t attr;
    int err = pthread_attr_init(&attr);
    if (err) return err;
    err = pthread_attr_setaffinity_np(&attr, bytes, cpus);
    if (!err) err = pthread_create(out, &attr, fn, ctx);
    (void)pthread_attr_destroy(&attr);
    return err;
}

yk_status yki_thread_start_on(pthread_t *out, const cpu_set_t *cpus, size_t bytes,
                              void *(*fn)(void *), void *ctx)
{
    if (!allowed()) return YK_E_NOMEM;
    /* The mask is inherited: blocked here, it is blocked before fn's first step. */
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return YK_E_INVALID;
    pthread_t thread;
    int err = create(&thread, fn, ctx, cpus, bytes);
    if (err == EINVAL && cpus) err = create(&thread, fn, ctx, NULL, 0);     /* CPUs are gone */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err) return YK_E_NOMEM;
    *out = thread;
    return YK_OK;
}

/* A thread without a name works as well. */
static void name_thread(pthread_t thread, const char *name)
{
    char cut[16];
    yki_copy_text(cut, sizeof cut, name);
    (void)pthread_setname_np(thread, cut);
}

yk_status yki_thread_start(pthread_t *out, const char *name, void *(*fn)(void *), void *ctx)
{
    pthread_t thread;
    yk_status status = yki_thread_start_on(&thread, NULL, 0, fn, ctx);
    if (status != YK_OK) return status;
    name_thread(thread, name);
    *out = thread;
    return YK_OK;
}

void yki_thread_name(const char *name) { name_thread(pthread_self(), name); }
