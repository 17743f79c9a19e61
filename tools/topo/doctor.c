/* What costs speed or breaks on this machine, each with a remedy.  Reads files and
 * asks drivers in children; changes nothing. */
#include "tool.h"

#include "base/base.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct exam {
    diagnosis *d;
    const state *s;
    const yk_topo_limits *limits;
} exam;

/* A full list drops what comes last: there are fewer checks than places. */
static void add(exam *x, const finding *f)
{
    if (x->d->count < MOST_FINDINGS) x->d->findings[x->d->count++] = *f;
}

YK_PRINTF(2, 3) static void good(exam *x, const char *format, ...)
{
    finding f = {.good = true};
    va_list args;
    va_start(args, format);
    vsnprintf(f.what, sizeof f.what, format, args);
    va_end(args);
    add(x, &f);
}

YK_PRINTF(3, 4) static void bad(exam *x, const char *remedy, const char *format, ...)
{
    finding f = {.good = false};
    va_list args;
    va_start(args, format);
    vsnprintf(f.what, sizeof f.what, format, args);
    va_end(args);
    yki_copy_text(f.remedy, sizeof f.remedy, remedy);
    add(x, &f);
}

/* ---- cores ---- */

static void look_at_cores(exam *x)
{
    const yk_topo_limits *m = x->limits;
    if (m->bound == YK_BOUND_MACHINE)
        good(x, "all %zu cores are used", m->cores);
    if (m->affinity < m->cpuset)
        bad(x, "if that is not meant: start without taskset, numactl or a batch system's binding",
            "the affinity mask leaves %zu of %zu cores (CPUs %s)", m->affinity, m->cores,
            m->cpus);
    if (m->cpuset < m->cores)
        bad(x, "give the container or job more CPUs (cpuset) if it should have them",
            "the cpuset leaves %zu of %zu cores (%s)", m->cpuset, m->cores, m->cpuset_from);
    if (m->bound == YK_BOUND_ASKED && m->asked < m->usable)
        bad(x, "unset YOKE_THREADS to use all of them",
            "%s=%zu leaves %zu of %zu usable cores idle", m->asked_from, m->asked,
            m->usable - m->asked, m->usable);
    if (m->workers > m->usable)
        bad(x, "unset YOKE_THREADS: one worker a core is usually faster",
            "%zu workers on %zu cores share cores", m->workers, m->usable);
}

static void look_at_quota(exam *x)
{
    const yk_topo_limits *m = x->limits;
    if (m->warning[0]) {
        char remedy[160];
        size_t fits = (size_t)m->quota;
        if (fits >= 1) snprintf(remedy, sizeof remedy, "YOKE_THREADS=%zu, or a quota of %zu CPUs",
                                fits, m->workers);
        else snprintf(remedy, sizeof remedy, "give the container or job at least one CPU");
        bad(x, remedy, "the CPU quota (%s) throttles: %zu worker%s on %.3g CPUs", m->quota_from,
            m->workers, m->workers == 1 ? "" : "s", m->quota);
    } else if (m->quota_known == YK_TOPO_LIMITED) {
        good(x, "a CPU quota of %.3g CPUs (%s) is kept", m->quota, m->quota_from);
    } else if (m->quota_known == YK_TOPO_UNKNOWN) {
        bad(x, "mount the cgroup file system, or set YOKE_THREADS if there is a quota",
            "the CPU quota cannot be read%s%s", m->quota_from[0] ? ": " : "", m->quota_from);
    } else {
        good(x, "no CPU quota");
    }
}

/* Cores that others kept busy over the last minute. */
static void look_at_load(exam *x)
{
    char text[128];
    if (yki_read_file("", "/proc/loadavg", text, sizeof text) != YK_OK) return;
    double load = strtod(text, NULL);       /* the decimal point is C's: see yki_tool_start */
    if (load < 0.5 * (double)x->limits->usable) return;
    bad(x, "stop them, or expect slower and noisier runs",
        "other programs are busy: load %.2f on %zu cores", load, x->limits->usable);
}

static void look_at_isa(exam *x)
{
    yk_isa use = yk_topo_isa(x->s->topo), have = yk_topo_isa_machine(x->s->topo);
    if (use < have)
        bad(x, "unset YOKE_ISA", "kernels use %s although this machine has %s", yk_isa_name(use),
            yk_isa_name(have));
    else good(x, "kernels use %s", yk_isa_name(use));
}

/* ---- the kernel's settings ---- */

static void look_at_governor(exam *x)
{
    char governor[64], driver[64] = "";
    if (yki_read_file("", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor,
                      sizeof governor) != YK_OK)
        return;
    (void)yki_read_file("", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", driver,
                        sizeof driver);
    bool adapts = strstr(driver, "pstate") != NULL;    /* there "powersave" follows the load */
    if (strncmp(governor, "powersave", 9) == 0 && !adapts)
        bad(x, "cpupower frequency-set -g schedutil (as root)",
            "the frequency governor 'powersave' keeps cores at their lowest clock");
}

