/* compiler: whatever is fed to the front end, it ends, with a tree or with messages.
 * Accepted kernels are mutated: bytes flipped, tokens deleted, doubled, swapped, pieces of
 * one file put into another.  And memory: the k-th allocation fails, for every k. */
#include "compile.h"
#include "random.h"

enum { CASES = 4000, KERNELS = 64, TEXT_MAX = 16384 };

static struct {
    char *text;
    size_t n;
} kernels[KERNELS];
static size_t kernel_count;

static void load(const char *dir, const char *name)
{
    char path[1200];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    if (kernel_count == KERNELS) return;
    kernels[kernel_count].text = read_text(path, &kernels[kernel_count].n);
    kernel_count++;
}

static int load_all(void **state)
{
    (void)state;
    each_kernel("accept", load);
    return kernel_count ? 0 : -1;
}

static int free_all(void **state)
{
    (void)state;
    while (kernel_count) free(kernels[--kernel_count].text);
    return 0;
}

/* A word, a number or one other character, from `at` on. */
static size_t piece(const char *s, size_t n, size_t at)
{
    size_t end = at;
    while (end < n && (s[end] == '_' || (s[end] >= '0' && s[end] <= '9') ||
                       (s[end] >= 'A' && s[end] <= 'Z') || (s[end] >= 'a' && s[end] <= 'z')))
        end++;
    return end == at ? 1 : end - at;
}

static void replace(char *s, size_t *n, size_t at, size_t gone, const char *with, size_t m)
{
    if (*n - gone + m >= TEXT_MAX) return;
    memmove(s + at + m, s + at + gone, *n - at - gone);
    memcpy(s + at, with, m);
    *n = *n - gone + m;
}

/* Pieces that a mutation puts in. */
static const char *const words[] = {
    "(", ")", "{", "}", "[", "]", ";", ",", "*", "&", "0", "-1", "1e9", "float", "int", "if",
    "for", "case 1:", "default:", "struct", "typedef", "kernel", "global", "local", "constant",
    "const", "YK_OUT", "YK_OWN(", "YK_LEN(n)", "YK_ITEMS(", "#define f(x) f(x x)\n",
    "\n#if 1\n", "\n#else\n", "\n#endif\n", "##", "#", "...", "sizeof", "return", "while", "do",
    "switch", "float4", "goto x;", "\\\n", "'", "\"", "/*", "99999999999", "= {", "->", ".x",
    "? :", "enum {", "__attribute__((", "(int)", "[1 << 30]", "{[1000000] = 1}",
    "get_global_id",
};

static void mutate(uint64_t *r, char *s, size_t *n)
{
    char copy[64];
    if (!*n) return;
    size_t at = rnd(r) % *n, len = yki_min(piece(s, *n, at), *n - at),
           m = yki_min(len, sizeof copy);
    const char *word = words[rnd(r) % YKI_COUNT(words)];
    switch (rnd(r) % 6) {
    case 0: s[at] = (char)(s[at] ^ (1 << rnd(r) % 8)); break;
    case 1: replace(s, n, at, len, "", 0); break;
    case 2:
        memcpy(copy, s + at, m);
        replace(s, n, at, 0, copy, m);
        break;
    case 3: replace(s, n, at, len, word, strlen(word)); break;
    case 4: replace(s, n, at, 0, word, strlen(word)); break;
    default: { /* a stretch of another kernel */
        size_t k = rnd(r) % kernel_count, from = rnd(r) % kernels[k].n;
        replace(s, n, at, 0, kernels[k].text + from, yki_min(kernels[k].n - from, rnd(r) % 200));
        break;
    }
    }
}

static void check_end(uint64_t seed, const char *s, size_t n)
{
    compiled c = compile_n("fuzz.cl", s, n);
    CHECK(seed, c.status == YK_OK || c.status == YK_E_BUILD);
    CHECK(seed, c.status == YK_OK || strstr(yki_text_get(&c.diags), "error: "));
    CHECK(seed, !c.diags.failed && !c.tree.failed);
    CHECK(seed, c.status != YK_OK || !strstr(yki_text_get(&c.tree), "poison"));
    compiled_free(&c);
}

static void mutated(void **state)
{
    static char s[TEXT_MAX];
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        uint64_t r = seed;
        size_t k = rnd(&r) % kernel_count, n = kernels[k].n;
        memcpy(s, kernels[k].text, n);
        for (size_t i = rnd(&r) % 6 + 1; i; i--) mutate(&r, s, &n);
        check_end(seed, s, n);
    }
}

