/* yoke-bench with devices that are not there, crash, hang, or give wrong answers: each costs
 * its own column. */
#include "bench_run.h"

/* No driver at all: everything runs on the CPU, and that is no failure. */
static void test_no_driver(void **state)
{
    static const char *const env[] = {"OCL_ICD_VENDORS=/nonexistent", NULL};
    (void)state;
    ykt_setting s = {.env = env};
    ykt_command c = bench(&s, ARGS("--quick", "--size", "4096", "--json", "-", "triad"));
    assert_int_equal(c.code, 0);
    json_t *json = parsed(c.out);
    assert_int_equal(json_array_size(json_object_get(first_result(json), "devices")), 0);
    json_decref(json);
    ykt_command_free(&c);
}

#ifdef YOKE_CRASH_LAYER

/* A run under the layer that misbehaves in the named call, in that way, on devices of that
 * platform (NULL: all); its report, and what it exited with.  NULL if this machine has no
 * OpenCL device. */
static json_t *misbehaving(const char *call, const char *how, const char *on, int *code,
                           char warned[512])
{
    char crash[64], way[64], where[64] = "YKT_ON";
    const char *env[] = {"OPENCL_LAYERS=" YOKE_CRASH_LAYER, crash, way, where, NULL};
    ykt_setting s = {.env = env};
    snprintf(crash, sizeof crash, "YKT_CRASH=%s", call);
    snprintf(way, sizeof way, "YKT_HOW=%s", how);
    if (on) snprintf(where, sizeof where, "YKT_ON=%s", on);
    /* Long enough for any driver to open on a busy machine; waited for where one hangs. */
    const char *limit = strcmp(how, "hang") == 0 ? "5" : "60";
    ykt_command c = bench(&s, ARGS("--quick", "--size", "4096", "--timeout", limit, "--json", "-",
                                   "triad"));
    *code = c.code;
    snprintf(warned, 512, "%s", c.err);
    json_t *json = parsed(c.out);
    ykt_command_free(&c);
    if (json_array_size(json_object_get(first_result(json), "devices")) > 0 ||
        strcmp(call, "list") == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* The column of the device tells; everything else stands. */
static void test_crashes(void **state)
{
    static const char *const calls[] = {"context", "build", "kernel"};
    (void)state;
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
        int code;
        char warned[512];
        json_t *json = misbehaving(calls[k], "abort", NULL, &code, warned);
        if (!json) skip();
        const json_t *r = first_result(json), *d;
        size_t n;
        assert_int_equal(code, 1);
        assert_non_null(strstr(warned, "SIGABRT"));
        json_array_foreach(json_object_get(r, "devices"), n, d)
            assert_string_equal(json_string_value(json_object_get(d, "status")), "crashed");
        assert_non_null(json_object_get(r, "pool"));
        assert_true(json_is_false(json_object_get(r, "verified")));
        assert_null(json_object_get(r, "speedup"));
        json_decref(json);
    }
}

/* One driver of several: its column tells, and the others' have their times. */
static void test_one_column(void **state)
{
    static const struct { const char *call, *how, *status, *says; int code; } cases[] = {
        {"kernel", "abort", "crashed", "SIGABRT", 1},
        {"build", "hang", "timeout", "no answer", 1},
        {"kernel", "hang", "timeout", "no answer", 1},
        {"kernel", "wrong", "wrong", "serial has", 3},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int code;
        char warned[512];
        json_t *json = misbehaving(cases[k].call, cases[k].how, "Portable", &code, warned);
        if (!json) skip();
        const json_t *r = first_result(json), *d;
        size_t n, bad = 0;
        json_array_foreach(json_object_get(r, "devices"), n, d) {
            const char *platform = json_string_value(json_object_get(d, "platform"));
            const char *status = json_string_value(json_object_get(d, "status"));
            const char *reason = json_string_value(json_object_get(d, "reason"));
            bool meant = strstr(platform, "Portable") != NULL;
            if (strcmp(status, meant ? cases[k].status : "ok") != 0 ||
                (meant && !strstr(reason, cases[k].says)))
                fail_msg("%s %s: %s is %s: %s", cases[k].how, cases[k].call, platform, status,
                         reason ? reason : "");
            assert_true(meant == !json_object_get(d, "median_s"));
            bad += meant;
        }
        if (bad == 0) skip();
        assert_int_equal(code, cases[k].code);
        assert_non_null(json_object_get(r, "pool"));
        assert_true(json_is_false(json_object_get(r, "verified")));
        json_decref(json);
    }
}

/* Listing alone kills: then there are no devices, with a warning. */
static void test_crash_while_listing(void **state)
{
    int code;
    char warned[512];
    (void)state;
    json_t *json = misbehaving("list", "abort", NULL, &code, warned);
    const json_t *r = first_result(json);
    assert_int_equal(code, 0);
    assert_int_equal(json_array_size(json_object_get(r, "devices")), 0);
    assert_true(json_is_true(json_object_get(r, "verified")));
    json_decref(json);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_driver),
#ifdef YOKE_CRASH_LAYER
        cmocka_unit_test(test_crashes),
        cmocka_unit_test(test_one_column),
        cmocka_unit_test(test_crash_while_listing),
#endif
    };
    return cmocka_run_group_tests_name("yoke-bench's devices", tests, NULL, NULL);
}
