/* Taking back the signal handlers that a driver replaced when it was loaded.  A handler
 * that the program itself set meanwhile, from another thread, is left alone: only one
 * that lies in code which came with a driver is put back.  Entered by the thread that
 * lists or opens. */
#include "device/opencl/opencl_int.h"

#include <dlfcn.h>
#include <link.h>
#include <signal.h>

#define MOST_OBJECTS 1024

static const int watched[YKI_CL_SIGNALS] = {
    SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGFPE, SIGBUS, SIGILL, SIGABRT, SIGQUIT, SIGUSR1,
    SIGUSR2, SIGPIPE,
};

struct cl_signals {
    struct sigaction action[YKI_CL_SIGNALS];
    bool saved[YKI_CL_SIGNALS];
    uintptr_t objects[MOST_OBJECTS];    /* program headers of what was loaded before */
    size_t n_objects;
};

static int note_object(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    cl_signals *saved = user;
    if (saved->n_objects == MOST_OBJECTS) return 1;
    saved->objects[saved->n_objects++] = (uintptr_t)info->dlpi_phdr;
    return 0;
}

cl_signals *yki_cl_signals_save(void)
{
    cl_signals *saved = yki_alloc(1, sizeof *saved);
    if (!saved) return NULL;
    for (size_t i = 0; i < YKI_CL_SIGNALS; i++)
        saved->saved[i] = sigaction(watched[i], NULL, &saved->action[i]) == 0;
    dl_iterate_phdr(note_object, saved);
    return saved;
}

typedef struct owner_query {
    const cl_signals *saved;
    uintptr_t address;
    bool found, was_loaded;
    const char *name;
} owner_query;

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t first = (uintptr_t)info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && address >= first && address - first < part->p_memsz)
            return true;
    }
    return false;
}

static int find_owner(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    owner_query *q = user;
    if (!holds(info, q->address)) return 0;
    q->found = true;
    for (size_t i = 0; i < q->saved->n_objects; i++)
        if (q->saved->objects[i] == (uintptr_t)info->dlpi_phdr) q->was_loaded = true;
    return 1;
}

/* A platform's first word points at its table of functions, and those at its code. */
static const void *driver_base(cl_platform_id platform)
{
    Dl_info info;
    const void *const *table = *(const void *const *const *)(const void *)platform;
    if (!table || !table[0] || dladdr(table[0], &info) == 0) return NULL;
    return info.dli_fbase;
}

static bool from_driver(const cl_signals *saved, void *handler, const cl_platform_id *platforms,
                        size_t count)
{
    owner_query q = {.saved = saved, .address = (uintptr_t)handler};
    dl_iterate_phdr(find_owner, &q);
    if (!q.found) return false;
    if (!q.was_loaded && saved->n_objects < MOST_OBJECTS) return true;
    Dl_info info;
    if (dladdr(handler, &info) == 0) return false;
    for (size_t i = 0; i < count; i++)
        if (driver_base(platforms[i]) == info.dli_fbase) return true;
    return false;
}

static void *handler_of(const struct sigaction *action)
{
    void *handler;
    if (action->sa_flags & SA_SIGINFO) handler = (void *)(uintptr_t)action->sa_sigaction;
    else handler = (void *)(uintptr_t)action->sa_handler;
    return handler;
}

void yki_cl_signals_restore(cl_signals **saved, const cl_platform_id *platforms, size_t count)
{
    cl_signals *s = *saved;
    if (!s) return;
    for (size_t i = 0; i < YKI_CL_SIGNALS; i++) {
        struct sigaction now;
        if (!s->saved[i] || sigaction(watched[i], NULL, &now) != 0) continue;
        void *handler = handler_of(&now);
        if (handler == handler_of(&s->action[i]) || !from_driver(s, handler, platforms, count))
            continue;
        (void)sigaction(watched[i], &s->action[i], NULL);
    }
    yki_free(s);
    *saved = NULL;
}
