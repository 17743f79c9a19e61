/* yoke-topo --doctor: every finding provoked, by a false root, a false environment or a
 * bad driver, and looked at together with its remedy. */
#include "topo_command.h"

#define CGROUP {"/proc/self/cgroup", "0::/job\n"},                                              \
               {"/proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 c rw\n"}
#define CPU "/sys/devices/system/cpu/"
#define PCI "/sys/bus/pci/devices/0000:01:00.0/"
#define NVIDIA {PCI "class", "0x030000\n"}, {PCI "vendor", "0x10de\n"}, {PCI "device", "0x2786\n"}
#define DRIVER "@driver"        /* a link to a kernel driver, in place of a file */

typedef struct put {
    const char *path, *text;
} put;

typedef struct symptom {
    const char *check, *what, *remedy;      /* remedy NULL: all is well */
    const char *env[4];
    put files[9];
} symptom;

static const symptom symptoms[] = {
    {"affinity", "all 4 cores are used", NULL, {NULL}, {CGROUP}},
    {"affinity", "the affinity mask leaves 2 of 4 cores (CPUs 1-2)", "start without taskset",
     {NULL}, {CGROUP, {"/proc/self/status", "Cpus_allowed_list:\t1-2\n"}}},
    {"affinity", "the affinity mask leaves 1 of 4 cores", "bound by Slurm; see --cpus-per-task",
     {"SLURM_JOB_ID=7"}, {CGROUP, {"/proc/self/status", "Cpus_allowed_list:\t3\n"}}},
    {"affinity", "the affinity mask leaves 1 of 4 cores", "mpirun --bind-to none",
     {"OMPI_COMM_WORLD_SIZE=2"}, {CGROUP, {"/proc/self/status", "Cpus_allowed_list:\t3\n"}}},
    {"cpuset", "the cpuset leaves 3 of 4 cores (/sys/fs/cgroup/job/cpuset.cpus.effective)",
     "give the container or job more CPUs", {NULL},
     {CGROUP, {"/sys/fs/cgroup/job/cpuset.cpus.effective", "0-2\n"}}},
    {"cpuset", "the cpuset cannot be read: /sys/fs/cgroup/job/cpuset.cpus.effective",
     "mount the cgroup file system", {NULL},
     {CGROUP, {"/sys/fs/cgroup/job/cpuset.cpus.effective", "some\n"}}},
    {"threads", "YOKE_THREADS=2 leaves 2 of 4 usable cores idle", "unset YOKE_THREADS",
     {"YOKE_THREADS=2"}, {CGROUP}},
    {"threads", "2 workers on 1 core share cores", "one worker a core is usually faster",
     {"YOKE_THREADS=2", "YKT_INPUT=core:1 pu:2"}, {CGROUP}},
    {"openmp", "OMP_PROC_BIND=close binds the first thread", "unset OMP_PROC_BIND",
     {"OMP_PROC_BIND=close"}, {CGROUP}},
    {"openmp", "GOMP_CPU_AFFINITY=0-3 binds", "unset GOMP_CPU_AFFINITY",
     {"GOMP_CPU_AFFINITY=0-3", "OMP_PROC_BIND=false"}, {CGROUP}},
    {"openmp", "OMP_PLACES=cores binds", "unset OMP_PLACES", {"OMP_PLACES=cores"}, {CGROUP}},
    {"openmp", "KMP_AFFINITY=compact binds", "unset KMP_AFFINITY", {"KMP_AFFINITY=compact"},
     {CGROUP}},
    {"offline", "3 CPUs (2,6-7) are there but offline", "echo 1 > ", {NULL},
     {CGROUP, {CPU "present", "0-7\n"}, {CPU "online", "0-1,3-5\n"}}},
    {"offline", "4 CPUs (4-7) are off because SMT is", NULL, {NULL},
     {CGROUP, {CPU "present", "0-7\n"}, {CPU "online", "0-3\n"}, {CPU "smt/control", "off\n"}}},
    {"isolated", "CPUs 2-3 are isolated", "take isolcpus= off the kernel's command line", {NULL},
     {CGROUP, {CPU "isolated", "2-3\n"}}},
    {"quota", "no CPU quota", NULL, {NULL}, {CGROUP}},
    {"quota", "a CPU quota of 3 CPUs (/sys/fs/cgroup/job/cpu.max) is kept", NULL, {NULL},
     {CGROUP, {"/sys/fs/cgroup/job/cpu.max", "300000 100000\n"}}},
    {"quota", "the CPU quota (/sys/fs/cgroup/job/cpu.max) throttles: 3 workers on 2.5 CPUs",
     "YOKE_THREADS=2, or a quota of 3 CPUs", {NULL},
     {CGROUP, {"/sys/fs/cgroup/job/cpu.max", "250000 100000\n"}}},
    {"quota", "throttles: 1 worker on 0.5 CPUs", "give the container or job at least one CPU",
     {NULL}, {CGROUP, {"/sys/fs/cgroup/job/cpu.max", "50000 100000\n"}}},
    {"quota", "the quota has stopped this group's processes 12 times", "a higher quota", {NULL},
     {CGROUP, {"/sys/fs/cgroup/job/cpu.max", "300000 100000\n"},
      {"/sys/fs/cgroup/job/cpu.stat", "nr_periods 20\nnr_throttled 12\nthrottled_usec 5\n"}}},
    {"quota", "the CPU quota cannot be read: /sys/fs/cgroup/job/cpu.max",
     "set YOKE_THREADS if there is a quota", {NULL},
     {CGROUP, {"/sys/fs/cgroup/job/cpu.max", "-5 100000\n"}}},
    {"isa", "kernels use generic", NULL, {NULL}, {CGROUP}},
    {"settings", "YOKE_THREAD is set, but Yoke has no such setting", "did you mean YOKE_THREADS?",
     {"YOKE_THREAD=4"}, {CGROUP}},
    {"settings", "YOKE_XYZZYXYZZY is set", "yoke-topo --config lists", {"YOKE_XYZZYXYZZY=4"},
     {CGROUP}},
    {"load", "other programs are busy: load 3.75 on 4 cores", "stop them", {NULL},
     {CGROUP, {"/proc/loadavg", "3.75 1.0 0.5 1/100 999\n"}}},
    {"steal", "gave other guests 25 % of this machine's CPU time", "CPUs of its own", {NULL},
     {CGROUP, {"/proc/stat", "cpu  500 0 100 150 0 0 0 250 0 0\ncpu0 1 2 3\n"}}},
    {"clock", "the frequency governor 'powersave'", "cpupower frequency-set -g schedutil", {NULL},
     {CGROUP, {CPU "cpu0/cpufreq/scaling_governor", "powersave\n"},
      {CPU "cpu0/cpufreq/scaling_driver", "acpi-cpufreq\n"}}},
    {"clock", "the clock boost is switched off", "intel_pstate/no_turbo", {NULL},
     {CGROUP, {CPU "intel_pstate/no_turbo", "1\n"}}},
    {"clock", "the clock boost is switched off", "echo 1 > " CPU "cpufreq/boost", {NULL},
     {CGROUP, {CPU "cpufreq/boost", "0\n"}}},
    {"clock", "the clock is held at 2.00 GHz of 4.50 GHz", "cpupower frequency-set -u", {NULL},
     {CGROUP, {CPU "cpu0/cpufreq/scaling_max_freq", "2000000\n"},
      {CPU "cpu0/cpufreq/cpuinfo_max_freq", "4500000\n"}}},
    {"pages", "huge pages are off", "echo madvise > ", {NULL},
     {CGROUP, {"/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n"}}},
    {"hidden", "CUDA_VISIBLE_DEVICES=-1 hides NVIDIA devices", "unset CUDA_VISIBLE_DEVICES",
     {"CUDA_VISIBLE_DEVICES=-1"}, {CGROUP}},
    {"hidden", "NVIDIA_VISIBLE_DEVICES=void keeps other NVIDIA devices",
     "unset NVIDIA_VISIBLE_DEVICES", {"NVIDIA_VISIBLE_DEVICES=void"}, {CGROUP}},
    {"hidden", "ROCR_VISIBLE_DEVICES=1 hides AMD", "unset ROCR_VISIBLE_DEVICES",
     {"ROCR_VISIBLE_DEVICES=1"}, {CGROUP}},
    {"hidden", "GPU_DEVICE_ORDINAL=1 hides AMD", "unset GPU_DEVICE_ORDINAL",
     {"GPU_DEVICE_ORDINAL=1"}, {CGROUP}},
    {"hidden", "ZE_AFFINITY_MASK=0.1 hides Intel", "unset ZE_AFFINITY_MASK",
     {"ZE_AFFINITY_MASK=0.1"}, {CGROUP}},
    {"hidden", "OCL_ICD_FILENAMES=x.so makes the OpenCL loader", "unset OCL_ICD_FILENAMES",
     {"OCL_ICD_FILENAMES=x.so"}, {CGROUP}},
    {"hidden", "POCL_DEVICES=basic makes PoCL offer", "unset POCL_DEVICES", {"POCL_DEVICES=basic"},
     {CGROUP}},
    {"hidden", "OPENCL_LAYERS=/x.so puts layers between", "unset OPENCL_LAYERS",
     {"OPENCL_LAYERS=/x.so"}, {CGROUP}},
    {"hidden", "OCL_ICD_VENDORS=/opt/vendors hides the 1 driver of /etc/OpenCL/vendors",
     "unset OCL_ICD_VENDORS", {"OCL_ICD_VENDORS=/opt/vendors"},
     {CGROUP, {"/etc/OpenCL/vendors/nvidia.icd", "libnvidia-opencl.so.1\n"}}},
    {"pci", "NVIDIA 10de:2786 (PCI 0000:01:00.0) has no kernel driver", "install or load its",
     {NULL}, {CGROUP, NVIDIA}},
    {"pci", "(PCI 0000:01:00.0, kernel driver nvidia) has no OpenCL driver", "nvidia-opencl-icd",
     {NULL}, {CGROUP, NVIDIA, {DRIVER, "nvidia"}, {"/dev/nvidia0", ""}}},
    {"pci", "kernel driver amdgpu) has no OpenCL driver", "RUSTICL_ENABLE=radeonsi", {NULL},
     {CGROUP, {PCI "class", "0x030000\n"}, {PCI "vendor", "0x1002\n"}, {PCI "device", "0x7448\n"},
      {DRIVER, "amdgpu"}, {"/dev/dri/renderD128", ""}}},
    {"pci", "kernel driver i915) has no OpenCL driver", "intel-opencl-icd", {NULL},
     {CGROUP, {PCI "class", "0x030000\n"}, {PCI "vendor", "0x8086\n"}, {PCI "device", "0xa780\n"},
      {DRIVER, "i915"}, {"/dev/dri/renderD128", ""}}},
    {"pci", "kernel driver nvidia) has no device file /dev/nvidia[0-9]*", "--gpus all", {NULL},
     {CGROUP, NVIDIA, {DRIVER, "nvidia"}}},
    {"pci", "is not offered although its OpenCL driver is installed", "see the findings", {NULL},
     {CGROUP, NVIDIA, {DRIVER, "nvidia"}, {"/dev/nvidia0", ""},
      {"/etc/OpenCL/vendors/nvidia.icd", "libnvidia-opencl.so.1\n"}}},
    {"pci", "is set apart for a guest (vfio-pci)", "unbind it from vfio-pci", {NULL},
     {CGROUP, NVIDIA, {DRIVER, "vfio-pci"}}},
    {"pci", "kernel driver mystery) has no OpenCL driver", "the OpenCL driver of its maker", {NULL},
     {CGROUP, NVIDIA, {DRIVER, "mystery"}}},
    {"pci", "ASPEED 1a03:2000 (PCI 0000:01:00.0) shows pictures and computes nothing", NULL, {NULL},
     {CGROUP, {PCI "class", "0x030000\n"}, {PCI "vendor", "0x1a03\n"}, {PCI "device", "0x2000\n"},
      {DRIVER, "ast"}}},
    {"access", "this user may open every device file", NULL, {NULL},
     {CGROUP, {"/dev/dri/renderD128", ""}, {"/dev/kfd", ""}}},
    {"caches", "neither HOME nor XDG_CACHE_HOME is set", "set HOME, or POCL_CACHE_DIR",
     {"HOME", "XDG_CACHE_HOME"}, {CGROUP}},
};

