/* The doctor on the system: who else is at work, clocks, pages, cache folders, and
 * variables that Yoke does not know. */
#include "doctor.h"

#include "base/base.h"
#include "device/device.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- who else is at work ---- */

/* Cores that others kept busy over the last minute. */
void yki_doctor_load(exam *x)
{
    char text[128];
    if (!yki_doctor_read(x, "/proc/loadavg", text, sizeof text)) return;
    double load = strtod(text, NULL);       /* the decimal point is C's: see yki_tool_start */
    if (load < 0.5 * (double)x->limits->usable) return;
    yki_doctor_bad(x, "stop them, or expect slower and noisier runs",
                   "other programs are busy: load %.2f on %zu core%s", load, x->limits->usable,
                   x->limits->usable == 1 ? "" : "s");
}

#define STOLEN 0.03             /* of the time: worth a word */

/* "cpu  user nice system idle iowait irq softirq steal ..." since the start. */
void yki_doctor_steal(exam *x)
{
    char text[512];
    double sum = 0, stolen = 0;
    if (!yki_doctor_read(x, "/proc/stat", text, sizeof text) || strncmp(text, "cpu ", 4) != 0)
        return;
    char *at = text + 4;
    for (int i = 0; i < 8; i++) {
        double ticks = strtod(at, &at);
        sum += ticks;
        if (i == 7) stolen = ticks;
    }
    if (sum <= 0 || stolen < STOLEN * sum) return;
    yki_doctor_bad(x, "a machine or instance with CPUs of its own, or expect noise",
                   "the host gave other guests %.0f %% of this machine's CPU time (steal)",
                   100 * stolen / sum);
}

/* ---- clocks and pages ---- */

#define CPU "/sys/devices/system/cpu/"

static double number(const exam *x, const char *path)
{
    char text[64];
    return yki_doctor_read(x, path, text, sizeof text) ? strtod(text, NULL) : -1;
}

static void look_at_boost(exam *x)
{
    bool intel = number(x, CPU "intel_pstate/no_turbo") > 0;
    if (intel || number(x, CPU "cpufreq/boost") == 0)
        yki_doctor_bad(x, intel ? "echo 0 > " CPU "intel_pstate/no_turbo (as root)"
                                : "echo 1 > " CPU "cpufreq/boost (as root)",
                       "the clock boost is switched off: cores stay at their base clock");
}

void yki_doctor_clock(exam *x)
{
    char path[96], governor[64], driver[64] = "";
    int cpu = yk_topo_worker_cpu(x->s->topo, 0);
    look_at_boost(x);
    snprintf(path, sizeof path, CPU "cpu%d/cpufreq/scaling_max_freq", cpu);
    double most = number(x, path);
    snprintf(path, sizeof path, CPU "cpu%d/cpufreq/cpuinfo_max_freq", cpu);
    double able = number(x, path);
    if (most > 0 && able > 0 && most < 0.9 * able)
        yki_doctor_bad(x, "cpupower frequency-set -u with the full clock (as root)",
                       "the clock is held at %.2f GHz of %.2f GHz", most * 1e-6, able * 1e-6);
    snprintf(path, sizeof path, CPU "cpu%d/cpufreq/scaling_governor", cpu);
    if (!yki_doctor_read(x, path, governor, sizeof governor)) return;
    snprintf(path, sizeof path, CPU "cpu%d/cpufreq/scaling_driver", cpu);
    (void)yki_doctor_read(x, path, driver, sizeof driver);
    bool adapts = strstr(driver, "pstate") != NULL;    /* there "powersave" follows the load */
    if (strcmp(governor, "powersave") == 0 && !adapts)
        yki_doctor_bad(x, "cpupower frequency-set -g schedutil (as root)",
                       "the frequency governor 'powersave' keeps cores at their lowest clock");
}

