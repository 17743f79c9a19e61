/* topo: this machine, machines nobody owns, what is asked for, bad machines, PCI,
 * instruction sets, and the k-th allocation failing. */
#include <hwloc.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "false_root.h"
#include <yoke/topo.h>

#define MACHINES YOKE_SOURCE_DIR "/tests/topo/"

static yk_topo *open_with(yk_topo_opts o)
{
    yk_topo *t = NULL;
    yk_diag d = {0};
    yk_status status = yk_topo_open(&t, &o, &d);
    if (status != YK_OK) fail_msg("%s: %s", yk_status_name(status), d.text);
    return t;
}

static yk_diag refused(yk_topo_opts o, yk_status expected)
{
    yk_topo *t = (yk_topo *)&o;     /* must be left alone */
    yk_diag d = {0};
    assert_int_equal(yk_topo_open(&t, &o, &d), expected);
    assert_ptr_equal(t, &o);
    assert_int_equal(d.status, expected);
    assert_true(d.text[0] != '\0');
    assert_int_equal(yk_topo_open(&t, &o, NULL), expected);
    return d;
}

/* What must hold on every machine. */
static void check_consistent(const yk_topo *t)
{
    size_t cores, cpus, caches, nodes, near = 0, covered = 0;
    const yk_topo_core *core = yk_topo_cores(t, &cores);
    const yk_topo_cpu *cpu = yk_topo_cpus(t, &cpus);
    const yk_topo_cache *cache = yk_topo_caches(t, &caches);
    const yk_topo_node *node = yk_topo_nodes(t, &nodes);
    const yk_topo_limits *m = yk_topo_get_limits(t);
    assert_true(cores >= 1 && cpus >= cores && m->cores == cores);
    for (size_t k = 0; k < cores; k++) {
        assert_int_equal(core[k].first_cpu, covered);
        covered += core[k].cpus;
        assert_true(core[k].cpus >= 1 && core[k].usable <= core[k].cpus);
        assert_true(core[k].node == YK_TOPO_NONE || core[k].node < nodes);
        assert_true(core[k].package < yk_topo_packages(t));
        for (size_t i = core[k].first_cpu; i < covered; i++) assert_int_equal(cpu[i].core, k);
    }
    assert_int_equal(covered, cpus);
    for (size_t i = 0; i < caches; i++) {
        assert_true(cache[i].cores >= 1 && cache[i].first_core + cache[i].cores <= cores);
        assert_true(cache[i].level >= 1);
    }
    for (size_t i = 0; i < nodes; i++) near += node[i].cores;
    assert_true(near <= cores);
    size_t workers = yk_topo_workers(t);
    assert_true(workers >= 1 && workers <= cpus);
    for (size_t w = 0; w < workers; w++) {
        size_t found = 0;
        for (size_t i = 0; i < cpus; i++) {
            if (cpu[i].worker != w) continue;
            found++;
            assert_int_equal(cpu[i].cpu, yk_topo_worker_cpu(t, w));
            assert_int_equal(cpu[i].core, yk_topo_worker_core(t, w));
            assert_true(cpu[i].affine && cpu[i].allowed);
        }
        assert_int_equal(found, 1);
        assert_int_equal(yk_topo_worker_cpus(t)[w], yk_topo_worker_cpu(t, w));
        assert_int_equal(yk_topo_worker_kind(t, w), core[yk_topo_worker_core(t, w)].kind);
    }
    assert_int_equal(yk_topo_worker_cpu(t, workers), -1);
    assert_true(yk_topo_worker_core(t, workers) == YK_TOPO_NONE);
    assert_true(yk_topo_worker_node(t, workers) == YK_TOPO_NONE);
    assert_true(yk_topo_isa(t) <= yk_topo_isa_machine(t));
    assert_string_not_equal(yk_topo_bound_name(m->bound), "unknown");
}

static void this_machine(void **state)
{
    (void)state;
    yk_topo *t = NULL;
    assert_int_equal(yk_topo_open(&t, NULL, NULL), YK_OK);
    check_consistent(t);
    assert_true(yk_topo_is_this_machine(t));
    assert_true(yk_topo_memory(t) > 0);
    assert_true(yk_topo_os(t)[0] != '\0');
    assert_int_equal(yk_topo_pci_count(t), 0);
    assert_null(yk_topo_pci_at(t, 0));
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    size_t cpus;
    yk_topo_cpus(t, &cpus);
    assert_int_equal(cpus, online);
    yk_topo_close(&t);
    assert_null(t);
    yk_topo_close(&t);
    yk_topo_close(NULL);
    assert_int_equal(yk_topo_open(NULL, NULL, NULL), YK_E_INVALID);
    t = open_with((yk_topo_opts){.full = 1});
    check_consistent(t);
    yk_topo_close(&t);
}

