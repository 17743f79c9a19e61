/* What else went on while yoke-bench measured: other programs, the hypervisor, the CPU
 * quota, clock frequencies; see conditions.h.  Reads /proc and /sys under a root that tests
 * replace.  What cannot be read is unknown, never zero. */
#include "conditions.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "topo/topo.h"

/* From here on a cause is worth a warning. */
static const double OTHERS_CPUS = 0.15, OTHERS_SHARE = 0.05;    /* cores, and of all of them */
static const double STEAL_SHARE = 0.01, THROTTLED_SHARE = 0.01, LOW_CLOCK = 0.75;
static const double LEAST_S = 0.5;      /* clock ticks of 10 ms tell nothing in less */

#define STAT_BYTES ((size_t)1 << 18)

/* ---- reading ---- */

static double number_in(const char *root, const char *path)
{
    char text[64], *end;
    if (yki_read_file(root, path, text, sizeof text) != YK_OK) return -1;
    double x = strtod(text, &end);
    return end > text && x >= 0 ? x : -1;
}

static double cpufreq(const bench_watch *w, int cpu, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/%s", cpu, name);
    return number_in(w->root, path);
}

static bool is_ours(const bench_watch *w, long cpu)
{
    for (size_t k = 0; k < w->n_cpus; k++)
        if (w->cpus[k] == cpu) return true;
    return false;
}

/* "cpu3 user nice system idle iowait irq softirq steal ...", in clock ticks. */
static void add_cpu(const char *line, bench_ticks *t)
{
    double v[8] = {0};
    char *end;
    for (size_t k = 0; k < 8; k++, line = end) {
        v[k] = strtod(line, &end);
        if (end == line) break;
    }
    t->busy += v[0] + v[1] + v[2] + v[5] + v[6];
    t->steal += v[7];
    for (size_t k = 0; k < 8; k++) t->all += v[k];
    t->cpus++;
}

/* Of the CPUs that this program may use. */
static bench_ticks read_ticks(const bench_watch *w)
{
    bench_ticks t = {0};
    char *text = malloc(STAT_BYTES), *rest = text, *line;
    if (!text || yki_read_file(w->root, "/proc/stat", text, STAT_BYTES) != YK_OK) {
        free(text);
        return t;
    }
    while ((line = strsep(&rest, "\n")) && strncmp(line, "cpu", 3) == 0) {
        char *end;
        long cpu = strtol(line + 3, &end, 10);
        if (end > line + 3 && is_ours(w, cpu)) add_cpu(end, &t);
    }
    free(text);
    return t;
}

/* CPU time of this process and of the children it has waited for. */
static double own_seconds(void)
{
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    const struct timeval *t[] = {&self.ru_utime, &self.ru_stime, &children.ru_utime,
                                 &children.ru_stime};
    double s = 0;
    for (size_t k = 0; k < 4; k++) s += (double)t[k]->tv_sec + 1e-6 * (double)t[k]->tv_usec;
    return s;
}

static double throttled_now(const bench_watch *w)
{
    double s;
    return yki_topo_throttled(w->root, &s) == YK_TOPO_LIMITED ? s : -1;
}

/* ---- warnings ---- */

/* Adds a warning; those beyond the most are dropped. */
YK_PRINTF(3, 4)
static void warn_of(bench_conditions *c, const char *cause, const char *format, ...)
{
    va_list args;
    if (c->n_warnings == BENCH_MAX_WARNINGS) return;
    bench_warning *w = &c->warnings[c->n_warnings++];
    yki_copy_text(w->cause, sizeof w->cause, cause);
    va_start(args, format);
    vsnprintf(w->text, sizeof w->text, format, args);
    va_end(args);
}

static void warn_of_workers(bench_conditions *c, const yk_topo *t)
{
    const yk_topo_limits *l = yk_topo_get_limits(t);
    bool chosen = l->bound == YK_BOUND_MACHINE || l->bound == YK_BOUND_ASKED;
    if (!chosen && l->workers < l->cores)
        warn_of(c, "workers", "%zu of %zu cores are used: %s allows no more", l->workers,
                   l->cores, yk_topo_bound_name(l->bound));
    if (l->warning[0]) warn_of(c, "quota", "%s", l->warning);
}

/* These drivers' "powersave" follows the load. */
static bool is_adaptive(const char *driver)
{
    return strncmp(driver, "intel_pstate", 12) == 0 || strncmp(driver, "amd-pstate", 10) == 0;
}

static void warn_of_governor(const bench_watch *w, bench_conditions *c)
{
    char path[128], driver[64] = "";
    int cpu = w->n_cpus ? w->cpus[0] : 0;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_driver", cpu);
    if (yki_read_file(w->root, path, driver, sizeof driver) != YK_OK) driver[0] = '\0';
    double most = cpufreq(w, cpu, "cpuinfo_max_freq"), cap = cpufreq(w, cpu, "scaling_max_freq");
    if (strcmp(c->governor, "powersave") == 0 && !is_adaptive(driver))
        warn_of(c, "frequency", "the frequency governor is powersave: cores stay at their "
                                   "lowest clock");
    else if (most > 0 && cap > 0 && cap < 0.95 * most)
        warn_of(c, "frequency", "clocks are capped at %.2g of %.2g GHz (scaling_max_freq)",
                   cap * 1e-6, most * 1e-6);
}

