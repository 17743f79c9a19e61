/* What the tools share: numbers for people, suggestions, and results into files. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/tool.h"
#include "false_root.h"

static void numbers(void **state)
{
    (void)state;
    char b[YKI_HUMAN];
    assert_string_equal(yki_human_bytes(b, 0), "0 B");
    assert_string_equal(yki_human_bytes(b, 1023), "1023 B");
    assert_string_equal(yki_human_bytes(b, 2097152), "2 MiB");
    assert_string_equal(yki_human_bytes(b, 67216000000.0), "62.6 GiB");
    assert_string_equal(yki_human_bytes(b, 1048575.9), "1.00 MiB");
    assert_string_equal(yki_human_count(b, 4u << 20), "4 Mi");
    assert_string_equal(yki_human_count(b, 1000), "1000");
    assert_string_equal(yki_human_count(b, 0), "0");
    assert_string_equal(yki_human_count(b, 1500000), "1.43 Mi");
    assert_string_equal(yki_human_seconds(b, 1.78e-3), "1.78 ms");
    assert_string_equal(yki_human_seconds(b, 0.109), "109 ms");
    assert_string_equal(yki_human_seconds(b, 0.0194), "19.4 ms");
    assert_string_equal(yki_human_seconds(b, 0.99999), "1.00 s");
    assert_string_equal(yki_human_seconds(b, 0), "0 s");
    assert_string_equal(yki_human_seconds(b, 3e-7), "300 ns");
    assert_string_equal(yki_human_rate(b, 19.4e9, "B/s"), "19.4 GB/s");
    assert_string_equal(yki_human_rate(b, 102e9, "flop/s"), "102 Gflop/s");
    assert_string_equal(yki_human_ratio(b, 61.23), "61.2");
    assert_string_equal(yki_human_ratio(b, 318.2), "318");
    assert_string_equal(yki_human_ratio(b, 2.7), "2.70");
    assert_string_equal(yki_human_ratio(b, 9.996), "10.0");
}

static void suggestions(void **state)
{
    (void)state;
    static const char *const words[] = {"json", "measure", "config", "doctor", "input", NULL};
    static const char *const none[] = {NULL};
    assert_string_equal(yki_nearest("josn", words), "json");
    assert_string_equal(yki_nearest("mesure", words), "measure");
    assert_string_equal(yki_nearest("doctr", words), "doctor");
    assert_string_equal(yki_nearest("json", words), "json");
    assert_null(yki_nearest("elephants", words));
    assert_null(yki_nearest("json", none));
    assert_null(yki_nearest("", words));
    char long_word[200];
    memset(long_word, 'a', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    assert_null(yki_nearest(long_word, words));
}

static void has_text(const char *path, const char *expected)
{
    char text[64] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

static void files(void **state)
{
    (void)state;
    char root[64], path[PATH_MAX], link[PATH_MAX];
    struct stat st;
    false_root_make(root);
    snprintf(path, sizeof path, "%s/result", root);
    snprintf(link, sizeof link, "%s/link", root);
    assert_int_equal(yki_write_text("t", path, "one\n", 4), 0);
    has_text(path, "one\n");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(symlink("result", link), 0);
    assert_int_equal(yki_write_text("t", link, "two\n", 4), 0);
    has_text(path, "two\n");
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));           /* the link is still one */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);  /* and the file kept its mode */
    json_t *o = json_pack("{s:i, s:f}", "b", 1, "a", 0.1);
    assert_int_equal(yki_write_json("t", path, o), 0);
    has_text(path, "{\n  \"b\": 1,\n  \"a\": 0.1\n}\n");
    json_decref(o);
    assert_int_equal(yki_write_json("t", path, NULL), 1);
    assert_int_equal(yki_write_text("t", "/nonexistent/x", "x", 1), 1);
    assert_int_equal(yki_write_text("t", root, "x", 1), 1);         /* a folder */
    assert_int_equal(yki_write_text("t", "/dev/null", "x", 1), 0);
    assert_int_equal(yki_write_text("t", "/dev/full", "x", 1), 1);
    false_root_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(suggestions),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