static void affinity_binds(void **state)
{
    (void)state;
    cpu_set_t before, one, after;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    size_t cpu = 0;
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &before)) cpu = i;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    yk_topo *t = open_with((yk_topo_opts){0});
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_true(CPU_EQUAL(&one, &after));       /* loading left it alone */
    check_consistent(t);
    const yk_topo_limits *m = yk_topo_get_limits(t);
    assert_int_equal(yk_topo_workers(t), 1);
    assert_int_equal(yk_topo_worker_cpu(t, 0), cpu);
    assert_int_equal(m->affinity, 1);
    if (m->cores > 1 && m->cpuset > 1) assert_int_equal(m->bound, YK_BOUND_AFFINITY);
    char expected[24];
    snprintf(expected, sizeof expected, "%zu", cpu);
    assert_string_equal(m->cpus, expected);
    yk_topo_close(&t);
}

static void two_sockets(void **state)
{
    (void)state;
    yk_topo *t = open_with((yk_topo_opts){
        .synthetic = "pack:2 [numa(memory=64GB)] l3:1(size=32MB) l2:8(size=1MB) l1:1 core:1 pu:2"});
    check_consistent(t);
    size_t cores, cpus, nodes;
    yk_topo_cores(t, &cores);
    yk_topo_cpus(t, &cpus);
    const yk_topo_node *node = yk_topo_nodes(t, &nodes);
    assert_false(yk_topo_is_this_machine(t));
    assert_int_equal(cores, 16);
    assert_int_equal(cpus, 32);
    assert_int_equal(nodes, 2);
    assert_int_equal(node[1].cores, 8);
    assert_true(node[0].bytes >= 64000000000u);
    assert_int_equal(yk_topo_packages(t), 2);
    assert_int_equal(yk_topo_workers(t), 16);
    assert_int_equal(yk_topo_worker_node(t, 7), 0);
    assert_int_equal(yk_topo_worker_node(t, 8), 1);
    const yk_topo_cache *l3 = yk_topo_core_cache(t, 15, 3);
    assert_non_null(l3);
    assert_int_equal(l3->first_core, 8);
    assert_int_equal(l3->cores, 8);
    assert_int_equal(l3->cpus, 16);
    assert_null(yk_topo_core_cache(t, 15, 4));
    assert_null(yk_topo_core_cache(t, 16, 3));
    assert_int_equal(yk_topo_isa(t), YK_ISA_GENERIC);
    yk_topo_close(&t);
}

static void sizes_of_machines(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t cores, cpus;
    } cases[] = {
        {"pu:1", 1, 1}, {"pu:4", 4, 4}, {"core:1 pu:1", 1, 1}, {"core:1 pu:8", 1, 8},
        {"pack:4 core:64 pu:1", 256, 256}, {"pack:2 core:96 pu:2", 192, 384},
    };
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        yk_topo *t = open_with((yk_topo_opts){.synthetic = cases[i].text});
        size_t cores, cpus;
        yk_topo_cores(t, &cores);
        yk_topo_cpus(t, &cpus);
        assert_int_equal(cores, cases[i].cores);
        assert_int_equal(cpus, cases[i].cpus);
        assert_int_equal(yk_topo_workers(t), cores);
        check_consistent(t);
        yk_topo_close(&t);
    }
}

static size_t efficiency_cores(const yk_topo *t)
{
    size_t n, found = 0;
    const yk_topo_core *core = yk_topo_cores(t, &n);
    for (size_t k = 0; k < n; k++) found += core[k].kind == YK_CORE_EFFICIENCY;
    return found;
}

