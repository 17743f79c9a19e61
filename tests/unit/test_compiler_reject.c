/* compiler: what is wrong is said in exactly these words: tests/compiler/reject holds
 * pairs of a kernel file and everything that is printed about it. */
#include "compile.h"

static void check_reject(const char *dir, const char *name)
{
    char path[1200];
    size_t n, want_n;
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    char *text = read_text(path, &n);
    (void)snprintf(path + strlen(path) - 3, 5, ".txt");
    char *want = read_text(path, &want_n);
    compiled c = compile_n(name, text, n);
    if (c.status != YK_E_BUILD) fail_msg("%s: %s", name, yk_status_name(c.status));
    if (strcmp(yki_text_get(&c.diags), want) != 0)
        fail_msg("%s: expected\n%s\ngot\n%s", name, want, yki_text_get(&c.diags));
    compiled_free(&c);
    free(text);
    free(want);
}

static void golden(void **state)
{
    (void)state;
    assert_true(each_kernel("reject", check_reject) >= 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
