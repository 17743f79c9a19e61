/* topo: how long a CPU quota has held this process up, out of false trees, v1 and v2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "false_root.h"
#include "topo/topo.h"

#define V2_MOUNT "35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"

static const struct { const char *what, *groups, *mounts, *path, *stat, *above; yk_topo_known known;
                      double seconds; } cases[] = {
    {"nothing", NULL, NULL, NULL, NULL, NULL, YK_TOPO_UNKNOWN, 0},
    {"in no hierarchy", "", V2_MOUNT, NULL, NULL, NULL, YK_TOPO_UNLIMITED, 0},
    {"v2 without the file", "0::/a\n", V2_MOUNT, NULL, NULL, NULL, YK_TOPO_UNLIMITED, 0},
    {"v2 without the line", "0::/a\n", V2_MOUNT, "/sys/fs/cgroup/a/cpu.stat", "usage_usec 7\n",
     NULL, YK_TOPO_UNLIMITED, 0},
    {"v2", "0::/a\n", V2_MOUNT, "/sys/fs/cgroup/a/cpu.stat",
     "usage_usec 7\nnr_throttled 2\nthrottled_usec 1500000\n", NULL, YK_TOPO_LIMITED, 1.5},
    {"v2, more above", "0::/a/b\n", V2_MOUNT, "/sys/fs/cgroup/a/b/cpu.stat",
     "throttled_usec 1500000\n", "throttled_usec 2500000\n", YK_TOPO_LIMITED, 2.5},
    {"v2, less above", "0::/a/b\n", V2_MOUNT, "/sys/fs/cgroup/a/b/cpu.stat",
     "throttled_usec 1500000\n", "throttled_usec 500000\n", YK_TOPO_LIMITED, 1.5},
    {"v2, nonsense", "0::/a\n", V2_MOUNT, "/sys/fs/cgroup/a/cpu.stat", "throttled_usec -5\n", NULL,
     YK_TOPO_UNKNOWN, 0},
    {"v1", "4:cpu,cpuacct:/a\n0::/\n", V1_MOUNT, "/sys/fs/cgroup/cpu/a/cpu.stat",
     "nr_periods 9\nnr_throttled 1\nthrottled_time 250000000\n", NULL, YK_TOPO_LIMITED, 0.25},
};

static void throttled(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char root[64];
        double seconds = 0;
        false_root_make(root);
        if (cases[k].groups) false_root_put(root, "/proc/self/cgroup", cases[k].groups);
        if (cases[k].mounts) false_root_put(root, "/proc/self/mountinfo", cases[k].mounts);
        if (cases[k].path) false_root_put(root, cases[k].path, cases[k].stat);
        if (cases[k].above) false_root_put(root, "/sys/fs/cgroup/a/cpu.stat", cases[k].above);
        yk_topo_known known = yki_topo_throttled(root, &seconds);
        false_root_remove(root);
        if (known != cases[k].known || seconds != cases[k].seconds)
            fail_msg("%s: %d, %g s", cases[k].what, known, seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(throttled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