static void link_driver(const char *root, const char *name)
{
    char path[PATH_MAX], to[PATH_MAX];
    snprintf(path, sizeof path, "%s" PCI "driver", root);
    snprintf(to, sizeof to, "/sys/bus/pci/drivers/%s", name);
    assert_int_equal(symlink(to, path), 0);
}

static void make_root(const put *files, size_t most, char root[64])
{
    false_root_make(root);
    assert_int_equal(chmod(root, 0755), 0);
    for (size_t i = 0; i < most && files[i].path; i++)
        if (strcmp(files[i].path, DRIVER) == 0) link_driver(root, files[i].text);
        else false_root_put(root, files[i].path, files[i].text);
}

static json_t *diagnose(const ykt_setting *s, const char *root, const char *input)
{
    char word[96];
    snprintf(word, sizeof word, "--root=%s", root);
    ykt_command c = root[0] ? run(s, 0, ARGS(word, "--input", input, "--doctor", "--json", "-"))
                            : run(s, 0, ARGS("--doctor", "--json", "-"));
    json_t *o = parsed(c.out);
    ykt_command_free(&c);
    return o;
}

/* The finding must be there, with a remedy that holds `remedy`, or well where that is
 * NULL; any other finding of the check has to be well too. */
static void expect(const json_t *o, const char *check, const char *what, const char *remedy)
{
    const json_t *list = json_object_get(o, "findings"), *f;
    char *all = json_dumps(list, JSON_INDENT(1));
    bool found = false;
    size_t i;
    json_array_foreach(list, i, f) {
        const char *said = json_string_value(json_object_get(f, "what"));
        const char *advice = json_string_value(json_object_get(f, "remedy"));
        bool good = json_is_true(json_object_get(f, "ok"));
        if (good == (advice != NULL)) fail_msg("ok with a remedy, or neither: %s", said);
        if (strcmp(json_string_value(json_object_get(f, "check")), check) != 0) continue;
        if (!strstr(said, what)) continue;
        found = true;
        if (good != (remedy == NULL)) fail_msg("%s: ok is %d", said, good);
        if (remedy && !strstr(advice, remedy)) fail_msg("%s: the remedy is %s", said, advice);
    }
    if (!found) fail_msg("%s: '%s' is missing in %s", check, what, all);
    free(all);
}

