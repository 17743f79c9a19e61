/* Starting a thread the way every thread of the library starts: deaf to signals,
 * which belong to the program, and with a name that shows in a debugger.  Joining is
 * the caller's.  Any thread may enter. */
#include "base/base.h"

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

yk_status yki_thread_start(pthread_t *out, const char *name, void *(*fn)(void *), void *ctx)
{
    if (!allowed()) return YK_E_NOMEM;
    /* The mask is inherited: blocked here, it is blocked before fn's first step. */
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return YK_E_INVALID;
    pthread_t thread;
    int err = pthread_create(&thread, NULL, fn, ctx);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err) return YK_E_NOMEM;
    char cut[16];
    yki_copy_text(cut, sizeof cut, name);
    (void)pthread_setname_np(thread, cut);      /* a thread without a name works as well */
    *out = thread;
    return YK_OK;
}
