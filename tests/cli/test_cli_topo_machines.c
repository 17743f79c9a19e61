/* yoke-topo on machines that nobody here owns: trees held against golden files, one
 * screen each, and their JSON against the schema.  YKT_UPDATE=1 writes the files anew. */
#include "topo_command.h"

#define XML(name) YOKE_SOURCE_DIR "/tests/topo/" name ".xml"
#define GOLDEN YOKE_SOURCE_DIR "/tests/topo/golden/"
#define V2 "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
#define V1 "31 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"                \
           "32 23 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"                  \
           "33 23 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

typedef struct put {
    const char *path, *text;
} put;

typedef struct machine {
    const char *name, *input, *env;
    const char *warning;        /* on stderr, NULL: nothing is */
    put files[10];              /* of a false root; none: no root */
} machine;

static const machine machines[] = {
    {.name = "one_core", .input = "pu:1"},
    {.name = "two_cores", .input = "core:2 pu:1"},
    {.name = "hybrid", .input = XML("hybrid")},
    {.name = "hybrid_asked", .input = XML("hybrid"), .env = "YOKE_THREADS=10"},
    {.name = "big_little", .input = XML("big_little")},
    {.name = "favoured", .input = XML("favoured")},
    {.name = "eight_nodes", .input = XML("eight_nodes")},
    {.name = "smt4", .input = XML("smt4")},
    {.name = "smt4_doubled", .input = XML("smt4"), .env = "YOKE_THREADS=40"},
    {.name = "memory_only", .input = XML("memory_only")},
    {.name = "offline", .input = XML("offline")},
    {.name = "disallowed", .input = XML("disallowed")},
    {.name = "two_sockets", .input = "pack:2 [numa] l3:1 core:8 pu:2"},
    {.name = "cores_256", .input = "pack:2 [numa] l3:16(size=33554432) core:8 pu:2"},
    {.name = "sockets_32", .input = "pack:32 [numa] l3:1(size=33554432) core:16 pu:1"},
    {.name = "cores_1024", .input = "core:1024 pu:1", .env = "YOKE_THREADS=1000"},
    {.name = "taskset", .input = XML("hybrid"),
     .files = {{"/proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-3,16-19\n"},
               {"/proc/self/cgroup", "0::/\n"}, {"/proc/self/mountinfo", V2}}},
    {.name = "taskset_odd", .input = "core:256 pu:1", .files = {
        {"/proc/self/status", "Cpus_allowed_list:\t0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,"
         "34,36,38,40,42,44,46,48,50,52,54,56,58,60,62,64,66,68,70,72,74,76,78,80,82,84,86,88,90,"
         "92,94,96,98,100,102,104,106,108,110,112,114,116,118,120\n"},
        {"/proc/self/cgroup", "0::/\n"}, {"/proc/self/mountinfo", V2}}},
    {.name = "quota_v2", .input = XML("hybrid"),
     .warning = "warning: 6 workers on 5.5 CPUs: up to 8 % throttling; YOKE_THREADS=5 avoids it\n",
     .files = {{"/proc/self/cgroup", "0::/job\n"}, {"/proc/self/mountinfo", V2},
               {"/sys/fs/cgroup/job/cpu.max", "550000 100000\n"},
               {"/sys/fs/cgroup/job/memory.max", "8589934592\n"}}},
    {.name = "quota_v1", .input = "core:8 pu:1",
     .files = {{"/proc/self/cgroup", "4:cpu,cpuacct:/job\n3:cpuset:/job\n2:memory:/job\n"},
               {"/proc/self/mountinfo", V1},
               {"/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "200000\n"},
               {"/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n"},
               {"/sys/fs/cgroup/cpuset/job/cpuset.cpus", "2-5\n"},
               {"/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "536870912\n"}}},
    {.name = "quota_deep", .input = "core:8 pu:1",
     .files = {{"/proc/self/cgroup", "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burst"
                "able-pod0123456789abcdef0123456789abcdef.slice/cri-containerd-0123456789abcdef01"
                "23456789abcdef0123456789abcdef.scope\n"},
               {"/proc/self/mountinfo", V2},
               {"/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0123"
                "456789abcdef0123456789abcdef.slice/cri-containerd-0123456789abcdef0123456789abcd"
                "ef0123456789abcdef.scope/cpu.max", "300000 100000\n"}}},
    {.name = "quota_unknown", .input = "core:8 pu:1",
     .files = {{"/proc/self/cgroup", "0::/\n"}, {"/proc/self/mountinfo", V2},
               {"/sys/fs/cgroup/cpu.max", "plenty 100000\n"}}},
    {.name = "graphics", .input = "core:8 pu:1",
     .files = {{"/proc/self/cgroup", "0::/\n"}, {"/proc/self/mountinfo", V2},
               {"/sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n"},
               {"/sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n"},
               {"/sys/bus/pci/devices/0000:01:00.0/device", "0x2786\n"},
               {"/sys/bus/pci/devices/0000:03:00.0/class", "0x030000\n"},
               {"/sys/bus/pci/devices/0000:03:00.0/vendor", "0x1a03\n"},
               {"/sys/bus/pci/devices/0000:03:00.0/device", "0x2000\n"},
               {"/usr/share/misc/pci.ids", "# a list\n10de  NVIDIA Corporation\n"
                "\t2786  AD104 [GeForce RTX 4070]\n\t\t1462 5138  a board\n"
                "1a03  ASPEED Technology, Inc.\n"}}},
};
#define MACHINES (sizeof machines / sizeof *machines)

/* argv with or without a root, and what follows. */
static ykt_command show(const machine *m, const char *root, const char *option,
                        const char *value)
{
    char word[96];
    const char *argv[8] = {YOKE_TOPO};
    size_t n = 1;
    if (m->files[0].path) {
        snprintf(word, sizeof word, "--root=%s", root);
        argv[n++] = word;
    }
    argv[n++] = "--input";
    argv[n++] = m->input;
    if (option) argv[n++] = option;
    if (value) argv[n++] = value;
    return run(m->env ? ENV(m->env) : NULL, 0, argv);
}

static void make_root(const machine *m, char root[64])
{
    false_root_make(root);
    for (size_t i = 0; i < sizeof m->files / sizeof *m->files && m->files[i].path; i++)
        false_root_put(root, m->files[i].path, m->files[i].text);
}

static void against_golden(const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, GOLDEN "%s.txt", name);
    if (getenv("YKT_UPDATE")) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        assert_int_equal(fclose(f), 0);
        return;
    }
    static char expected[1 << 16];
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("%s cannot be read", path);
    size_t n = fread(expected, 1, sizeof expected - 1, f);
    fclose(f);
    expected[n] = '\0';
    if (strcmp(expected, text) != 0) fail_msg("%s:\n%s\nexpected:\n%s", name, text, expected);
}

static void trees(void **state)
{
    (void)state;
    for (size_t i = 0; i < MACHINES; i++) {
        const machine *m = &machines[i];
        char root[64];
        size_t lines;
        make_root(m, root);
        ykt_command c = show(m, root, NULL, NULL);
        against_golden(m->name, c.out);
        assert_string_equal(c.err, m->warning ? m->warning : "");
        if (widest(c.out, &lines) > 100) fail_msg("%s is too wide:\n%s", m->name, c.out);
        if (lines > 32) fail_msg("%s has %zu lines", m->name, lines);
        ykt_command_free(&c);
        c = show(m, root, "--verbose", NULL);
        if (widest(c.out, &lines) > 100) fail_msg("%s is too wide:\n%s", m->name, c.out);
        if (lines > 40) fail_msg("%s, verbose, has %zu lines", m->name, lines);
        ykt_command_free(&c);
        false_root_remove(root);
    }
}

static size_t count_true(const json_t *list, const char *key)
{
    size_t i, n = 0;
    const json_t *o;
    json_array_foreach(list, i, o) n += json_is_integer(json_object_get(o, key));
    return n;
}

/* Obeys the schema, and its parts agree with each other. */
static void json(void **state)
{
    (void)state;
    for (size_t i = 0; i < MACHINES; i++) {
        const machine *m = &machines[i];
        char root[64];
        make_root(m, root);
        ykt_command c = show(m, root, "--json", "-");
        json_t *o = parsed(c.out);
        const json_t *about = json_object_get(o, "machine"), *limits = json_object_get(o, "limits");
        const json_t *cores = json_object_get(o, "cores"), *cpus = json_object_get(o, "cpus");
        assert_int_equal(json_array_size(cores), number(about, "cores"));
        assert_int_equal(json_array_size(cpus), number(about, "cpus"));
        assert_int_equal(json_array_size(json_object_get(o, "numa_nodes")),
                         number(about, "numa_nodes"));
        assert_int_equal(count_true(cpus, "worker"), number(about, "workers"));
        assert_int_equal(number(limits, "workers"), number(about, "workers"));
        assert_int_equal(number(limits, "cores"), number(about, "cores"));
        assert_int_equal(number(about, "performance_cores") + number(about, "efficiency_cores"),
                         number(about, "cores"));
        assert_true(json_is_false(json_object_get(about, "this_machine")));
        json_decref(o);
        ykt_command_free(&c);
        false_root_remove(root);
    }
}

/* Files and descriptions that are none: exit 2 and a name, nothing on stdout. */
static void bad_inputs(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } files[] = {
        {"", "not an hwloc XML file"},
        {"no xml at all", "not an hwloc XML file"},
        {"<topology version=\"2.0\"><object type=\"Machine\"", "not an hwloc XML file"},
        {"<topology version=\"2.0\"><object type=\"Machine\"/></topology>",
         "hwloc cannot load this machine"},
    };
    static const struct {
        const char *input, *expected;
    } inputs[] = {
        {"core:8", "'core:8': not an hwloc synthetic description (the last level is pu:N)"},
        {"pu:-1", "not an hwloc synthetic description"},
        {"pu:0", "not an hwloc synthetic description"},
        {"core:4 pu:99999999", "more than 8192 objects"},
        {"pu:4000", "4000 objects below one; 1024 are the most"},
    };
    char root[64], path[PATH_MAX];
    false_root_make(root);
    snprintf(path, sizeof path, "%s/m.xml", root);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        false_root_put(root, "/m.xml", files[i].text);
        ykt_command c = run(NULL, 2, ARGS("--input", path));
        assert_string_equal(c.out, "");
        has(c.err, files[i].expected);
        has(c.err, "m.xml");
        ykt_command_free(&c);
    }
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        ykt_command c = run(NULL, 2, ARGS("--input", inputs[i].input));
        assert_string_equal(c.out, "");
        has(c.err, inputs[i].expected);
        ykt_command_free(&c);
    }
    ykt_command c = run(NULL, 1, ARGS("--input", root));
    has(c.err, "not a regular file");
    ykt_command_free(&c);
    false_root_remove(root);
}

int main(void)
{
    clean_environment();
    setenv("LC_ALL", "C.UTF-8", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),
        cmocka_unit_test(json),
        cmocka_unit_test(bad_inputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
