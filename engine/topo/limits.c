/* What this process may use of the machine: affinity, cpuset, quota, memory, and how
 * many workers were asked for.  Under a false root the affinity comes from that
 * root's /proc/self/status; an imaginary machine without a root has no limits. */
#include "topo/topo_int.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_BYTES ((size_t)1 << 16)

/* ---- affinity ---- */

/* The kernel refuses a mask shorter than its own, so grow until it fits. */
static yk_status read_affinity(yk_topo *t, yk_diag *diag)
{
    for (size_t cpus = 1024; cpus <= (size_t)1 << 20; cpus *= 4) {
        size_t bytes = CPU_ALLOC_SIZE(cpus);
        cpu_set_t *set = yki_alloc(bytes, 1);
        if (!set) return yki_fail(diag, YK_E_NOMEM, "no memory for the affinity mask");
        bool fits = sched_getaffinity(0, bytes, set) == 0;
        for (size_t i = 0; fits && i < t->cpu_count; i++)
            t->cpus[i].affine = CPU_ISSET_S((size_t)t->cpus[i].cpu, bytes, set) != 0;
        yki_free(set);
        if (fits) break;
    }
    return YK_OK;       /* a mask that cannot be read binds nobody */
}

static void mark_affine(void *ctx, int first, int last)
{
    yk_topo *t = ctx;
    for (size_t i = 0; i < t->cpu_count; i++)
        if (t->cpus[i].cpu >= first && t->cpus[i].cpu <= last) t->cpus[i].affine = 1;
}

static void mark_allowed(void *ctx, int first, int last)
{
    yk_topo *t = ctx;
    for (size_t i = 0; i < t->cpu_count; i++)
        if (t->cpus[i].cpu >= first && t->cpus[i].cpu <= last) t->cpus[i].allowed = 1;
}

static void check_syntax(void *ctx, int first, int last)
{
    (void)ctx, (void)first, (void)last;
}

static void read_false_affinity(yk_topo *t, const char *root, char *buf)
{
    static const char key[] = "Cpus_allowed_list:";
    if (yki_read_file(root, "/proc/self/status", buf, LIST_BYTES) != YK_OK) return;
    char *list = strstr(buf, key);
    if (!list) return;
    list += strlen(key);
    list += strspn(list, " \t");
    list[strcspn(list, "\n")] = '\0';
    if (!yki_cpulist_each(list, check_syntax, NULL)) return;
    for (size_t i = 0; i < t->cpu_count; i++) t->cpus[i].affine = 0;
    yki_cpulist_each(list, mark_affine, t);
}

/* ---- cgroups ---- */

static void read_cpuset(yk_topo *t, const char *root, char *buf)
{
    yk_topo_limits *m = &t->limits;
    yki_cgroup g;
    yk_topo_known found = yki_cgroup_find(&g, root, "cpuset");
    if (found != YK_TOPO_LIMITED && m->cpuset_known == YK_TOPO_LIMITED) return;    /* a file's */
    m->cpuset_known = found;
    if (found != YK_TOPO_LIMITED) return;
    m->cpuset_known = yki_cgroup_cpuset(&g, buf, LIST_BYTES, m->cpuset_from,
                                        sizeof m->cpuset_from);
    if (m->cpuset_known != YK_TOPO_LIMITED) return;
    if (!yki_cpulist_each(buf, check_syntax, NULL)) {
        m->cpuset_known = YK_TOPO_UNKNOWN;
        return;
    }
    for (size_t i = 0; i < t->cpu_count; i++) t->cpus[i].allowed = 0;
    yki_cpulist_each(buf, mark_allowed, t);
}

static void read_quota(yk_topo_limits *m, const char *root)
{
    yki_cgroup g;
    m->quota_known = yki_cgroup_find(&g, root, "cpu");
    if (m->quota_known == YK_TOPO_LIMITED)
        m->quota_known = yki_cgroup_quota(&g, &m->quota, m->quota_from, sizeof m->quota_from);
    if (m->quota_known != YK_TOPO_LIMITED) m->quota = 0;
}

static void read_memory(yk_topo_limits *m, const char *root)
{
    yki_cgroup g;
    double bytes = 0;
    m->memory_known = yki_cgroup_find(&g, root, "memory");
    if (m->memory_known == YK_TOPO_LIMITED)
        m->memory_known = yki_cgroup_memory(&g, &bytes, m->memory_from, sizeof m->memory_from);
    if (m->memory_known == YK_TOPO_LIMITED) m->memory = (uint64_t)bytes;
}

