/* Which devices become columns; see bench.h.  Lists devices in a child, as loading a
 * broken driver may end the process. */
#include "progress.h"

#include <string.h>
#include <strings.h>

/* "gpu0" is an id; anything else is looked for in names, as in YOKE_DEVICES. */
static bool is_meant(const yk_device_info *d, const char *word)
{
    return strcmp(d->id, word) == 0 || strcasestr(d->name, word) ||
           strcasestr(d->platform, word) || strcasestr(d->version, word);
}

static void take(const yk_device_info *info, size_t carve, bench_device *out)
{
    *out = (bench_device){.type = info->type};
    memcpy(out->id, info->id, sizeof out->id);
    memcpy(out->name, info->name, sizeof out->name);
    memcpy(out->platform, info->platform, sizeof out->platform);
    yki_device_name(out->known_as, info);
    bool on_cores = info->type == YK_DEVICE_CPU || info->shares_cores;
    out->carved = on_cores && carve > 0;
    out->shares_cores = on_cores && !out->carved;
    out->in_split = !out->shares_cores;
}

static int unknown_device(const bench_shared *shared, const char *word)
{
    char all[512] = "", name[YKI_DEVICE_NAME];
    size_t used = 0;
    for (uint64_t k = 0; k < shared->n_listed && used < sizeof all; k++) {
        yki_device_name(name, &shared->listed[k]);
        int n = snprintf(all + used, sizeof all - used, "%s%s (%s)", k ? ", " : "",
                         shared->listed[k].id, name);
        used += n > 0 ? (size_t)n : 0;
    }
    return yki_usage_error(BENCH_TOOL, "there is no device '%s'; there %s%s", word,
                           all[0] ? shared->n_listed > 1 ? "are " : "is " : "are no OpenCL devices",
                           all);
}

/* Marks the devices that one word of the list means; -1 if there is none. */
static int mark(const bench_shared *shared, const char *word, bool *wanted)
{
    int found = -1;
    for (uint64_t k = 0; k < shared->n_listed; k++) {
        if (!is_meant(&shared->listed[k], word)) continue;
        wanted[k] = true;
        found = 0;
    }
    return found;
}

static int choose(const bench_options *o, const bench_shared *shared, bool *wanted)
{
    char list[512], *rest = list, *word;
    if (!o->devices || strcmp(o->devices, "all") == 0) {
        memset(wanted, 1, BENCH_MAX_DEVICES);
        return YKI_EXIT_OK;
    }
    if (strlen(o->devices) >= sizeof list)
        return yki_usage_error(BENCH_TOOL, "the list of devices is too long");
    strcpy(list, o->devices);
    while ((word = strsep(&rest, ","))) {
        if (!word[0])
            return yki_usage_error(BENCH_TOOL, "--devices %s: expected all, none, or a list of "
                                               "devices", o->devices);
        if (strcmp(word, "cpu") == 0) continue;     /* the pool, which always is there */
        if (mark(shared, word, wanted) != 0) return unknown_device(shared, word);
    }
    return YKI_EXIT_OK;
}

/* Drivers that offer nothing would only be missed.  A machine without any lacks nothing. */
static void say_none(const bench_shared *shared)
{
    const char *why = shared->diag.text;
    if (shared->n_listed > 0 || !why[0] || strstr(why, "no driver") || strstr(why, "no OpenCL"))
        return;
    yki_warning("no driver offers a device (yoke-topo --doctor looks closer): %s", why);
}

/* Nobody asked for a device by name: machines without any are no error. */
static bool is_optional(const bench_options *o)
{
    return !o->carve && (!o->devices || strcmp(o->devices, "all") == 0);
}

static int list_devices(const bench_options *o, bench_shared *shared, int fd)
{
    char how[32];
    bench_progress progress = {.silent = o->verbose};
    shared->job = (bench_job){.kind = BENCH_JOB_LIST, .threads = o->threads,
                              .timeout_s = o->timeout_s};
    shared->n_listed = 0;
    bench_end end = bench_supervise(shared, fd, &progress, how);
    if (end == BENCH_END_INTERRUPTED) return YKI_EXIT_INTERRUPTED;
    if (end == BENCH_END_NOT_STARTED) return yki_error(BENCH_TOOL, "cannot start a child");
    if (end == BENCH_END_LATE) snprintf(how, sizeof how, "no answer");
    bool failed = end != BENCH_END_DONE || shared->exit_code != YKI_EXIT_OK;
    if (!failed) say_none(shared);
    if (!failed) return YKI_EXIT_OK;
    shared->n_listed = 0;
    const char *why = end == BENCH_END_DONE ? shared->diag.text : how;
    if (!is_optional(o)) return yki_error(BENCH_TOOL, "OpenCL devices cannot be listed: %s", why);
    yki_warning("OpenCL devices cannot be listed: %s; going on without", why);
    return YKI_EXIT_OK;
}

int bench_columns(const bench_options *o, bench_shared *shared, int fd, bench_device *devices,
                  size_t *count)
{
    bool wanted[BENCH_MAX_DEVICES] = {false};
    *count = 0;
    if (o->scaling || (o->devices && strcmp(o->devices, "none") == 0)) return YKI_EXIT_OK;
    int code = list_devices(o, shared, fd);
    if (code == YKI_EXIT_OK) code = choose(o, shared, wanted);
    if (code != YKI_EXIT_OK) return code;
    for (uint64_t k = 0; k < shared->n_listed; k++)
        if (wanted[k]) take(&shared->listed[k], o->carve, &devices[(*count)++]);
    return YKI_EXIT_OK;
}