void yki_doctor_pages(exam *x)
{
    char text[128];
    if (!yki_doctor_read(x, "/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text))
        return;
    if (strstr(text, "[never]"))
        yki_doctor_bad(x, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (as root)",
                       "huge pages are off: large arrays cost more address translation");
}

/* ---- cache folders of drivers ---- */

/* Drivers load and run the compiled code that they find there. */
static const struct {
    const char *whose, *variable;
    const char *in_cache;       /* below XDG_CACHE_HOME or HOME/.cache */
    const char *in_home;        /* or below HOME */
} folders[] = {
    {"PoCL", "POCL_CACHE_DIR", "pocl", NULL},
    {"Mesa", "MESA_SHADER_CACHE_DIR", "mesa_shader_cache", NULL},
    {"NVIDIA", "CUDA_CACHE_PATH", NULL, ".nv/ComputeCache"},
    {"Intel", "NEO_CACHE_DIR", "neo_compiler_cache", NULL},
};

static bool folder_path(size_t i, char *to, size_t size)
{
    const char *own = yki_env(folders[i].variable), *xdg = yki_env("XDG_CACHE_HOME");
    const char *home = yki_env("HOME");
    int n = -1;
    if (own) n = snprintf(to, size, "%s", own);
    else if (folders[i].in_cache && xdg) n = snprintf(to, size, "%s/%s", xdg, folders[i].in_cache);
    else if (folders[i].in_cache && home)
        n = snprintf(to, size, "%s/.cache/%s", home, folders[i].in_cache);
    else if (home) n = snprintf(to, size, "%s/%s", home, folders[i].in_home);
    return n > 0 && (size_t)n < size;
}

/* The folder above: whoever may write there can put another one in its place. */
static bool open_above(const char *path)
{
    char above[512];
    struct stat st;
    snprintf(above, sizeof above, "%.500s", path);
    char *slash = strrchr(above, '/');
    if (!slash || slash == above) return false;
    *slash = '\0';
    return stat(above, &st) == 0 && (st.st_mode & 022) && !(st.st_mode & S_ISVTX);
}

static const char *what_is_wrong(const char *path, const struct stat *st)
{
    if (S_ISLNK(st->st_mode)) return "is a link";
    if (!S_ISDIR(st->st_mode)) return "is not a folder";
    if (st->st_uid != geteuid()) return "belongs to another user";
    if (st->st_mode & 022) return "can be written by others";
    return open_above(path) ? "lies in a folder that others can write" : NULL;
}

/* The folder nearest above `path` that is there, if nothing can be made in it. */
static bool closed_above(const char *path, char *above, size_t size)
{
    struct stat st;
    snprintf(above, size, "%s", path);
    do {
        char *slash = strrchr(above, '/');
        if (!slash) return false;
        slash[slash == above] = '\0';
    } while (above[1] && stat(above, &st) != 0);
    return access(above, W_OK | X_OK) != 0;
}

static void look_for_pocl(void *ctx, const char *icd)
{
    *(bool *)ctx |= strcasestr(strrchr(icd, '/'), "pocl") != NULL;
}

/* PoCL is the one that gives up without a cache, and says nothing. */
static void look_for_room(exam *x)
{
    char path[512], above[512];
    struct stat st;
    bool installed = false;
    snprintf(path, sizeof path, "%.400s/etc/OpenCL/vendors", x->root);
    yki_topo_each_icd_in(path, look_for_pocl, &installed);
    if (!installed || !folder_path(0, path, sizeof path) || lstat(path, &st) == 0) return;
    if (closed_above(path, above, sizeof above))
        yki_doctor_bad(x, "set POCL_CACHE_DIR to a folder of your own with mode 0700",
                       "PoCL's cache %.100s cannot be made, as %.60s cannot be written: it offers "
                       "no device then", path, above);
}

static void look_at_folder(exam *x, size_t i)
{
    char path[512], remedy[200];
    struct stat st;
    const char *whose = folders[i].whose, *variable = folders[i].variable;
    if (!folder_path(i, path, sizeof path) || lstat(path, &st) != 0) return;
    const char *wrong = what_is_wrong(path, &st);
    snprintf(remedy, sizeof remedy, "remove it, or set %s to a folder of your own with mode 0700",
             variable);
    if (wrong) yki_doctor_bad(x, remedy, "%s's cache %.150s %s", whose, path, wrong);
    else if ((st.st_mode & 0700) != 0700)
        yki_doctor_bad(x, "chmod 700 it", "%s's cache %.150s cannot be written: kernels are "
                       "compiled anew every time", whose, path);
    else yki_doctor_good(x, "%s's cache %.150s is private", whose, path);
}

void yki_doctor_caches(exam *x)
{
    look_for_room(x);
    for (size_t i = 0; i < COUNT_OF(folders); i++) look_at_folder(x, i);
    if (!yki_env("HOME") && !yki_env("XDG_CACHE_HOME"))
        yki_doctor_bad(x, "set HOME, or POCL_CACHE_DIR to a folder of your own with mode 0700",
                       "neither HOME nor XDG_CACHE_HOME is set: PoCL keeps compiled code in /tmp, "
                       "where others can prepare it");
}

/* ---- variables ---- */

/* The words of YOKE_DEVICES that name no device here: an engine would refuse them. */
static void look_at_devices(exam *x)
{
    char words[256], *rest = words;
    const char *list = yki_env("YOKE_DEVICES");
    if (!list || !yk_topo_is_this_machine(x->s->topo)) return;
    snprintf(words, sizeof words, "%s", list);
    for (char *word; (word = strsep(&rest, ", ")) != NULL;) {
        bool known = !*word || strcasecmp(word, "all") == 0 || strcasecmp(word, "none") == 0 ||
                     strcasecmp(word, "cpu") == 0;
        for (size_t i = 1; !known && i < x->s->devices.count; i++)
            known = yki_device_named(&x->s->devices.rows[i].info, word);
        if (!known)
            yki_doctor_bad(x, "take one of those that yoke-topo lists, or unset YOKE_DEVICES",
                           "YOKE_DEVICES=%.80s: there is no device '%.40s'", list, word);
    }
}

void yki_doctor_settings(exam *x)
{
    look_at_devices(x);
    for (size_t i = 0; ; i++) {
        char name[64], remedy[200];
        if (!yki_topo_unknown_setting(i, name, sizeof name)) return;
        const char *near = yki_topo_near_setting(name);
        if (near) snprintf(remedy, sizeof remedy, "did you mean %s?", near);
        else snprintf(remedy, sizeof remedy, "unset it; yoke-topo --config lists those there are");
        yki_doctor_bad(x, remedy, "%s is set, but Yoke has no such setting", name);
    }
}