static void hybrid(void **state)
{
    (void)state;
    yk_topo *t = open_with((yk_topo_opts){.xml = MACHINES "hybrid.xml"});
    check_consistent(t);
    assert_string_equal(yk_topo_cpu_model(t), "Intel Core i9-13900K");
    assert_string_equal(yk_topo_os(t), "Linux 6.8.0");
    assert_int_equal(efficiency_cores(t), 16);
    assert_int_equal(yk_topo_workers(t), 24);
    assert_int_equal(yk_topo_core_cache(t, 0, 2)->cores, 1);
    assert_int_equal(yk_topo_core_cache(t, 23, 2)->cores, 4);
    assert_int_equal(yk_topo_core_cache(t, 23, 2)->kind, YK_CORE_EFFICIENCY);
    assert_true(yk_topo_core_cache(t, 0, 3)->bytes == 36u << 20);
    yk_topo_close(&t);

    t = open_with((yk_topo_opts){.xml = MACHINES "hybrid.xml", .threads = 32});
    check_consistent(t);
    assert_int_equal(yk_topo_workers(t), 32);
    assert_int_equal(yk_topo_worker_cpu(t, 7), 14);         /* P cores, then E cores, */
    assert_int_equal(yk_topo_worker_cpu(t, 8), 16);
    assert_int_equal(yk_topo_worker_cpu(t, 24), 1);         /* then the second CPUs */
    yk_topo_close(&t);

    t = open_with((yk_topo_opts){.xml = MACHINES "big_little.xml", .threads = 5});
    check_consistent(t);
    assert_int_equal(efficiency_cores(t), 4);
    assert_int_equal(yk_topo_get_limits(t)->bound, YK_BOUND_ASKED);
    assert_int_equal(yk_topo_worker_cpu(t, 0), 4);          /* the fast ones first */
    assert_int_equal(yk_topo_worker_cpu(t, 4), 0);
    assert_int_equal(yk_topo_worker_kind(t, 4), YK_CORE_EFFICIENCY);
    yk_topo_close(&t);

    t = open_with((yk_topo_opts){.xml = MACHINES "favoured.xml"});
    assert_int_equal(efficiency_cores(t), 0);
    yk_topo_close(&t);
}

/* What the file says was off, or not allowed, where it was made; a root knows better. */
static void parts_missing(void **state)
{
    (void)state;
    yk_topo *t = open_with((yk_topo_opts){.xml = MACHINES "offline.xml"});
    check_consistent(t);
    assert_int_equal(yk_topo_get_limits(t)->offline, 3);
    assert_int_equal(yk_topo_workers(t), 3);
    yk_topo_close(&t);

    t = open_with((yk_topo_opts){.xml = MACHINES "disallowed.xml"});
    check_consistent(t);
    assert_int_equal(yk_topo_get_limits(t)->offline, 0);
    assert_int_equal(yk_topo_get_limits(t)->bound, YK_BOUND_CPUSET);
    assert_int_equal(yk_topo_workers(t), 5);
    assert_int_equal(yk_topo_worker_cpu(t, 4), 6);
    yk_topo_close(&t);

    char root[64];
    false_root_make(root);
    false_root_put(root, "/proc/self/cgroup", "0::/\n");
    false_root_put(root, "/proc/self/mountinfo",
                   "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    false_root_put(root, "/sys/fs/cgroup/cpuset.cpus.effective", "4-5\n");
    false_root_put(root, "/sys/devices/system/cpu/present", "0-9\n");
    false_root_put(root, "/sys/devices/system/cpu/online", "0-7\n");
    t = open_with((yk_topo_opts){.xml = MACHINES "disallowed.xml", .root = root});
    assert_int_equal(yk_topo_get_limits(t)->offline, 2);
    assert_int_equal(yk_topo_workers(t), 2);
    assert_int_equal(yk_topo_worker_cpu(t, 0), 4);
    yk_topo_close(&t);
    false_root_remove(root);

    t = open_with((yk_topo_opts){.xml = MACHINES "memory_only.xml"});
    size_t nodes;
    const yk_topo_node *node = yk_topo_nodes(t, &nodes);
    assert_int_equal(nodes, 2);
    assert_int_equal(node[0].cores + node[1].cores, 4);
    assert_true(node[0].cores == 0 || node[1].cores == 0);
    yk_topo_close(&t);
}

static void asked(void **state)
{
    (void)state;
    const char *machine = "core:12 pu:2";
    setenv("YOKE_THREADS", "5", 1);
    yk_topo *t = open_with((yk_topo_opts){.synthetic = machine});
    assert_int_equal(yk_topo_workers(t), 5);
    assert_int_equal(yk_topo_get_limits(t)->asked, 5);
    assert_string_equal(yk_topo_get_limits(t)->asked_from, "YOKE_THREADS");
    yk_topo_close(&t);
    t = open_with((yk_topo_opts){.synthetic = machine, .threads = 20});     /* options win */
    assert_int_equal(yk_topo_workers(t), 20);
    assert_string_equal(yk_topo_get_limits(t)->asked_from, "threads");
    check_consistent(t);
    yk_topo_close(&t);
    setenv("YOKE_THREADS", "eight", 1);
    yk_diag d = refused((yk_topo_opts){.synthetic = machine}, YK_E_INVALID);
    assert_string_equal(d.text, "YOKE_THREADS=eight: expected a whole number from 1 to 24");
    static const char *const bad[] = {"0", "25", "-1", "4.0", "99999999999999999999"};
    for (size_t i = 0; i < YKI_COUNT(bad); i++) {
        setenv("YOKE_THREADS", bad[i], 1);
        refused((yk_topo_opts){.synthetic = machine}, YK_E_INVALID);
    }
    unsetenv("YOKE_THREADS");
    d = refused((yk_topo_opts){.synthetic = machine, .threads = 25}, YK_E_INVALID);
    assert_string_equal(d.text, "threads=25: expected a whole number from 1 to 24");
    d = refused((yk_topo_opts){.synthetic = machine, .xml = "x"}, YK_E_INVALID);
    refused((yk_topo_opts){.reserved = {(void *)machine}}, YK_E_INVALID);
}

static void write_deep_xml(const char *path, int depth)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("<?xml version=\"1.0\"?>\n<topology version=\"2.0\">\n", f);
    for (int i = 0; i < depth; i++)
        fputs("<object type=\"Group\" cpuset=\"0x1\" nodeset=\"0x1\">\n", f);
    for (int i = 0; i < depth; i++) fputs("</object>\n", f);
    fputs("</topology>\n", f);
    assert_int_equal(fclose(f), 0);
}

