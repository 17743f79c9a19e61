/* The doctor on cores: which are left out, by what, and what to do about it. */
#include "doctor.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- which cores ---- */

/* Who may have set the mask: batch systems and MPI leave their mark. */
static const char *who_binds(void)
{
    if (getenv("SLURM_JOB_ID")) return "Slurm; see --cpus-per-task and --cpu-bind";
    if (getenv("OMPI_COMM_WORLD_SIZE")) return "Open MPI; mpirun --bind-to none leaves them free";
    if (getenv("PMI_SIZE")) return "MPICH; mpiexec -bind-to none leaves them free";
    return NULL;
}

void yki_doctor_affinity(exam *x)
{
    const yk_topo_limits *m = x->limits;
    char remedy[200];
    if (m->bound == YK_BOUND_MACHINE) yki_doctor_good(x, "all %zu cores are used", m->cores);
    if (m->affinity >= m->cpuset) return;
    const char *who = who_binds();
    if (who) snprintf(remedy, sizeof remedy, "if that is not meant: it is bound by %s", who);
    else snprintf(remedy, sizeof remedy, "if that is not meant: start without taskset, numactl or "
                  "whatever bound the parent process");
    yki_doctor_bad(x, remedy, "the affinity mask leaves %zu of %zu cores (CPUs %.100s)",
                   m->affinity, m->cores, m->cpus);
}

void yki_doctor_cpuset(exam *x)
{
    const yk_topo_limits *m = x->limits;
    if (m->cpuset_known == YK_TOPO_UNKNOWN)
        yki_doctor_bad(x, "mount the cgroup file system where /proc/self/mountinfo says it is",
                       "the cpuset cannot be read%s%.100s", m->cpuset_from[0] ? ": " : "",
                       m->cpuset_from);
    else if (m->cpuset < m->cores)
        yki_doctor_bad(x, "give the container or job more CPUs (cpuset) if it should have them",
                       "the cpuset leaves %zu of %zu cores (%.150s)", m->cpuset, m->cores,
                       m->cpuset_from);
}

void yki_doctor_asked(exam *x)
{
    const yk_topo_limits *m = x->limits;
    if (m->bound == YK_BOUND_ASKED && m->asked < m->usable)
        yki_doctor_bad(x, "unset YOKE_THREADS to use all of them",
                       "%s=%zu leaves %zu of %zu usable cores idle", m->asked_from, m->asked,
                       m->usable - m->asked, m->usable);
    if (m->workers > m->usable)
        yki_doctor_bad(x, "unset YOKE_THREADS: one worker a core is usually faster",
                       "%zu workers on %zu core%s share cores", m->workers, m->usable,
                       m->usable == 1 ? "" : "s");
}

/* ---- OpenMP ---- */

/* libgomp binds a program's first thread to one CPU as soon as it is loaded where one of
 * the first three is set; libomp and Intel's do so with the first parallel region. */
static const struct {
    const char *name, *harmless[4];
} openmp[] = {
    {"OMP_PROC_BIND", {"false", NULL}},
    {"OMP_PLACES", {NULL}},
    {"GOMP_CPU_AFFINITY", {NULL}},
    {"KMP_AFFINITY", {"none", "disabled", NULL}},
};

static bool is_harmless(size_t i, const char *value)
{
    for (size_t k = 0; openmp[i].harmless[k]; k++)
        if (strcasecmp(value, openmp[i].harmless[k]) == 0) return true;
    return false;
}

void yki_doctor_openmp(exam *x)
{
    const char *bind = getenv("OMP_PROC_BIND");
    bool off = bind && strcasecmp(bind, "false") == 0;
    for (size_t i = 0; i < COUNT_OF(openmp); i++) {
        const char *value = getenv(openmp[i].name);
        char remedy[200];
        if (!value || !*value || is_harmless(i, value)) continue;
        if (off && strncmp(openmp[i].name, "OMP_", 4) == 0) continue;
        snprintf(remedy, sizeof remedy, "unset %s for programs that use both", openmp[i].name);
        yki_doctor_bad(x, remedy, "%s=%.60s binds the first thread of OpenMP programs to one CPU: "
                       "an engine opened there has one core", openmp[i].name, value);
    }
}

/* ---- cores that are off or set apart ---- */

#define MOST_CPUS 8192

/* Marks the CPUs of a list like "0-3,8"; what is no list marks nothing more. */
static void mark(bool *set, const char *list, bool to)
{
    for (char *end; *list; list = *end == ',' ? end + 1 : end) {
        unsigned long first = strtoul(list, &end, 10), last = first;
        if (end == list) return;
        if (*end == '-') last = strtoul(end + 1, &end, 10);
        for (unsigned long c = first; c <= last && c < MOST_CPUS; c++) set[c] = to;
        if (*end && *end != ',') return;
    }
}