static void findings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof symptoms / sizeof *symptoms; i++) {
        const symptom *s = &symptoms[i];
        const char *input = "core:4 pu:1";
        char root[64];
        for (size_t k = 0; k < 4 && s->env[k]; k++)
            if (strncmp(s->env[k], "YKT_INPUT=", 10) == 0) input = s->env[k] + 10;
        make_root(s->files, sizeof s->files / sizeof *s->files, root);
        json_t *o = diagnose(&(ykt_setting){.env = s->env}, root, input);
        expect(o, s->check, s->what, s->remedy);
        json_decref(o);
        false_root_remove(root);
    }
}

/* What is harmless is not complained of. */
static void no_findings(void **state)
{
    (void)state;
    static const put files[] = {
        CGROUP, {CPU "present", "0-3\n"}, {CPU "online", "0-3\n"}, {CPU "offline", "4-127\n"},
        {CPU "isolated", "\n"}, {"/proc/loadavg", "0.10 0.1 0.1 1/1 9\n"},
        {CPU "cpu0/cpufreq/scaling_governor", "powersave\n"},
        {CPU "cpu0/cpufreq/scaling_driver", "intel_pstate\n"}};
    char root[64];
    make_root(files, sizeof files / sizeof *files, root);
    json_t *o = diagnose(ENV("OMP_PROC_BIND=false", "OMP_PLACES=cores", "HOME=/nonexistent",
                             "NVIDIA_VISIBLE_DEVICES=all", "KMP_AFFINITY=none"), root,
                         "core:4 pu:1");
    const json_t *f;
    size_t i;
    json_array_foreach(json_object_get(o, "findings"), i, f)
        if (!json_is_true(json_object_get(f, "ok")))
            fail_msg("found: %s", json_string_value(json_object_get(f, "what")));
    json_decref(o);
    false_root_remove(root);
}