static void look_at_pages(exam *x)
{
    char text[128];
    if (yki_read_file("", "/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text) !=
        YK_OK)
        return;
    if (strstr(text, "[never]"))
        bad(x, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (as root)",
            "huge pages are off: large arrays cost more address translation");
}

/* ---- drivers ---- */

static void examine_driver(void *ctx, const char *icd)
{
    exam *x = ctx;
    const char *name = strrchr(icd, '/') + 1;
    device_list *list = calloc(1, sizeof *list);
    if (!list) return;
    yki_progress("asking %s...", name);
    bool answered = yki_topo_probe(list, icd);
    yki_progress(NULL);
    if (!answered)
        bad(x, "reinstall that driver or remove its .icd file; OCL_ICD_VENDORS chooses another",
            "%.*s", (int)(strlen(list->problem) - strlen("; left out")), list->problem);
    else if (list->count == 0)
        good(x, "OpenCL %s offers no device%s", name,
             strcmp(name, "rusticl.icd") == 0 ? " (RUSTICL_ENABLE names its drivers)" : "");
    else
        good(x, "OpenCL %s offers %zu device%s: %s%s", name, list->count,
             list->count == 1 ? "" : "s", list->rows[0].info.name, list->count > 1 ? ", ..." : "");
    free(list);
}

static void look_at_drivers(exam *x)
{
    if (x->s->devices.no_opencl) {
        bad(x, "build it with -DYOKE_OPENCL=ON where OpenCL's headers and loader are",
            "this build of Yoke has no OpenCL: only the CPU's cores are used");
        return;
    }
    size_t drivers = yki_topo_each_icd(examine_driver, x);
    if (drivers == 0 && x->s->devices.problem[0])
        bad(x, "correct or unset OCL_ICD_VENDORS", "%s", x->s->devices.problem);
    else if (drivers == 0 && !getenv("OCL_ICD_VENDORS"))
        bad(x, "install your GPU's OpenCL driver, or pocl-opencl-icd to try it on the CPU",
            "no OpenCL driver is installed: only the CPU's cores are used");
    for (size_t i = 0; i < x->s->devices.count; i++) {
        const device_row *r = &x->s->devices.rows[i];
        if (r->info.id[0] || !r->pci) continue;
        bad(x, "install the OpenCL driver of its maker",
            "PCI device %s (%04x:%04x, kernel driver %s) has no OpenCL driver", r->pci->address,
            r->pci->vendor, r->pci->device, r->pci->driver[0] ? r->pci->driver : "none");
    }
}

static bool pocl_folder(char *to, size_t size)
{
    const char *own = yki_env("POCL_CACHE_DIR"), *xdg = yki_env("XDG_CACHE_HOME");
    const char *home = yki_env("HOME");
    int n = own ? snprintf(to, size, "%s", own)
            : xdg ? snprintf(to, size, "%s/pocl", xdg)
                  : snprintf(to, size, "%s/.cache/pocl", home ? home : "");
    return n > 0 && (size_t)n < size;
}

/* PoCL loads and runs the compiled code it finds there. */
static void look_at_pocl_cache(exam *x)
{
    static const char remedy[] =
        "remove it, or set POCL_CACHE_DIR to a folder of your own with mode 0700";
    char path[512];
    struct stat st;
    if (!pocl_folder(path, sizeof path) || lstat(path, &st) != 0) return;
    if (S_ISLNK(st.st_mode)) bad(x, remedy, "PoCL's cache %.200s is a link", path);
    else if (!S_ISDIR(st.st_mode)) bad(x, remedy, "PoCL's cache %.200s is not a folder", path);
    else if (st.st_uid != geteuid()) bad(x, remedy, "PoCL's cache %.200s belongs to another user",
                                         path);
    else if (st.st_mode & 022) bad(x, remedy, "others may write to PoCL's cache %.200s", path);
    else good(x, "PoCL's cache %.200s is private", path);
}

/* ---- all of it ---- */

void yki_topo_diagnose(diagnosis *d, const state *s)
{
    exam x = {.d = d, .s = s, .limits = yk_topo_get_limits(s->topo)};
    look_at_cores(&x);
    look_at_quota(&x);
    look_at_isa(&x);
    look_at_load(&x);
    look_at_governor(&x);
    look_at_pages(&x);
    look_at_drivers(&x);
    look_at_pocl_cache(&x);
}

void yki_topo_show_diagnosis(const diagnosis *d)
{
    bool colour = yki_colour(stdout);
    size_t troubles = 0;
    for (size_t i = 0; i < d->count; i++) {
        const finding *f = &d->findings[i];
        const char *mark = f->good ? "ok" : "!!";
        if (colour) printf("  \033[%sm%s\033[0m  %s\n", f->good ? "32" : "33", mark, f->what);
        else printf("  %s  %s\n", mark, f->what);
        if (f->remedy[0]) printf("      remedy: %s\n", f->remedy);
        troubles += !f->good;
    }
    if (troubles == 0) puts("\nnothing to mend");
    else printf("\n%zu finding%s\n", troubles, troubles == 1 ? "" : "s");
}