/* "6-7,12" of a set, cut to the space there is; how many. */
static size_t write_set(const bool *set, char *to, size_t size)
{
    size_t count = 0, used = 0;
    for (size_t c = 0; c < MOST_CPUS; c++) {
        if (!set[c]) continue;
        size_t last = c;
        while (last + 1 < MOST_CPUS && set[last + 1]) last++;
        const char *comma = used ? "," : "";
        int n = used + 24 > size ? snprintf(to + used, size - used, "%s...", used ? "," : "")
                : last > c ? snprintf(to + used, size - used, "%s%zu-%zu", comma, c, last)
                           : snprintf(to + used, size - used, "%s%zu", comma, c);
        count += last - c + 1;
        if (used + 24 <= size && n > 0) used += (size_t)n;
        c = last;
    }
    return count;
}

#define CPUS "/sys/devices/system/cpu/"

/* CPUs that are there but off.  (The kernel's own list has also what could be plugged.) */
void yki_doctor_offline(exam *x)
{
    char present[4096], online[4096], control[64], list[96];
    if (!yki_doctor_read(x, CPUS "present", present, sizeof present)) return;
    if (!yki_doctor_read(x, CPUS "online", online, sizeof online)) return;
    bool *off = calloc(MOST_CPUS, sizeof *off);
    if (!off) return;
    mark(off, present, true);
    mark(off, online, false);
    size_t count = write_set(off, list, sizeof list);
    free(off);
    if (count == 0) return;
    bool smt = yki_doctor_read(x, CPUS "smt/control", control, sizeof control) &&
               (strcmp(control, "off") == 0 || strcmp(control, "forceoff") == 0);
    if (smt)
        yki_doctor_good(x, "%zu CPUs (%s) are off because SMT is; one worker a core needs none",
                        count, list);
    else
        yki_doctor_bad(x, "echo 1 > " CPUS "cpuN/online for each (as root)",
                       "%zu CPU%s (%s) %s there but offline", count, count == 1 ? "" : "s", list,
                       count == 1 ? "is" : "are");
}

void yki_doctor_isolated(exam *x)
{
    char list[128];
    if (!yki_doctor_read(x, CPUS "isolated", list, sizeof list)) return;
    yki_doctor_bad(x, "take isolcpus= off the kernel's command line, or start with taskset to use "
                   "them on purpose",
                   "CPUs %.80s are isolated: no thread comes there that is not bound there", list);
}

/* ---- the quota ---- */

/* The file beside that of the quota tells how often it was used up. */
static unsigned long times_throttled(const exam *x)
{
    char path[300], text[1024];
    snprintf(path, sizeof path, "%.255s", x->limits->quota_from);
    char *slash = strrchr(path, '/');
    if (!slash) return 0;
    snprintf(slash, sizeof path - (size_t)(slash - path), "/cpu.stat");
    if (yki_read_file(x->root, path, text, sizeof text) != YK_OK) return 0;
    const char *at = strstr(text, "nr_throttled ");
    return at ? strtoul(at + strlen("nr_throttled "), NULL, 10) : 0;
}

static void throttles(exam *x)
{
    const yk_topo_limits *m = x->limits;
    char remedy[160];
    size_t fits = (size_t)m->quota;
    if (fits >= 1) snprintf(remedy, sizeof remedy, "YOKE_THREADS=%zu, or a quota of %zu CPUs", fits,
                            m->workers);
    else snprintf(remedy, sizeof remedy, "give the container or job at least one CPU");
    yki_doctor_bad(x, remedy, "the CPU quota (%.100s) throttles: %zu worker%s on %.3g CPUs",
                   m->quota_from, m->workers, m->workers == 1 ? "" : "s", m->quota);
}

void yki_doctor_quota(exam *x)
{
    const yk_topo_limits *m = x->limits;
    if (m->warning[0]) {
        throttles(x);
    } else if (m->quota_known == YK_TOPO_LIMITED) {
        yki_doctor_good(x, "a CPU quota of %.3g CPUs (%.100s) is kept", m->quota, m->quota_from);
    } else if (m->quota_known == YK_TOPO_UNKNOWN) {
        yki_doctor_bad(x, "mount the cgroup file system, or set YOKE_THREADS if there is a quota",
                       "the CPU quota cannot be read%s%.100s", m->quota_from[0] ? ": " : "",
                       m->quota_from);
        return;
    } else {
        yki_doctor_good(x, "no CPU quota");
        return;
    }
    unsigned long times = times_throttled(x);
    if (times > 0)
        yki_doctor_bad(x, "a higher quota, or fewer threads in all of the group's processes",
                       "the quota has stopped this group's processes %lu times so far", times);
}

void yki_doctor_isa(exam *x)
{
    yk_isa use = yk_topo_isa(x->s->topo), have = yk_topo_isa_machine(x->s->topo);
    if (use < have)
        yki_doctor_bad(x, "unset YOKE_ISA", "kernels use %s although this machine has %s",
                       yk_isa_name(use), yk_isa_name(have));
    else yki_doctor_good(x, "kernels use %s", yk_isa_name(use));
}