static void bad_machines(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "nonsense", "pack:", "pack:99999999", "pack:0", "core:2 pack:2 core:1 banana:3",
        "pack:1000 core:1000 pu:1000", "pu:1025", "pu:18446744073709551616",
        "2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2",
    };
    for (size_t i = 0; i < YKI_COUNT(bad); i++)
        refused((yk_topo_opts){.synthetic = bad[i]}, YK_E_INVALID);
    yk_diag d = refused((yk_topo_opts){.synthetic = "pack:99999999"}, YK_E_INVALID);
    assert_non_null(strstr(d.text, "more than 8192 objects"));

    char root[64], path[PATH_MAX];
    false_root_make(root);
    snprintf(path, sizeof path, "%s/deep.xml", root);
    write_deep_xml(path, 20000);
    d = refused((yk_topo_opts){.xml = path}, YK_E_INVALID);
    assert_non_null(strstr(d.text, "nested more than 64 deep"));
    static const char *const texts[] = {
        "", "not xml", "<topology", "<topology version=\"2.0\"></topology>",
        "<topology version=\"2.0\"><object type=\"Machine\"></object></topology>",
        "<topology version=\"9.9\"><object type=\"PU\" os_index=\"0\"/></topology>",
        "<a b=\"<object\"><object></a>", "<!-- <object -->",
    };
    for (size_t i = 0; i < YKI_COUNT(texts); i++) {
        false_root_put(root, "/bad.xml", texts[i]);
        snprintf(path, sizeof path, "%s/bad.xml", root);
        refused((yk_topo_opts){.xml = path}, YK_E_INVALID);
    }
    d = refused((yk_topo_opts){.xml = root}, YK_E_IO);
    d = refused((yk_topo_opts){.xml = "/nonexistent/machine.xml"}, YK_E_IO);
    assert_string_equal(d.driver_error, "ENOENT");
    false_root_remove(root);
}

/* hwloc's own variables must not replace this machine behind our back. */
static void hwloc_environment(void **state)
{
    (void)state;
    size_t cpus, before;
    yk_topo *t = open_with((yk_topo_opts){0});
    yk_topo_cpus(t, &before);
    yk_topo_close(&t);
    static const char *const settings[][2] = {
        {"HWLOC_SYNTHETIC", "pack:3 core:7 pu:1"},
        {"HWLOC_SYNTHETIC", "garbage"},
        {"HWLOC_XMLFILE", MACHINES "hybrid.xml"},
        {"HWLOC_XMLFILE", "/nonexistent"},
        {"HWLOC_COMPONENTS", "synthetic"},
    };
    for (size_t i = 0; i < YKI_COUNT(settings) * 2; i++) {
        const char *name = settings[i / 2][0];
        yk_diag d = {0};
        setenv(name, settings[i / 2][1], 1);
        if (i % 2) setenv("HWLOC_THISSYSTEM", "1", 1);      /* it would even claim to be */
        t = NULL;
        yk_status status = yk_topo_open(&t, NULL, &d);
        unsetenv(name);
        unsetenv("HWLOC_THISSYSTEM");
        if (status == YK_OK) {
            yk_topo_cpus(t, &cpus);
            assert_int_equal(cpus, before);
            assert_true(yk_topo_is_this_machine(t));
        } else {
            assert_int_equal(status, YK_E_INVALID);
            assert_non_null(strstr(d.text, name));
        }
        yk_topo_close(&t);
    }
    setenv("HWLOC_FSROOT", "/nonexistent", 1);
    refused((yk_topo_opts){0}, YK_E_INVALID);
    unsetenv("HWLOC_FSROOT");
}

