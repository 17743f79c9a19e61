/* What the sanitizers are told of OpenCL drivers, which are not built with them.  Linked
 * into every test program of a sanitized build; names libraries that are not ours, and
 * nothing else. */

#define ASKED __attribute__((visibility("default")))

/* Drivers, their compilers and the loader keep things for good. */
ASKED const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpocl\nleak:libOpenCL\nleak:libRusticlOpenCL\nleak:libMesaOpenCL\n"
           "leak:libLLVM\nleak:libclang\nleak:libgallium\nleak:pipe_swrast\nleak:libhwloc\n"
           "leak:ld-linux\nleak:libtinfo\nleak:libstdc++\nleak:libdrm\nleak:/gallium-pipe/\n";
}

ASKED const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "print_suppressions=0"; }

/* LLVM gives the thread that loads it a signal stack of its own, which AddressSanitizer
 * would take for the one it made. */
ASKED const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "use_sigaltstack=0"; }

/* How a driver's threads wait for each other, the sanitizer cannot see. */
ASKED const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libRusticlOpenCL.so\nrace:libpocl\nrace:libLLVM\nrace:libclang\n"
           "race:libMesaOpenCL.so\nrace:/gallium-pipe/\nrace:kernel.so\n"
           "mutex:libRusticlOpenCL.so\nmutex:libpocl\nmutex:libLLVM\n"
           "deadlock:libRusticlOpenCL.so\ndeadlock:libpocl\ndeadlock:libLLVM\n"
           "signal:libpocl\nsignal:libLLVM\nthread:libRusticlOpenCL.so\nthread:libpocl\n"
           "thread:/gallium-pipe/\nthread:libLLVM\n";
}

ASKED const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "print_suppressions=0"; }

/* A driver that the loader closes again would leave leaks that no suppression can name. */
ASKED int dlclose(void *handle);
int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
