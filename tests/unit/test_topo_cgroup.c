/* topo: quotas, cpusets and memory limits out of false /proc and /sys trees, v1 and v2,
 * on an imaginary machine of 16 cores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "false_root.h"
#include <yoke/topo.h>

#define MOST_FILES 6

#define V2_MOUNT "35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT \
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" \
    "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"           \
    "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
#define V1_GROUPS(path) "4:cpu,cpuacct:" path "\n3:cpuset:" path "\n2:memory:" path "\n0::/\n"
#define V1_CPU "/sys/fs/cgroup/cpu,cpuacct"

typedef struct file {
    const char *path, *text;
} file;

typedef struct tree {
    const char *what;
    const char *groups;         /* /proc/self/cgroup, NULL: none */
    const char *mounts;         /* /proc/self/mountinfo, NULL: none */
    file files[MOST_FILES];
    yk_topo_known known;
    double quota;
    const char *from;           /* NULL: not checked */
} tree;

static yk_topo *open_tree(const tree *c, char root[64])
{
    false_root_make(root);
    if (c->groups) false_root_put(root, "/proc/self/cgroup", c->groups);
    if (c->mounts) false_root_put(root, "/proc/self/mountinfo", c->mounts);
    for (size_t i = 0; i < MOST_FILES && c->files[i].path; i++)
        false_root_put(root, c->files[i].path, c->files[i].text);
    yk_topo *t = NULL;
    yk_diag d = {0};
    yk_topo_opts o = {.synthetic = "pack:1 core:16 pu:1", .root = root};
    yk_status status = yk_topo_open(&t, &o, &d);
    false_root_remove(root);
    if (status != YK_OK) fail_msg("%s: %s", c->what, d.text);
    return t;
}