/* As text: remedies below what they mend, within 100 columns, and how many at the end. */
static void as_text(void **state)
{
    (void)state;
    static const put files[] = {CGROUP, {"/sys/fs/cgroup/job/cpu.max", "250000 100000\n"}};
    char root[64], word[96];
    size_t lines;
    make_root(files, 3, root);
    snprintf(word, sizeof word, "--root=%s", root);
    ykt_command c = run(ENV("YOKE_THREAD=1", "HOME=/nonexistent"), 0,
                        ARGS(word, "--input", "core:4 pu:1", "--doctor"));
    assert_string_equal(c.out,
        "  !!  the CPU quota (/sys/fs/cgroup/job/cpu.max) throttles: 3 workers on 2.5 CPUs\n"
        "      remedy: YOKE_THREADS=2, or a quota of 3 CPUs\n"
        "  ok  kernels use generic\n"
        "  !!  YOKE_THREAD is set, but Yoke has no such setting\n"
        "      remedy: did you mean YOKE_THREADS?\n"
        "\n2 findings\n");
    assert_string_equal(c.err, "");
    ykt_command_free(&c);
    c = run(ENV("OMP_PROC_BIND=close", "OCL_ICD_VENDORS=/opt/a/rather/long/path/to/vendors/of/ope"
                "ncl/drivers/that/nobody/would/write"), 0, ARGS("--doctor"));
    assert_true(widest(c.out, &lines) <= 100);
    ykt_command_free(&c);
    false_root_remove(root);
}

