/* random_kernels SEED COUNT DIRECTORY: writes kernels nobody would think of.
 *
 * Each is well defined: numbers stay in ranges that are known beforehand, loops end, every
 * access lies in its array.  Those that yokec refuses (it may not see how long an array
 * is) are left out and counted.  DIRECTORY gets random.cl and random_cases.h, which
 * tests/compiler/random_main.c includes.  Called by tests/compiler/random.sh. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "random_kernels.h"

/* A kernel by itself, as yokec sees it. */
static bool accepted(const char *text, char *why, size_t room)
{
    yki_result r;
    yki_compile_opts o = {.front = {.path = "random.cl", .text = text, .text_bytes = strlen(text)},
                          .header = "random.yk.h"};
    bool ok = yki_compile(&r, &o) == YK_OK;
    (void)snprintf(why, room, "%s", yki_text_get(&r.messages));
    yki_result_close(&r);
    return ok;
}

static FILE *open_in(const char *dir, const char *name)
{
    char path[1200];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(1);
    }
    return f;
}

int main(int argc, char **argv)
{
    static rk_kernel k;
    static char whole[RK_TEXT * 2], why[4000];
    if (argc != 4) return 2;
    uint64_t seed = strtoull(argv[1], NULL, 0);
    unsigned count = (unsigned)strtoul(argv[2], NULL, 0), refused = 0;
    FILE *cl = open_in(argv[3], "random.cl"), *cases = open_in(argv[3], "random_cases.h");
    (void)fprintf(cl, "#pragma OPENCL FP_CONTRACT OFF\n");
    for (unsigned i = 0; i < count;) {
        rk_make(&k, seed++, i);
        (void)snprintf(whole, sizeof whole, "#pragma OPENCL FP_CONTRACT OFF\n%s", k.text);
        if (!accepted(whole, why, sizeof why)) {
            if (getenv("RANDOM_KERNELS_WHY")) (void)printf("%s\n%s\n", k.text, why);
            refused++;
            if (refused > 10 * count + 10) return 1;
            continue;
        }
        (void)fprintf(cl, "\n/* seed %llu */\n%s", (unsigned long long)seed - 1, k.text);
        (void)fprintf(cases, "%s", k.c);
        i++;
    }
    (void)fprintf(cases, "#define EACH_CASE(X)");
    for (unsigned i = 0; i < count; i++) (void)fprintf(cases, " X(k%u)", i);
    (void)fprintf(cases, "\n");
    (void)printf("random_kernels: %u kernels, %u more refused by yokec\n", count, refused);
    return fclose(cl) || fclose(cases);
}
