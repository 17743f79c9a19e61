/* base: strict parsing, the environment, diagnostics, status codes, small files. */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/base.h"
#include "false_root.h"
#include <yoke/version.h>

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t lo, hi;
        bool ok;
        size_t value;
    } cases[] = {
        {"0", 0, 9, true, 0},
        {"1", 1, 24, true, 1},
        {"24", 1, 24, true, 24},
        {"025", 1, 99, true, 25},
        {"18446744073709551615", 0, SIZE_MAX, true, SIZE_MAX},
        {"18446744073709551616", 0, SIZE_MAX, false, 0},
        {"99999999999999999999999", 0, SIZE_MAX, false, 0},
        {"25", 1, 24, false, 0},
        {"0", 1, 24, false, 0},
        {"", 0, 9, false, 0},
        {" 1", 0, 9, false, 0},
        {"1 ", 0, 9, false, 0},
        {"+1", 0, 9, false, 0},
        {"-1", 0, SIZE_MAX, false, 0},
        {"1.0", 0, 9, false, 0},
        {"1,0", 0, 9, false, 0},
        {"0x1", 0, 9, false, 0},
        {"1e3", 0, 9999, false, 0},
        {"eight", 0, 9, false, 0},
        {NULL, 0, 9, false, 0},
    };
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        size_t out = 777;
        assert_int_equal(yki_parse_size(cases[i].text, cases[i].lo, cases[i].hi, &out),
                         cases[i].ok);
        assert_true(out == (cases[i].ok ? cases[i].value : 777));
    }
}

static void bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        size_t value;
    } cases[] = {
        {"4096", true, 4096},
        {"0", true, 0},
        {"1K", true, 1024},
        {"1Ki", true, 1024},
        {"1KiB", true, 1024},
        {"1KB", true, 1024},
        {"512M", true, (size_t)512 << 20},
        {"4GiB", true, (size_t)4 << 30},
        {"2T", true, (size_t)2 << 40},
        {"16777215T", true, (size_t)16777215 << 40},
        {"16777216T", false, 0},
        {"", false, 0},
        {"K", false, 0},
        {"1k", false, 0},
        {"1 K", false, 0},
        {"1KiBx", false, 0},
        {"1P", false, 0},
        {"1.5G", false, 0},
        {"1,5G", false, 0},
        {"-1K", false, 0},
        {"1B", false, 0},
        {NULL, false, 0},
    };
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        size_t out = 777;
        assert_int_equal(yki_parse_bytes(cases[i].text, &out), cases[i].ok);
        assert_true(out == (cases[i].ok ? cases[i].value : 777));
    }
}

static void bools(void **state)
{
    (void)state;
    static const char *const yes[] = {"1", "on", "yes", "true"};
    static const char *const no[] = {"0", "off", "no", "false"};
    static const char *const bad[] = {"", "2", "On", "TRUE", "y", "yes ", "01", NULL};
    bool out;
    for (size_t i = 0; i < 4; i++) {
        out = false;
        assert_true(yki_parse_bool(yes[i], &out) && out);
        assert_true(yki_parse_bool(no[i], &out) && !out);
    }
    for (size_t i = 0; i < YKI_COUNT(bad); i++) assert_false(yki_parse_bool(bad[i], &out));
}

static void environment(void **state)
{
    (void)state;
    yk_diag d;
    size_t n = 7;
    unsetenv("YOKE_THREADS");
    assert_null(yki_env("YOKE_THREADS"));
    assert_int_equal(yki_env_size("YOKE_THREADS", 1, 24, &n, &d), YK_OK);
    assert_int_equal(n, 7);
    setenv("YOKE_THREADS", "", 1);
    assert_int_equal(yki_env_size("YOKE_THREADS", 1, 24, &n, &d), YK_OK);
    assert_int_equal(n, 7);
    setenv("YOKE_THREADS", "8", 1);
    assert_int_equal(yki_env_size("YOKE_THREADS", 1, 24, &n, &d), YK_OK);
    assert_int_equal(n, 8);
    setenv("YOKE_THREADS", "eight", 1);
    assert_int_equal(yki_env_size("YOKE_THREADS", 1, 24, &n, &d), YK_E_INVALID);
    assert_int_equal(d.status, YK_E_INVALID);
    assert_string_equal(d.text, "YOKE_THREADS=eight: expected a whole number from 1 to 24");
    assert_int_equal(n, 8);
    assert_int_equal(yki_env_size("YOKE_THREADS", 1, SIZE_MAX, &n, NULL), YK_E_INVALID);
    assert_int_equal(yki_env_size("YOKE_THREADS", 1, SIZE_MAX, &n, &d), YK_E_INVALID);
    assert_string_equal(d.text, "YOKE_THREADS=eight: expected a whole number of at least 1");
    setenv("YOKE_THREADS", "a\033[31m\nb", 1);
    assert_int_equal(yki_env_size("YOKE_THREADS", 1, 24, &n, &d), YK_E_INVALID);
    assert_string_equal(d.text, "YOKE_THREADS=a?[31m?b: expected a whole number from 1 to 24");
    unsetenv("YOKE_THREADS");
}

