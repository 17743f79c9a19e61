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

/* What drivers say of themselves, and what people call it. */
static void device_names(void **state)
{
    (void)state;
    static const struct {
        yk_device_info info;
        const char *expected;
    } cases[] = {
        {{.name = "pthread-skylake-avx512-AMD EPYC", .platform = "Portable Computing Language",
          .driver = "3.1+debian", .version = "OpenCL 3.0 PoCL HSTR: pthread-x86_64",
          .type = YK_DEVICE_CPU}, "PoCL 3.1"},
        {{.name = "cpu-haswell-Intel(R) Core(TM) i7", .platform = "Portable Computing Language",
          .driver = "5.0", .type = YK_DEVICE_CPU}, "PoCL 5.0"},
        {{.name = "NVIDIA GeForce RTX 3060", .platform = "Portable Computing Language",
          .driver = "5.0", .type = YK_DEVICE_GPU}, "NVIDIA GeForce RTX 3060"},
        {{.name = "llvmpipe (LLVM 15.0.6, 256 bits)", .platform = "rusticl", .driver = "22.3.6",
          .type = YK_DEVICE_CPU}, "llvmpipe (Mesa 22.3)"},
        {{.name = "AMD Radeon RX 6600 (radeonsi, navi23, LLVM 17.0.6, DRM 3.57, 6.8.0)",
          .platform = "rusticl", .driver = "24.0.5", .type = YK_DEVICE_GPU}, "AMD Radeon RX 6600"},
        {{.name = "Mesa Intel(R) UHD Graphics 770 (ADL-S GT1)", .platform = "rusticl",
          .driver = "24.0", .type = YK_DEVICE_GPU}, "Intel UHD Graphics 770"},
        {{.name = "Intel(R) Data Center GPU Flex Series 170 [0x56c0]",
          .platform = "Intel(R) OpenCL Graphics", .driver = "23.22", .type = YK_DEVICE_GPU},
         "Intel Data Center GPU Flex Series..."},
        {{.name = "Intel(R) Xeon(R) Gold 6154 CPU @ 3.00GHz", .platform = "Intel(R) OpenCL",
          .driver = "2023.16.12.0.12_195853", .type = YK_DEVICE_CPU}, "Intel OpenCL 2023.16"},
        {{.name = "GeForce GTX 1080", .platform = "NVIDIA CUDA", .driver = "535.183.01",
          .type = YK_DEVICE_GPU}, "NVIDIA GeForce GTX 1080"},
        {{.name = "NVIDIA H100 80GB HBM3", .platform = "NVIDIA CUDA", .driver = "535",
          .type = YK_DEVICE_GPU}, "NVIDIA H100 80GB HBM3"},
        {{.name = "gfx1030", .platform = "AMD Accelerated Parallel Processing",
          .type = YK_DEVICE_GPU}, "gfx1030"},
        {{.name = "pool, 6 workers", .type = YK_DEVICE_POOL}, "pool, 6 workers"},
        {{.name = "(R)", .platform = "Some Platform", .type = YK_DEVICE_GPU}, "Some Platform"},
        {{.type = YK_DEVICE_ACCELERATOR}, "unnamed device"},
        {{.name = "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                  "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
          .type = YK_DEVICE_GPU},
         "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
         "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[YKI_DEVICE_NAME];
        assert_string_equal(yki_device_name(name, &cases[i].info), cases[i].expected);
    }
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
        cmocka_unit_test(device_names),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
