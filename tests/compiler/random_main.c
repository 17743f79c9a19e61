/* random_main: random kernels (tests/support/random_kernels.c) as yokec translated them,
 * against the same text read as C.  Built and run by random.sh. */
#include <setjmp.h>

static jmp_buf kr_failed;
#define kr_fail(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), longjmp(kr_failed, 1))

#include "kernel_run.h"

#include "random.yk.h"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#include "compiler/exec/as_c.h"
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define min(a, b) ((b) < (a) ? (b) : (a))
#define max(a, b) ((a) < (b) ? (b) : (a))
#define fabs(a) _Generic((a), float: fabsf, default: (fabs))(a)
#define sqrt(a) _Generic((a), float: sqrtf, default: (sqrt))(a)
#include "random.cl"
#undef min
#undef max
#undef char

typedef struct run_sizes {
    size_t n[3];
    yk_range range;
    int m;
    float f;
} run_sizes;

/* Sizes around the lengths of vectors, lanes and tiles; guarded kernels get ranges that are
 * larger than the arrays, smaller, or a part in the middle. */
static run_sizes random_sizes(unsigned dims, int guarded)
{
    static const size_t odd[] = {0,  1,  2,  3,  7,  15,  16,  17,  31,
                                 33, 63, 64, 65, 100, 127, 128, 129, 200};
    run_sizes s = {.m = (int)kr_below(10), .f = (float)kr_value()};
    size_t pad[3] = {0}, at[3] = {0};
    for (unsigned d = 0; d < dims; d++) {
        size_t most = dims == 1 ? 18 : dims == 2 ? d == 0 ? 17 : 9 : d == 0 ? 9 : 5;
        s.n[d] = odd[kr_below(most)];
        if (dims == 1 && kr_below(4) == 0) s.n[d] = kr_below(700);
        if (!guarded) continue;
        pad[d] = kr_below(3) ? 0 : kr_below(20);
        at[d] = kr_below(5) ? 0 : kr_below(s.n[d] + 2);
        if (at[d] && kr_below(2) && s.n[d] > at[d]) pad[d] = -kr_below(s.n[d] - at[d]);
    }
    s.range = (yk_range){.dims = dims, .size = {1, 1, 1}};
    for (unsigned d = 0; d < dims; d++) {
        size_t end = s.n[d] + pad[d];
        s.range.offset[d] = at[d];
        s.range.size[d] = end > at[d] ? end - at[d] : 0;
    }
    return s;
}

#include "random_cases.h"

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
#define CASE(name) {#name, run_##name},
    EACH_CASE(CASE)};

/* random_main SEED ROUNDS [KERNEL] */
int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    uint64_t seed = strtoull(argv[1], NULL, 0);
    int rounds = atoi(argv[2]), failed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (argc > 3 && strcmp(argv[3], cases[i].name)) continue;
        for (int r = 0; r < rounds; r++) {
            kr_seed = (seed + 1) * 0x9e3779b97f4a7c15u + (uint64_t)r * 0x2545f4914f6cdd1du + i;
            (void)kr_random(), (void)kr_random();
            if (setjmp(kr_failed) == 0) {
                cases[i].run();
                continue;
            }
            failed++;
            break;
        }
    }
    if (failed) fprintf(stderr, "%d kernels differ\n", failed);
    return failed != 0;
}