/* Slurm and others hand out a copy of the machine in HWLOC_XMLFILE. */
static void hwloc_copy_of_this_machine(void **state)
{
    (void)state;
    char root[64], path[PATH_MAX];
    false_root_make(root);
    snprintf(path, sizeof path, "%s/copy.xml", root);
    hwloc_topology_t tree;
    assert_int_equal(hwloc_topology_init(&tree), 0);
    assert_int_equal(hwloc_topology_load(tree), 0);
    assert_int_equal(hwloc_topology_export_xml(tree, path, 0), 0);
    hwloc_topology_destroy(tree);
    setenv("HWLOC_XMLFILE", path, 1);
    yk_topo *t = open_with((yk_topo_opts){0});
    unsetenv("HWLOC_XMLFILE");
    false_root_remove(root);
    assert_true(yk_topo_is_this_machine(t));
    check_consistent(t);
    yk_topo_close(&t);
}

static void isa(void **state)
{
    (void)state;
    yk_isa native = yk_isa_native(), parsed;
    for (unsigned i = 0; i < YK_ISA_COUNT; i++) {
        const char *name = yk_isa_name((yk_isa)i);
        assert_int_equal(yk_isa_parse(name, &parsed), YK_OK);
        assert_int_equal(parsed, i);
        setenv("YOKE_ISA", name, 1);
        if (i <= native) {
            yk_topo *t = open_with((yk_topo_opts){0});
            assert_int_equal(yk_topo_isa(t), i);
            assert_int_equal(yk_topo_isa_machine(t), native);
            yk_topo_close(&t);
            t = open_with((yk_topo_opts){.isa = "native"});     /* options win */
            assert_int_equal(yk_topo_isa(t), native);
            yk_topo_close(&t);
        } else {
            yk_diag d = refused((yk_topo_opts){0}, YK_E_INVALID);
            assert_non_null(strstr(d.text, yk_isa_name(native)));
        }
    }
    setenv("YOKE_ISA", "avx2", 1);
    yk_diag d = refused((yk_topo_opts){0}, YK_E_INVALID);
    assert_string_equal(d.text, "YOKE_ISA=avx2: expected generic, x86-64-v2, x86-64-v3, x86-64-v4 "
                                "or native");
    unsetenv("YOKE_ISA");
    assert_int_equal(yk_isa_parse("x86-64-v5", &parsed), YK_E_INVALID);
    assert_int_equal(yk_isa_parse(NULL, &parsed), YK_E_INVALID);
    assert_string_equal(yk_isa_name((yk_isa)77), "unknown");
#if defined(__x86_64__)
    __builtin_cpu_init();       /* the compiler's own runtime is a second opinion */
    assert_int_equal(native >= YK_ISA_X86_V3, __builtin_cpu_supports("avx2") != 0 &&
                                                  __builtin_cpu_supports("fma") != 0 &&
                                                  __builtin_cpu_supports("bmi2") != 0);
    assert_int_equal(native >= YK_ISA_X86_V4, __builtin_cpu_supports("avx512vl") != 0 &&
                                                  __builtin_cpu_supports("avx512bw") != 0 &&
                                                  __builtin_cpu_supports("avx512dq") != 0);
#endif
}

static void put_pci(const char *root, const char *address, const char *class, const char *vendor,
                    const char *device)
{
    static const char *const names[] = {"class", "vendor", "device"};
    const char *const texts[] = {class, vendor, device};
    for (size_t i = 0; i < 3; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", address, names[i]);
        if (texts[i]) false_root_put(root, path, texts[i]);
    }
}