/* ---- offline ---- */

static void count_cpus(void *ctx, int first, int last)
{
    *(size_t *)ctx += (size_t)(last - first) + 1;
}

static size_t cpus_in(const char *root, const char *path, char *buf)
{
    size_t n = 0;
    if (yki_read_file(root, path, buf, LIST_BYTES) != YK_OK) return 0;
    return yki_cpulist_each(buf, count_cpus, &n) ? n : 0;
}

/* The kernel's own list of offline CPUs has also those that could be plugged in. */
static void read_offline(yk_topo_limits *m, const char *root, char *buf)
{
    size_t present = cpus_in(root, "/sys/devices/system/cpu/present", buf);
    size_t online = cpus_in(root, "/sys/devices/system/cpu/online", buf);
    if (online > 0 && present > online) m->offline = present - online;
}

/* A file tells what was allowed on the machine it was made on; see machine.c. */
static void note_file_cpuset(yk_topo *t)
{
    for (size_t i = 0; i < t->cpu_count; i++)
        if (!t->cpus[i].allowed) t->limits.cpuset_known = YK_TOPO_LIMITED;
    if (t->limits.cpuset_known == YK_TOPO_LIMITED)
        yki_copy_text(t->limits.cpuset_from, sizeof t->limits.cpuset_from,
                      "allowed_cpuset of the file");
}

/* ---- asked ---- */

static yk_status read_asked(yk_topo *t, const yk_topo_opts *opts, yk_diag *diag)
{
    yk_topo_limits *m = &t->limits;
    if (opts->threads == 0) {
        yki_copy_text(m->asked_from, sizeof m->asked_from, yki_env("YOKE_THREADS") ?
                      "YOKE_THREADS" : "");
        return yki_env_size("YOKE_THREADS", 1, t->cpu_count, &m->asked, diag);
    }
    if (opts->threads > t->cpu_count)
        return yki_fail(diag, YK_E_INVALID,
                        "threads=%zu: expected a whole number from 1 to %zu", opts->threads,
                        t->cpu_count);
    yki_copy_text(m->asked_from, sizeof m->asked_from, "threads");
    m->asked = opts->threads;
    return YK_OK;
}

/* ---- in words ---- */

static int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* The affine CPUs as "0-3,8", cut with "..." where the text is full. */
static yk_status write_list(yk_topo *t, yk_diag *diag)
{
    int *cpus = yki_alloc(t->cpu_count, sizeof *cpus);
    if (!cpus) return yki_fail(diag, YK_E_NOMEM, "no memory for the machine");
    size_t n = 0, used = 0;
    for (size_t i = 0; i < t->cpu_count; i++)
        if (t->cpus[i].affine) cpus[n++] = t->cpus[i].cpu;
    qsort(cpus, n, sizeof *cpus, compare_ints);
    char *to = t->limits.cpus;
    for (size_t i = 0, j; i < n; i = j) {
        char range[48];
        for (j = i + 1; j < n && cpus[j] == cpus[j - 1] + 1;) j++;
        snprintf(range, sizeof range, j > i + 1 ? "%s%d-%d" : "%s%d", i ? "," : "", cpus[i],
                 cpus[j - 1]);
        if (used + strlen(range) + 5 > sizeof t->limits.cpus) {
            memcpy(to + used, ",...", 5);
            break;
        }
        memcpy(to + used, range, strlen(range) + 1);
        used += strlen(range);
    }
    yki_free(cpus);
    return YK_OK;
}

yk_status yki_topo_read_limits(yk_topo *t, const yk_topo_opts *opts, yk_diag *diag)
{
    const char *root = opts->root ? opts->root : "";
    yk_status status = YK_OK;
    char *buf = yki_alloc(LIST_BYTES, 1);
    if (!buf) return yki_fail(diag, YK_E_NOMEM, "no memory for the machine's limits");
    if (*root) read_false_affinity(t, root, buf);
    else if (!t->imaginary) status = read_affinity(t, diag);
    if (t->imaginary) note_file_cpuset(t);
    if (*root || !t->imaginary) {
        read_offline(&t->limits, root, buf);
        read_cpuset(t, root, buf);
        read_quota(&t->limits, root);
        read_memory(&t->limits, root);
    }
    yki_free(buf);
    if (status == YK_OK) status = write_list(t, diag);
    return status == YK_OK ? read_asked(t, opts, diag) : status;
}