static void environment_typed(void **state)
{
    (void)state;
    yk_diag d;
    size_t n = 7;
    bool b = true;
    setenv("YOKE_DEVICE_MEM", "2GiB", 1);
    assert_int_equal(yki_env_bytes("YOKE_DEVICE_MEM", &n, &d), YK_OK);
    assert_true(n == (size_t)2 << 30);
    setenv("YOKE_DEVICE_MEM", "lots", 1);
    assert_int_equal(yki_env_bytes("YOKE_DEVICE_MEM", &n, &d), YK_E_INVALID);
    assert_string_equal(d.text, "YOKE_DEVICE_MEM=lots: expected a number of bytes such as 4096, "
                                "512M or 4GiB");
    unsetenv("YOKE_DEVICE_MEM");
    setenv("YOKE_PIN", "off", 1);
    assert_int_equal(yki_env_bool("YOKE_PIN", &b, &d), YK_OK);
    assert_false(b);
    setenv("YOKE_PIN", "maybe", 1);
    assert_int_equal(yki_env_bool("YOKE_PIN", &b, &d), YK_E_INVALID);
    assert_string_equal(d.text, "YOKE_PIN=maybe: expected 1, on, yes, true, 0, off, no or false");
    unsetenv("YOKE_PIN");
    static const char *const words[] = {"auto", "single", "static", NULL};
    setenv("YOKE_WORD", "static", 1);
    assert_int_equal(yki_env_word("YOKE_WORD", words, &n, &d), YK_OK);
    assert_int_equal(n, 2);
    setenv("YOKE_WORD", "statik", 1);
    assert_int_equal(yki_env_word("YOKE_WORD", words, &n, &d), YK_E_INVALID);
    assert_string_equal(d.text, "YOKE_WORD=statik: expected one of auto, single, static");
    unsetenv("YOKE_WORD");
}

/* Where such a locale is installed, its decimal comma must change nothing. */
static void comma_locale(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    for (size_t i = 0; i < YKI_COUNT(names); i++)
        if (setlocale(LC_ALL, names[i])) break;
    sizes(state);
    bytes(state);
    setlocale(LC_ALL, "C");
}

static void status_codes(void **state)
{
    (void)state;
    assert_int_equal(YK_OK, 0);
    assert_string_equal(yk_status_name(YK_OK), "YK_OK");
    assert_string_equal(yk_status_name(YK_E_UNSUPPORTED), "YK_E_UNSUPPORTED");
    assert_string_equal(yk_strerror(YK_E_NOMEM), "YK_E_NOMEM: out of memory");
    assert_string_equal(yk_status_name((yk_status)999), "YK_E_UNKNOWN");
    for (int i = 0; i < 40; i++) assert_non_null(yk_strerror((yk_status)i));
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", YK_VERSION_MAJOR, YK_VERSION_MINOR,
             YK_VERSION_PATCH);
    assert_string_equal(yk_version(), expected);
}

static void diagnostics(void **state)
{
    (void)state;
    yk_diag d;
    memset(&d, 0x55, sizeof d);
    assert_int_equal(yki_fail(&d, YK_E_IO, "%s: %d", "x", 3), YK_E_IO);
    assert_string_equal(d.text, "x: 3");
    assert_string_equal(d.kernel, "");
    assert_true(d.begin == 0 && d.end == 0 && d.driver_code == 0);
    assert_int_equal(yki_fail(&d, YK_E_IO, "again: %s", d.text), YK_E_IO);
    assert_string_equal(d.text, "again: x: 3");
    assert_int_equal(yki_fail_errno(&d, YK_E_IO, ENOENT, "gone"), YK_E_IO);
    assert_int_equal(d.driver_code, ENOENT);
    assert_true(strlen(d.driver_error) > 0);
    assert_int_equal(yki_fail(NULL, YK_E_IO, "nobody listens"), YK_E_IO);
    char big[4096];
    memset(big, 'a', sizeof big);
    big[sizeof big - 1] = '\0';
    yki_fail(&d, YK_E_IO, "%s", big);
    assert_int_equal(strlen(d.text), sizeof d.text - 1);
    char small[4];
    yki_copy_text(small, sizeof small, "abcdef");
    assert_string_equal(small, "abc");
    yki_copy_text(small, 1, "abcdef");
    assert_string_equal(small, "");
    yki_copy_text(small, 0, "abcdef");
}

static void files(void **state)
{
    (void)state;
    char root[64], buf[8];
    false_root_make(root);
    false_root_put(root, "/proc/short", "hello\n");
    false_root_put(root, "/proc/long", "hello, world\n");
    false_root_put(root, "/proc/empty", "");
    assert_int_equal(yki_read_file(root, "/proc/short", buf, sizeof buf), YK_OK);
    assert_string_equal(buf, "hello\n");
    assert_int_equal(yki_read_file(root, "/proc/long", buf, sizeof buf), YK_OK);
    assert_string_equal(buf, "hello, ");
    assert_int_equal(yki_read_file(root, "/proc/empty", buf, sizeof buf), YK_OK);
    assert_string_equal(buf, "");
    assert_int_equal(yki_read_file(root, "/proc/none", buf, sizeof buf), YK_E_IO);
    assert_int_equal(yki_read_file(root, "/proc", buf, sizeof buf), YK_E_IO);
    assert_int_equal(yki_read_file(root, "/proc/short", buf, 0), YK_E_INVALID);
    char path[PATH_MAX + 8];
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(yki_read_file(root, path, buf, sizeof buf), YK_E_IO);
    char fifo[PATH_MAX];
    snprintf(fifo, sizeof fifo, "%s/proc/fifo", root);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(yki_read_file(root, "/proc/fifo", buf, sizeof buf), YK_OK);  /* no hang */
    assert_int_equal(yki_read_file("", "/proc/self/cmdline", buf, sizeof buf), YK_OK);
    false_root_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),        cmocka_unit_test(bytes),
        cmocka_unit_test(bools),        cmocka_unit_test(environment),
        cmocka_unit_test(environment_typed), cmocka_unit_test(comma_locale),
        cmocka_unit_test(status_codes), cmocka_unit_test(diagnostics),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