static void pci(void **state)
{
    (void)state;
    char root[64];
    false_root_make(root);
    yk_topo *t = open_with((yk_topo_opts){.root = root, .pci = 1});
    assert_int_equal(yk_topo_pci_count(t), 0);          /* no bus at all */
    yk_topo_close(&t);
    put_pci(root, "0000:65:00.0", "0x120000\n", "0x1da3\n", "0x1020\n");
    put_pci(root, "0000:01:00.0", "0x030000\n", "0x10de\n", "0x2786\n");
    put_pci(root, "0000:02:00.0", "0x030200\n", "0x10de\n", "0x20b0\n");
    put_pci(root, "0000:03:00.0", "0x020000\n", "0x8086\n", "0x15f3\n");    /* a network card */
    put_pci(root, "0000:04:00.0", "junk\n", "0x8086\n", "0x15f3\n");
    put_pci(root, "0000:05:00.0", "0x030000\n", NULL, NULL);
    put_pci(root, "0000:06:00.0", "0x\n", "0x1\n", "0x1\n");
    false_root_put(root, "/sys/bus/pci/devices/0000:01:00.0/numa_node", "1\n");
    false_root_put(root, "/sys/bus/pci/devices/0000:02:00.0/numa_node", "-1\n");
    char link[PATH_MAX];
    snprintf(link, sizeof link, "%s/sys/bus/pci/devices/0000:01:00.0/driver", root);
    assert_int_equal(symlink("../../../../bus/pci/drivers/nvidia", link), 0);
    t = open_with((yk_topo_opts){.root = root, .full = 1});
    assert_int_equal(yk_topo_pci_count(t), 3);
    const yk_topo_pci *d = yk_topo_pci_at(t, 0);
    assert_string_equal(d->address, "0000:01:00.0");
    assert_string_equal(d->driver, "nvidia");
    assert_int_equal(d->vendor, 0x10de);
    assert_int_equal(d->device, 0x2786);
    assert_int_equal(d->class_code, 0x030000);
    assert_int_equal(d->node, 1);
    assert_int_equal(yk_topo_pci_at(t, 1)->class_code, 0x030200);
    assert_int_equal(yk_topo_pci_at(t, 1)->node, -1);
    assert_string_equal(yk_topo_pci_at(t, 2)->address, "0000:65:00.0");
    assert_null(yk_topo_pci_at(t, 3));
    yk_topo_close(&t);
    t = open_with((yk_topo_opts){.root = root});
    assert_int_equal(yk_topo_pci_count(t), 0);          /* only where asked for */
    yk_topo_close(&t);
    false_root_remove(root);
}

typedef struct failing {
    size_t calls, fail_at;
    bool for_good;
} failing;

static bool fail_kth(void *ctx, size_t bytes)
{
    (void)bytes;
    failing *f = ctx;
    f->calls++;
    return f->for_good ? f->calls < f->fail_at : f->calls != f->fail_at;
}

/* Either an error with nothing leaked (ASan watches) or a machine that is whole, for
 * limits that could not be read are unknown, not fatal. */
static void failing_allocations(void **state)
{
    (void)state;
    const yk_topo_opts cases[] = {{.full = 1}, {.xml = MACHINES "hybrid.xml"}};
    for (size_t c = 0; c < YKI_COUNT(cases) * 2; c++) {
        size_t failed = 0;
        for (size_t k = 1;; k++) {
            failing f = {.fail_at = k, .for_good = c % 2};
            yk_topo *t = NULL;
            yk_diag d = {0};
            yki_alloc_set_hook(fail_kth, &f);
            yk_status status = yk_topo_open(&t, &cases[c / 2], &d);
            yki_alloc_set_hook(NULL, NULL);
            if (status == YK_OK) check_consistent(t);
            else assert_int_equal(status, YK_E_NOMEM);
            assert_int_equal(status == YK_OK, t != NULL);
            failed += status != YK_OK;
            yk_topo_close(&t);
            if (f.calls < k) break;
        }
        assert_true(failed >= 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine), cmocka_unit_test(affinity_binds),
        cmocka_unit_test(two_sockets),  cmocka_unit_test(sizes_of_machines),
        cmocka_unit_test(hybrid),       cmocka_unit_test(asked),
        cmocka_unit_test(parts_missing),
        cmocka_unit_test(bad_machines), cmocka_unit_test(hwloc_environment),
        cmocka_unit_test(hwloc_copy_of_this_machine),
        cmocka_unit_test(isa),          cmocka_unit_test(pci),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