/* Clocks that were never seen near the top while cores were busy: heat, power, a battery. */
static void warn_of_clocks(bench_conditions *c)
{
    if (c->max_hz <= 0 || c->seen_hz <= 0 || c->seen_hz >= LOW_CLOCK * c->max_hz) return;
    for (size_t k = 0; k < c->n_warnings; k++)
        if (strcmp(c->warnings[k].cause, "frequency") == 0) return;
    warn_of(c, "frequency", "no core was seen above %.2g of %.2g GHz: heat or a power limit",
               c->seen_hz * 1e-9, c->max_hz * 1e-9);
}

static void warn_of_others(const bench_watch *w, bench_conditions *c)
{
    double cpus = (double)w->n_cpus;
    if (c->others_cpus > OTHERS_CPUS && c->others_cpus > OTHERS_SHARE * cpus)
        warn_of(c, "load", "other programs kept %.1f of %zu cores busy meanwhile: times are "
                              "too long", c->others_cpus, w->n_cpus);
    else if (c->others_cpus < 0 && c->load[0] > 0.5 * cpus)
        warn_of(c, "load", "the load was %.1f on %zu cores before this began", c->load[0],
                   w->n_cpus);
    if (c->steal > STEAL_SHARE)
        warn_of(c, "steal", "the hypervisor gave %.0f %% of the cores' time to others",
                   100 * c->steal);
}

/* ---- the watch ---- */

static void read_load(const bench_watch *w, bench_conditions *c)
{
    char text[128], *at = text, *end;
    c->load[0] = c->load[1] = c->load[2] = -1;
    if (yki_read_file(w->root, "/proc/loadavg", text, sizeof text) != YK_OK) return;
    for (size_t k = 0; k < 3; k++, at = end) {
        double x = strtod(at, &end);
        if (end == at) return;
        c->load[k] = x;
    }
}

static void list_cpus(bench_watch *w, const yk_topo *t)
{
    size_t n;
    const yk_topo_cpu *cpu = yk_topo_cpus(t, &n);
    for (size_t k = 0; k < n && w->n_cpus < BENCH_MAX_CPUS; k++)
        if (cpu[k].affine && cpu[k].allowed) w->cpus[w->n_cpus++] = cpu[k].cpu;
}

void bench_watch_start(bench_watch *w, const char *root, const yk_topo *t, bench_conditions *c)
{
    char path[128];
    *w = (bench_watch){.root = root};
    *c = (bench_conditions){.others_cpus = -1, .steal = -1, .throttled_s = -1};
    list_cpus(w, t);
    read_load(w, c);
    int first = w->n_cpus ? w->cpus[0] : 0;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", first);
    if (yki_read_file(root, path, c->governor, sizeof c->governor) != YK_OK)
        c->governor[0] = '\0';
    c->governor[strcspn(c->governor, "\n")] = '\0';
    for (size_t k = 0; k < w->n_cpus; k++)
        c->max_hz = fmax(c->max_hz, 1e3 * cpufreq(w, w->cpus[k], "cpuinfo_max_freq"));
    warn_of_workers(c, t);
    warn_of_governor(w, c);
    w->ticks = read_ticks(w);
    w->own_s = own_seconds();
    w->throttled_s = throttled_now(w);
    w->begin_ns = yki_now_ns();
}

void bench_watch_look(bench_watch *w, bench_conditions *c)
{
    if (c->max_hz <= 0) return;
    for (size_t k = 0; k < w->n_cpus; k++)
        c->seen_hz = fmax(c->seen_hz, 1e3 * cpufreq(w, w->cpus[k], "scaling_cur_freq"));
}

void bench_watch_end(bench_watch *w, bench_conditions *c)
{
    double s = yki_seconds(yki_now_ns() - w->begin_ns), own = own_seconds() - w->own_s;
    double throttled = throttled_now(w);
    bench_ticks now = read_ticks(w);
    bench_watch_judge(w, c, &now, s, own, throttled);
}

void bench_watch_judge(const bench_watch *w, bench_conditions *c, const bench_ticks *now, double s,
                       double own, double throttled)
{
    double tick = 1 / (double)sysconf(_SC_CLK_TCK);
    if (now->cpus > 0 && now->cpus == w->ticks.cpus && s >= LEAST_S) {
        double all = now->all - w->ticks.all;
        c->others_cpus = fmax(0, (now->busy - w->ticks.busy) * tick - own) / s;
        c->steal = all > 0 ? (now->steal - w->ticks.steal) / all : 0;
    }
    if (throttled >= 0 && w->throttled_s >= 0) c->throttled_s = fmax(0, throttled - w->throttled_s);
    warn_of_others(w, c);
    warn_of_clocks(c);
    if (c->throttled_s > THROTTLED_SHARE * s)
        warn_of(c, "quota", "the CPU quota stopped this program for %.0f ms of %.1f s",
                   1e3 * c->throttled_s, s);
}