static void garbage(void **state)
{
    static char s[TEXT_MAX];
    static const char alphabet[] = "(){}[];,*&=+-<>!~?:.#'\"\\/ \n\tab01\x80\xFF";
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t r = seed;
        size_t n = rnd(&r) % 2000;
        for (size_t i = 0; i < n; i++)
            s[i] = seed % 2 ? (char)rnd(&r) : alphabet[rnd(&r) % (sizeof alphabet - 1)];
        compiled c = compile_n("garbage.cl", s, n);
        CHECK(seed, c.status == YK_OK || c.status == YK_E_BUILD);
        compiled_free(&c);
    }
}

/* One construct repeated until it must hit a limit, and never the stack's. */
static void deep(void **state)
{
    static const char *const units[][3] = {
        {"int x = ", "(", ""},
        {"int x = ", "-", "1;"},
        {"int x = ", "1 + ", "1;"},
        {"void f(int a) { a = ", "a = ", "1; }"},
        {"void f(int a) { a = ", "a ? 1 : ", "1; }"},
        {"void f(int a) { ", "{", ""},
        {"void f(int a) { ", "if (a) ", "; }"},
        {"void f(int a) { ", "if (a) ; else ", "; }"},
        {"void f(int a) { ", "for (;;) ", "; }"},
        {"", "struct { ", "int x; "},
        {"int ", "*", "x;"},
        {"int x", "[2]", ";"},
        {"int ", "(", "x;"},
        {"constant int x[] = ", "{", "1"},
        {"void f(int a) { a = ", "f(", "a); }"},
        {"#if ", "(", "1\n"},
        {"#if ", "!", "1\n#endif\n"},
        {"#if ", "1 ? ", "1\n"},
        {"", "#if 1\n", ""},
        {"void f(int a) { a = ", "(int)", "a; }"},
        {"void f(int a) { a ", ", a", "; }"},
        {"void f(", "int (", ") { }"},
        {"void f(int a) { switch (a) { ", "case 1: switch (a) {", "} }"},
        {"void f(int a) { a ", "+= a + a", "; }"},
        {"void f(int *a) { a", "[0]", "= 1; }"},
        {"", "}", ""},
        {"", "__attribute__((", "x"},
        {"void f(int a) { do ", "do ", ";"}};
    (void)state;
    for (size_t k = 0; k < YKI_COUNT(units); k++) {
        yki_text t = {0};
        yki_text_add(&t, units[k][0]);
        for (int i = 0; i < 20000; i++) yki_text_add(&t, units[k][1]);
        yki_text_add(&t, units[k][2]);
        compiled c = compile(yki_text_get(&t));
        CHECK(k, c.status == YK_E_BUILD);
        compiled_free(&c);
        yki_text_free(&t);
    }
}

/* ---- memory ---- */

typedef struct budget {
    size_t left;
} budget;

static bool allow(void *ctx, size_t bytes)
{
    budget *b = ctx;
    (void)bytes;
    if (!b->left) return false;
    b->left--;
    return true;
}

static bool count_all(void *ctx, size_t bytes)
{
    (void)bytes;
    ++*(size_t *)ctx;
    return true;
}

static size_t allocations(const char *text, size_t n)
{
    size_t count = 0;
    yki_alloc_set_hook(count_all, &count);
    compiled c = compile_n("a.cl", text, n);
    yki_alloc_set_hook(NULL, NULL);
    compiled_free(&c);
    return count;
}

/* One kernel in every way, the others in a sample of ways. */
static void every_allocation(void **state)
{
    (void)state;
    for (size_t k = 0; k < kernel_count; k++) {
        size_t total = allocations(kernels[k].text, kernels[k].n), step = k ? total / 40 + 1 : 1;
        assert_true(total > 100);
        for (size_t i = k % step; i < total; i += step) {
            budget b = {.left = i};
            yki_alloc_set_hook(allow, &b);
            compiled c = compile_n("a.cl", kernels[k].text, kernels[k].n);
            yki_alloc_set_hook(NULL, NULL);
            CHECK(i, c.status == YK_E_NOMEM || c.status == YK_OK);
            CHECK(i, c.status == YK_E_NOMEM || c.diags.failed || c.tree.failed);
            compiled_free(&c);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutated), cmocka_unit_test(garbage), cmocka_unit_test(deep),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, load_all, free_all);
}