static const tree quotas[] = {
    {.what = "no cgroup file", .known = YK_TOPO_UNKNOWN},
    {.what = "no mountinfo", .groups = "0::/\n", .known = YK_TOPO_UNKNOWN},
    {.what = "hierarchy not mounted", .groups = "0::/\n",
     .mounts = "1 1 0:1 / /tmp rw - tmpfs tmpfs rw\n", .known = YK_TOPO_UNKNOWN},
    {.what = "in no hierarchy", .groups = "", .mounts = V2_MOUNT, .known = YK_TOPO_UNLIMITED},
    {.what = "v2 root without a file", .groups = "0::/\n", .mounts = V2_MOUNT,
     .known = YK_TOPO_UNLIMITED},
    {.what = "v2 max", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "max 100000\n"}}, .known = YK_TOPO_UNLIMITED},
    {.what = "v2 half", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "50000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 0.5, .from = "/sys/fs/cgroup/a/cpu.max"},
    {.what = "v2 five and a half", .groups = "0::/\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/cpu.max", "550000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 5.5, .from = "/sys/fs/cgroup/cpu.max"},
    {.what = "v2 tighter above", .groups = "0::/a/b/c\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n"},
               {"/sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
               {"/sys/fs/cgroup/a/cpu.max", "300000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 3, .from = "/sys/fs/cgroup/a/cpu.max"},
    {.what = "v2 tighter below", .groups = "0::/a/b\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/b/cpu.max", "200000 100000\n"},
               {"/sys/fs/cgroup/a/cpu.max", "300000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 2, .from = "/sys/fs/cgroup/a/b/cpu.max"},
    {.what = "v2 controller off below", .groups = "0::/a/b\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "300000 100000\n"}, {"/sys/fs/cgroup/a/b", NULL}},
     .known = YK_TOPO_LIMITED, .quota = 3},
    {.what = "v2 not ours", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/b/cpu.max", "100000 100000\n"}}, .known = YK_TOPO_UNLIMITED},
    {.what = "v2 empty", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", ""}}, .known = YK_TOPO_UNKNOWN},
    {.what = "v2 zero period", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "100000 0\n"}}, .known = YK_TOPO_UNKNOWN},
    {.what = "v2 zero quota", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "0 100000\n"}}, .known = YK_TOPO_UNKNOWN},
    {.what = "v2 negative", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "-1 100000\n"}}, .known = YK_TOPO_UNKNOWN},
    {.what = "v2 no period", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "100000\n"}}, .known = YK_TOPO_UNKNOWN},
    {.what = "v2 words", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "many 100000\n"}}, .known = YK_TOPO_UNKNOWN},
    {.what = "v2 overflow", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "99999999999999999999999 100000\n"}},
     .known = YK_TOPO_UNKNOWN},
    {.what = "v2 a folder for a file", .groups = "0::/a\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", NULL}}, .known = YK_TOPO_UNKNOWN},
    {.what = "v2 unknown below, known above", .groups = "0::/a/b\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/b/cpu.max", ""},
               {"/sys/fs/cgroup/a/cpu.max", "700000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 7},
    {.what = "v2 mount shows a subtree", .groups = "0::/docker/xyz/app\n",
     .mounts = "35 24 0:30 /docker/xyz /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
     .files = {{"/sys/fs/cgroup/app/cpu.max", "150000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 1.5, .from = "/sys/fs/cgroup/app/cpu.max"},
    {.what = "v2 mount of somebody else's subtree", .groups = "0::/docker/xyz\n",
     .mounts = "35 24 0:30 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
     .files = {{"/sys/fs/cgroup/cpu.max", "150000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 1.5},
    {.what = "v2 outside the namespace", .groups = "0::/../../other\n", .mounts = V2_MOUNT,
     .files = {{"/sys/fs/cgroup/cpu.max", "250000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 2.5},
    {.what = "v2 mount with tags and a blank in its path", .groups = "0::/a\n",
     .mounts = "35 24 0:30 / /sys/fs/c\\040g rw shared:9 master:1 - cgroup2 cgroup2 rw\n",
     .files = {{"/sys/fs/c g/a/cpu.max", "350000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 3.5, .from = "/sys/fs/c g/a/cpu.max"},
    {.what = "mountinfo with a broken line first", .groups = "0::/a\n",
     .mounts = "what is this\n\n35 24\n" V2_MOUNT,
     .files = {{"/sys/fs/cgroup/a/cpu.max", "350000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 3.5},
    {.what = "v1 unlimited", .groups = V1_GROUPS("/a"), .mounts = V1_MOUNT,
     .files = {{V1_CPU "/a/cpu.cfs_quota_us", "-1\n"}, {V1_CPU "/a/cpu.cfs_period_us", "100000\n"}},
     .known = YK_TOPO_UNLIMITED},
    {.what = "v1 two and a half", .groups = V1_GROUPS("/a"), .mounts = V1_MOUNT,
     .files = {{V1_CPU "/a/cpu.cfs_quota_us", "250000\n"},
               {V1_CPU "/a/cpu.cfs_period_us", "100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 2.5, .from = V1_CPU "/a/cpu.cfs_quota_us"},
    {.what = "v1 tighter above", .groups = V1_GROUPS("/a/b"), .mounts = V1_MOUNT,
     .files = {{V1_CPU "/a/b/cpu.cfs_quota_us", "-1\n"},
               {V1_CPU "/a/b/cpu.cfs_period_us", "100000\n"},
               {V1_CPU "/a/cpu.cfs_quota_us", "50000\n"},
               {V1_CPU "/a/cpu.cfs_period_us", "50000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 1},
    {.what = "v1 zero period", .groups = V1_GROUPS("/"), .mounts = V1_MOUNT,
     .files = {{V1_CPU "/cpu.cfs_quota_us", "250000\n"}, {V1_CPU "/cpu.cfs_period_us", "0\n"}},
     .known = YK_TOPO_UNKNOWN},
    {.what = "v1 no period", .groups = V1_GROUPS("/"), .mounts = V1_MOUNT,
     .files = {{V1_CPU "/cpu.cfs_quota_us", "250000\n"}}, .known = YK_TOPO_UNKNOWN},
    {.what = "v1 empty", .groups = V1_GROUPS("/"), .mounts = V1_MOUNT,
     .files = {{V1_CPU "/cpu.cfs_quota_us", ""}, {V1_CPU "/cpu.cfs_period_us", "100000\n"}},
     .known = YK_TOPO_UNKNOWN},
    {.what = "v1 negative", .groups = V1_GROUPS("/"), .mounts = V1_MOUNT,
     .files = {{V1_CPU "/cpu.cfs_quota_us", "-7\n"}, {V1_CPU "/cpu.cfs_period_us", "100000\n"}},
     .known = YK_TOPO_UNKNOWN},
    {.what = "v1 beside an idle v2", .groups = "1:cpu:/a\n0::/u\n",
     .mounts = V2_MOUNT "36 24 0:9 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n",
     .files = {{"/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000\n"},
               {"/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n"},
               {"/sys/fs/cgroup/u/cpu.max", "100000 100000\n"}},
     .known = YK_TOPO_LIMITED, .quota = 4},
};

static void every_quota(void **state)
{
    (void)state;
    for (size_t i = 0; i < YKI_COUNT(quotas); i++) {
        const tree *c = &quotas[i];
        char root[64];
        yk_topo *t = open_tree(c, root);
        const yk_topo_limits *m = yk_topo_get_limits(t);
        if (m->quota_known != c->known || m->quota != c->quota || yk_topo_quota(t) != c->quota)
            fail_msg("%s: known %d, quota %g", c->what, (int)m->quota_known, m->quota);
        if (c->from) assert_string_equal(m->quota_from, c->from);
        size_t expected = 16;
        if (c->quota > 0) expected = (size_t)c->quota + ((double)(size_t)c->quota < c->quota);
        if (yk_topo_workers(t) != expected)
            fail_msg("%s: %zu workers", c->what, yk_topo_workers(t));
        assert_int_equal(m->bound, c->quota > 0 ? YK_BOUND_QUOTA : YK_BOUND_MACHINE);
        yk_topo_close(&t);
    }
}

static void warning_of(const char *cpu_max, const char *expected)
{
    tree c = {.what = cpu_max, .groups = "0::/\n", .mounts = V2_MOUNT,
              .files = {{"/sys/fs/cgroup/cpu.max", cpu_max}}};
    char root[64];
    yk_topo *t = open_tree(&c, root);
    assert_string_equal(yk_topo_get_limits(t)->warning, expected);
    yk_topo_close(&t);
}

static void throttling_is_announced(void **state)
{
    (void)state;
    warning_of("550000 100000",
               "6 workers on 5.5 CPUs: up to 8 % throttling; YOKE_THREADS=5 avoids it");
    warning_of("600000 100000", "");
    warning_of("50000 100000", "1 worker on 0.5 CPUs: up to 50 % throttling");
    warning_of("9900000 100000", "");       /* more than there are cores */
}

static void memory_limits(void **state)
{
    (void)state;
    static const struct {
        const char *groups, *mounts, *path, *text;
        yk_topo_known known;
        uint64_t bytes;
    } cases[] = {
        {"0::/a\n", V2_MOUNT, "/sys/fs/cgroup/a/memory.max", "1073741824\n", YK_TOPO_LIMITED,
         1073741824},
        {"0::/a\n", V2_MOUNT, "/sys/fs/cgroup/a/memory.max", "max\n", YK_TOPO_UNLIMITED, 0},
        {"0::/a\n", V2_MOUNT, "/sys/fs/cgroup/a/memory.max", "\n", YK_TOPO_UNKNOWN, 0},
        {"0::/a\n", V2_MOUNT, "/sys/fs/cgroup/memory.max", "4096\n", YK_TOPO_LIMITED, 4096},
        {V1_GROUPS("/a"), V1_MOUNT, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
         "9223372036854771712\n", YK_TOPO_UNLIMITED, 0},
        {V1_GROUPS("/a"), V1_MOUNT, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "8192\n",
         YK_TOPO_LIMITED, 8192},
        {V1_GROUPS("/a"), V1_MOUNT, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "-1\n",
         YK_TOPO_UNKNOWN, 0},
    };
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        tree c = {.what = cases[i].text, .groups = cases[i].groups, .mounts = cases[i].mounts,
                  .files = {{cases[i].path, cases[i].text}}};
        char root[64];
        yk_topo *t = open_tree(&c, root);
        assert_int_equal(yk_topo_get_limits(t)->memory_known, cases[i].known);
        assert_true(yk_topo_get_limits(t)->memory == cases[i].bytes);
        assert_true(yk_topo_memory(t) > 8192);
        assert_true(yk_topo_memory_limit(t) ==
                    (cases[i].bytes && cases[i].bytes < yk_topo_memory(t) ? cases[i].bytes
                                                                          : yk_topo_memory(t)));
        yk_topo_close(&t);
    }
}

/* Affinity out of a false /proc/self/status, a cpuset out of a false cgroup. */
static void masks(void **state)
{
    (void)state;
    static const struct {
        const char *what, *status, *cpuset;
        size_t affinity, usable;
        yk_topo_bound bound;
        yk_topo_known known;
        int first;
        const char *list;
    } cases[] = {
        {"none", NULL, NULL, 16, 16, YK_BOUND_MACHINE, YK_TOPO_UNLIMITED, 0, "0-15"},
        {"mask", "Cpus_allowed_list:\t4-7,9\n", NULL, 5, 5, YK_BOUND_AFFINITY, YK_TOPO_UNLIMITED,
         4, "4-7,9"},
        {"set", NULL, "2-3\n", 16, 2, YK_BOUND_CPUSET, YK_TOPO_LIMITED, 2, "0-15"},
        {"mask and set alike", "Cpus_allowed_list:\t2-3\n", "2-3\n", 2, 2, YK_BOUND_CPUSET,
         YK_TOPO_LIMITED, 2, "2-3"},
        {"mask in set", "x:\t1\nCpus_allowed_list:\t5\ny:\t1\n", "2-8\n", 1, 1,
         YK_BOUND_AFFINITY, YK_TOPO_LIMITED, 5, "5"},
        {"no common CPU", "Cpus_allowed_list:\t5\n", "6\n", 16, 16, YK_BOUND_MACHINE,
         YK_TOPO_LIMITED, 0, "5"},
        {"a broken set", NULL, "2-\n", 16, 16, YK_BOUND_MACHINE, YK_TOPO_UNKNOWN, 0, "0-15"},
        {"an empty set", NULL, "\n", 16, 16, YK_BOUND_MACHINE, YK_TOPO_UNKNOWN, 0, "0-15"},
        {"a reversed set", NULL, "7-2\n", 16, 16, YK_BOUND_MACHINE, YK_TOPO_UNKNOWN, 0, "0-15"},
        {"a broken mask", "Cpus_allowed_list:\tall\n", NULL, 16, 16, YK_BOUND_MACHINE,
         YK_TOPO_UNLIMITED, 0, "0-15"},
        {"CPUs that are not there", NULL, "3,90-99\n", 16, 1, YK_BOUND_CPUSET, YK_TOPO_LIMITED, 3,
         "0-15"},
    };
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        tree c = {.what = cases[i].what, .groups = "0::/a/b\n", .mounts = V2_MOUNT,
                  .files = {{"/proc/self/status", cases[i].status ? cases[i].status : ""}}};
        if (cases[i].cpuset)
            c.files[1] = (file){"/sys/fs/cgroup/a/cpuset.cpus.effective", cases[i].cpuset};
        char root[64];
        yk_topo *t = open_tree(&c, root);
        const yk_topo_limits *m = yk_topo_get_limits(t);
        if (m->affinity != cases[i].affinity || m->usable != cases[i].usable ||
            m->bound != cases[i].bound || m->cpuset_known != cases[i].known)
            fail_msg("%s: affinity %zu usable %zu bound %d known %d", cases[i].what, m->affinity,
                     m->usable, (int)m->bound, (int)m->cpuset_known);
        assert_int_equal(yk_topo_workers(t), cases[i].usable);
        assert_int_equal(yk_topo_worker_cpu(t, 0), cases[i].first);
        assert_string_equal(m->cpus, cases[i].list);
        yk_topo_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_quota), cmocka_unit_test(throttling_is_announced),
        cmocka_unit_test(memory_limits), cmocka_unit_test(masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