/* ---- device files that only their owner may open ---- */

static void refused(void **state)
{
    (void)state;
    static const put files[] = {CGROUP, {"/dev/dri/renderD128", ""}, {"/dev/nvidia0", ""}};
    char root[64], path[PATH_MAX];
    if (geteuid() != 0) skip();     /* nobody may refuse himself anything */
    make_root(files, 4, root);
    snprintf(path, sizeof path, "%s/dev/dri/renderD128", root);
    assert_int_equal(chmod(path, 0660), 0);
    assert_int_equal(chown(path, 0, 1), 0);         /* group "daemon" or the like */
    snprintf(path, sizeof path, "%s/dev/nvidia0", root);
    assert_int_equal(chmod(path, 0600), 0);
    ykt_setting s = {.uid = 65534};
    ykt_command probe = ykt_run(&s, ARGS("--version"));
    bool can = probe.code == 0;                     /* may that user run it at all? */
    ykt_command_free(&probe);
    if (can) {
        json_t *o = diagnose(&s, root, "core:4 pu:1");
        expect(o, "access", "this user may not open /dev/dri/renderD128", "usermod -aG ");
        expect(o, "access", "this user may not open /dev/nvidia0 (group root, mode 600)",
               "have its mode or group changed");
        json_decref(o);
    }
    false_root_remove(root);
    if (!can) skip();
}

/* ---- cache folders ---- */

static void cache_folders(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *whose;
    } cases[] = {{"POCL_CACHE_DIR", "PoCL"}, {"MESA_SHADER_CACHE_DIR", "Mesa"},
                 {"CUDA_CACHE_PATH", "NVIDIA"}, {"NEO_CACHE_DIR", "Intel"}};
    static const put files[] = {CGROUP, {"/cache", NULL}, {"/file", "x"}, {"/open/cache", NULL}};
    char root[64], path[PATH_MAX], setting[PATH_MAX + 64], what[PATH_MAX + 64], remedy[96];
    make_root(files, 5, root);
    snprintf(path, sizeof path, "%s/open", root);
    assert_int_equal(chmod(path, 0777), 0);
    snprintf(path, sizeof path, "%s/link", root);
    assert_int_equal(symlink("cache", path), 0);
    static const struct {
        const char *path;
        mode_t mode;
        const char *wrong;
    } states[] = {{"cache", 0700, NULL}, {"cache", 0777, "can be written by others"},
                  {"cache", 0500, "cannot be written"}, {"link", 0, "is a link"},
                  {"file", 0, "is not a folder"},
                  {"open/cache", 0, "lies in a folder that others can write"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < sizeof states / sizeof *states; k++) {
            snprintf(path, sizeof path, "%s/%s", root, states[k].path);
            if (states[k].mode) assert_int_equal(chmod(path, states[k].mode), 0);
            snprintf(setting, sizeof setting, "%s=%s", cases[i].variable, path);
            snprintf(what, sizeof what, "%s's cache %s %s", cases[i].whose, path,
                     states[k].wrong ? states[k].wrong : "is private");
            snprintf(remedy, sizeof remedy, "set %s to a folder of your own", cases[i].variable);
            bool tight = states[k].mode == 0500;
            json_t *o = diagnose(ENV(setting), root, "core:4 pu:1");
            expect(o, "caches", what, !states[k].wrong ? NULL : tight ? "chmod 700" : remedy);
            json_decref(o);
        }
    false_root_remove(root);
}

