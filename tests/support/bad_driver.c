/* An OpenCL "driver" that misbehaves as soon as it is loaded, as $BAD_DRIVER says: to
 * be named in OCL_ICD_VENDORS by tests of the tools. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void misbehave(void)
{
    const char *how = getenv("BAD_DRIVER");
    if (!how) return;
    puts("a driver that talks on stdout");
    fflush(stdout);
    if (strcmp(how, "abort") == 0) abort();
    if (strcmp(how, "segv") == 0) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    if (strcmp(how, "exit") == 0) _exit(3);
    if (strcmp(how, "hang") == 0) pause();
}