/* A cache that cannot even be made: where nobody may write, and PoCL is installed. */
static void cache_refused(void **state)
{
    (void)state;
    static const put files[] = {CGROUP, {"/home", NULL}, {"/etc/OpenCL/vendors/pocl.icd", "x\n"}};
    char root[64], home[128], what[200];
    make_root(files, 4, root);
    snprintf(home, sizeof home, "HOME=%s/home", root);
    snprintf(what, sizeof what, "PoCL's cache %s/.cache/pocl cannot be made, as ", home + 5);
    assert_int_equal(chmod(home + 5, 0500), 0);
    const char *env[] = {home, "XDG_CACHE_HOME", NULL};
    ykt_setting s = {.env = env, .uid = geteuid() == 0 ? 65534 : 0};
    ykt_command probe = ykt_run(&s, ARGS("--version"));
    bool can = probe.code == 0;
    ykt_command_free(&probe);
    if (can) {
        json_t *o = diagnose(&s, root, "core:4 pu:1");
        expect(o, "caches", what, "set POCL_CACHE_DIR to a folder of your own");
        json_decref(o);
    }
    false_root_remove(root);
    if (!can) skip();
}

/* ---- drivers ---- */

#ifdef YOKE_BAD_DRIVER
static void drivers(void **state)
{
    (void)state;
    static const struct {
        const char *icd, *how, *what, *remedy;
    } cases[] = {
        {"/nonexistent/libgone.so\n", "",
         "OpenCL one.icd cannot be loaded: /nonexistent/libgone.so",
         "install the package that the library belongs to"},
        {"libgone-42.so.1\n", "", "OpenCL one.icd cannot be loaded: libgone-42.so.1",
         "install the package"},
        {"\n", "", "its .icd file names no library", "remove the .icd"},
        {YOKE_BAD_DRIVER "\n", "abort", "OpenCL one.icd crashed (SIGABRT)", "reinstall that"},
        {YOKE_BAD_DRIVER "\n", "segv", "OpenCL one.icd crashed (SIGSEGV)", "reinstall that driver"},
        {YOKE_BAD_DRIVER "\n", "exit", "one.icd ended the process (exit 3)", "remove its .icd"},
        {YOKE_BAD_DRIVER "\n", "noise", "OpenCL one.icd offers no device", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char root[64], vendors[128], how[64];
        false_root_make(root);
        false_root_put(root, "/one.icd", cases[i].icd);
        snprintf(vendors, sizeof vendors, "OCL_ICD_VENDORS=%s", root);
        snprintf(how, sizeof how, "BAD_DRIVER=%s", cases[i].how);
        json_t *o = diagnose(ENV(vendors, how), "", "");
        expect(o, "drivers", cases[i].what, cases[i].remedy);
        json_decref(o);
        false_root_remove(root);
    }
}

static void no_drivers(void **state)
{
    (void)state;
    char root[64], vendors[128];
    json_t *o = diagnose(ENV("OCL_ICD_VENDORS=/nonexistent/vendors"), "", "");
    expect(o, "drivers", "OCL_ICD_VENDORS=/nonexistent/vendors: there is no such file or folder",
           "correct or unset OCL_ICD_VENDORS");
    json_decref(o);
    false_root_make(root);
    snprintf(vendors, sizeof vendors, "OCL_ICD_VENDORS=%s", root);
    o = diagnose(ENV(vendors, "YOKE_DEVICES=gpu7,none"), "", "");
    expect(o, "drivers", "no driver there offers a device", "correct or unset OCL_ICD_VENDORS");
    expect(o, "settings", "YOKE_DEVICES=gpu7,none: there is no device 'gpu7'",
           "one of those that yoke-topo lists");
    json_decref(o);
    false_root_remove(root);
}
#endif

int main(void)
{
    clean_environment();
    unsetenv("NVIDIA_VISIBLE_DEVICES");
    setenv("LC_ALL", "C.UTF-8", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings),      cmocka_unit_test(no_findings),
        cmocka_unit_test(as_text),       cmocka_unit_test(refused),
        cmocka_unit_test(cache_folders),
        cmocka_unit_test(cache_refused),
#ifdef YOKE_BAD_DRIVER
        cmocka_unit_test(drivers),       cmocka_unit_test(no_drivers),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
