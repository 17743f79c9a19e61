/* The limits that cgroups put on this process, v1 and v2.
 *
 * /proc/self/cgroup says which group we are in, /proc/self/mountinfo where that
 * hierarchy is mounted, and a limit of any group above binds as well: the tightest
 * one wins.  A missing file is no limit (the controller is off there, or it is the
 * root); a file that is there and makes no sense is "unknown", never a number.
 * Reads files alone; any thread may enter. */
#include "topo/topo_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOUNTINFO_BYTES ((size_t)1 << 18)
#define V1_UNLIMITED 1e18       /* v1 says "no limit" with a number near 2^63 */

/* ---- text ---- */

/* The next field of *at up to one of `stops`, terminated in place; NULL at the end. */
static char *field(char **at, const char *stops)
{
    if (!*at) return NULL;
    char *start = *at;
    size_t n = strcspn(start, stops);
    *at = start[n] ? start + n + 1 : NULL;
    start[n] = '\0';
    return start;
}

/* Is `word` one of a comma-separated list? */
static bool lists(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, word, n) == 0 && (at[n] == ',' || at[n] == '\0')) return true;
    return false;
}

/* mountinfo writes blanks and backslashes of a path as \040. */
static void unescape(char *path)
{
    char *to = path;
    for (const char *from = path; *from; to++) {
        bool octal = from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
                     from[2] <= '7' && from[3] >= '0' && from[3] <= '7';
        if (octal) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* ---- which group ---- */

/* A line is "id:controllers:path".  v1 where the controller is listed, else v2, whose
 * line is "0::path". */
static bool own_group(char *text, const char *controller, yki_cgroup *g)
{
    bool found = false;
    for (char *line; (line = field(&text, "\n")) != NULL;) {
        char *rest = line;
        field(&rest, ":");
        char *controllers = field(&rest, ":");
        if (!controllers || !rest) continue;
        bool v1 = *controllers && lists(controllers, controller);
        if (!v1 && *controllers) continue;
        g->v2 = !v1;
        yki_copy_text(g->path, sizeof g->path, rest);
        found = true;
        if (v1) break;
    }
    return found;
}

/* ---- where it is mounted ---- */

typedef struct mount {
    char *root, *point, *type, *options;
} mount;

/* "31 23 0:28 /root /point options [tags] - type source super-options" */
static bool parse_mount(char *line, mount *m)
{
    char *rest = line;
    for (int i = 0; i < 3; i++) field(&rest, " ");
    m->root = field(&rest, " ");
    m->point = field(&rest, " ");
    for (char *tag; (tag = field(&rest, " ")) != NULL && strcmp(tag, "-") != 0;) continue;
    m->type = field(&rest, " ");
    field(&rest, " ");
    m->options = field(&rest, " ");
    if (!m->root || !m->point || !m->type || !m->options) return false;
    unescape(m->root);
    unescape(m->point);
    return true;
}

/* The group as seen from the mount, which may show a subtree alone (containers).  A
 * group outside of it (another namespace, "/..") leaves the mount's own root. */
static void relative(yki_cgroup *g, const char *mount_root)
{
    size_t n = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);
    const char *below = g->path + n;
    bool inside = strncmp(g->path, mount_root, n) == 0 && (*below == '/' || *below == '\0');
    if (!inside || strstr(g->path, "/..")) below = "";
    if (strcmp(below, "/") == 0) below = "";
    memmove(g->path, below, strlen(below) + 1);
}

static bool find_mount(char *text, const char *controller, yki_cgroup *g)
{
    for (char *line; (line = field(&text, "\n")) != NULL;) {
        mount m;
        if (!parse_mount(line, &m)) continue;
        if (strcmp(m.type, g->v2 ? "cgroup2" : "cgroup") != 0) continue;
        if (!g->v2 && !lists(m.options, controller)) continue;
        yki_copy_text(g->mount, sizeof g->mount, m.point);
        relative(g, m.root);
        return true;
    }
    return false;
}

yk_topo_known yki_cgroup_find(yki_cgroup *g, const char *root, const char *controller)
{
    *g = (yki_cgroup){.root = root};
    yk_topo_known known = YK_TOPO_UNKNOWN;
    char *text = yki_alloc(MOUNTINFO_BYTES, 1);
    if (!text) return known;
    if (yki_read_file(root, "/proc/self/cgroup", text, MOUNTINFO_BYTES) != YK_OK) goto done;
    if (!own_group(text, controller, g)) {
        known = YK_TOPO_UNLIMITED;
        goto done;
    }
    if (yki_read_file(root, "/proc/self/mountinfo", text, MOUNTINFO_BYTES) != YK_OK) goto done;
    if (find_mount(text, controller, g)) known = YK_TOPO_LIMITED;
done:
    yki_free(text);
    return known;
}

/* ---- values ---- */

typedef struct level {
    const char *root;
    char dir[2 * PATH_MAX];
    char file[2 * PATH_MAX + 64];      /* the last one read */
} level;

/* Text of dir/name without its newline.  LIMITED: buf is filled. */
static yk_topo_known read_level(level *l, const char *name, char *buf, size_t size)
{
    snprintf(l->file, sizeof l->file, "%s/%s", l->dir, name);
    char full[sizeof l->file + PATH_MAX];
    snprintf(full, sizeof full, "%s%s", l->root, l->file);
    if (faccessat(AT_FDCWD, full, F_OK, AT_EACCESS) != 0) return YK_TOPO_UNLIMITED;
    if (yki_read_file(l->root, l->file, buf, size) != YK_OK) return YK_TOPO_UNKNOWN;
    buf[strcspn(buf, "\n")] = '\0';
    return YK_TOPO_LIMITED;
}

/* A count above zero out of text, as a double. */
static yk_topo_known positive(const char *text, double *out)
{
    size_t value;
    if (!yki_parse_size(text, 1, SIZE_MAX, &value)) return YK_TOPO_UNKNOWN;
    *out = (double)value;
    return YK_TOPO_LIMITED;
}

typedef yk_topo_known reader(level *l, double *value);

/* cpu.max: "50000 100000" or "max 100000" */
static yk_topo_known quota_v2(level *l, double *cpus)
{
    char buf[128], *rest = buf;
    yk_topo_known known = read_level(l, "cpu.max", buf, sizeof buf);
    if (known != YK_TOPO_LIMITED) return known;
    char *quota = field(&rest, " "), *period = field(&rest, " ");
    if (strcmp(quota, "max") == 0) return YK_TOPO_UNLIMITED;
    double us, of_us;
    if (!period || rest || positive(quota, &us) != YK_TOPO_LIMITED ||
        positive(period, &of_us) != YK_TOPO_LIMITED)
        return YK_TOPO_UNKNOWN;
    *cpus = us / of_us;
    return YK_TOPO_LIMITED;
}

static yk_topo_known quota_v1(level *l, double *cpus)
{
    char buf[64];
    double us, of_us;
    if (read_level(l, "cpu.cfs_period_us", buf, sizeof buf) != YK_TOPO_LIMITED ||
        positive(buf, &of_us) != YK_TOPO_LIMITED)
        of_us = 0;
    yk_topo_known known = read_level(l, "cpu.cfs_quota_us", buf, sizeof buf);
    if (known != YK_TOPO_LIMITED) return known;
    if (strcmp(buf, "-1") == 0) return YK_TOPO_UNLIMITED;
    if (of_us <= 0 || positive(buf, &us) != YK_TOPO_LIMITED) return YK_TOPO_UNKNOWN;
    *cpus = us / of_us;
    return YK_TOPO_LIMITED;
}

static yk_topo_known memory_v2(level *l, double *bytes)
{
    char buf[64];
    yk_topo_known known = read_level(l, "memory.max", buf, sizeof buf);
    if (known != YK_TOPO_LIMITED) return known;
    return strcmp(buf, "max") == 0 ? YK_TOPO_UNLIMITED : positive(buf, bytes);
}

static yk_topo_known memory_v1(level *l, double *bytes)
{
    char buf[64];
    yk_topo_known known = read_level(l, "memory.limit_in_bytes", buf, sizeof buf);
    if (known == YK_TOPO_LIMITED) known = positive(buf, bytes);
    return known == YK_TOPO_LIMITED && *bytes >= V1_UNLIMITED ? YK_TOPO_UNLIMITED : known;
}

/* Takes the last group off l->dir; false once the mount itself was seen. */
static bool go_up(level *l, const yki_cgroup *g)
{
    size_t least = strlen(g->mount);
    if (strlen(l->dir) <= least) return false;
    char *slash = strrchr(l->dir + least, '/');
    if (!slash) return false;
    *slash = '\0';
    return true;
}

static void start_level(level *l, const yki_cgroup *g)
{
    l->root = g->root;
    snprintf(l->dir, sizeof l->dir, "%s%s", g->mount, g->path);
}

/* A known limit beats an unknown one: it binds, whatever else may bind more. */
static yk_topo_known tightest(const yki_cgroup *g, reader *read, double *value, char *from,
                              size_t size)
{
    level *l = yki_alloc(1, sizeof *l);
    if (!l) return YK_TOPO_UNKNOWN;
    yk_topo_known best = YK_TOPO_UNLIMITED;
    start_level(l, g);
    do {
        double here;
        yk_topo_known known = read(l, &here);
        if (known == YK_TOPO_LIMITED && (best != YK_TOPO_LIMITED || here < *value)) {
            *value = here;
            best = known;
            yki_copy_text(from, size, l->file);
        } else if (known == YK_TOPO_UNKNOWN && best == YK_TOPO_UNLIMITED) {
            best = known;
            yki_copy_text(from, size, l->file);
        }
    } while (go_up(l, g));
    yki_free(l);
    return best;
}

yk_topo_known yki_cgroup_quota(const yki_cgroup *g, double *cpus, char *from, size_t size)
{
    return tightest(g, g->v2 ? quota_v2 : quota_v1, cpus, from, size);
}

yk_topo_known yki_cgroup_memory(const yki_cgroup *g, double *bytes, char *from, size_t size)
{
    return tightest(g, g->v2 ? memory_v2 : memory_v1, bytes, from, size);
}

/* cpu.stat: "throttled_usec 1500" (v2), "throttled_time 1500000" in nanoseconds (v1). */
static yk_topo_known throttled_at(level *l, bool v2, double *seconds)
{
    const char *key = v2 ? "throttled_usec " : "throttled_time ";
    char buf[2048], number[32];
    snprintf(l->file, sizeof l->file, "%s/cpu.stat", l->dir);
    if (yki_read_file(l->root, l->file, buf, sizeof buf) != YK_OK) return YK_TOPO_UNLIMITED;
    const char *at = strstr(buf, key);
    if (!at) return YK_TOPO_UNLIMITED;      /* the root has no quota, so none of this */
    size_t count;
    snprintf(number, sizeof number, "%.*s", (int)strcspn(at + strlen(key), "\n"),
             at + strlen(key));
    if (!yki_parse_size(number, 0, SIZE_MAX, &count)) return YK_TOPO_UNKNOWN;
    *seconds = (double)count * (v2 ? 1e-6 : 1e-9);
    return YK_TOPO_LIMITED;
}

static yk_topo_known throttled_in(const yki_cgroup *g, double *seconds)
{
    level *l = yki_alloc(1, sizeof *l);
    if (!l) return YK_TOPO_UNKNOWN;
    yk_topo_known best = YK_TOPO_UNLIMITED;
    start_level(l, g);
    do {
        double here;
        yk_topo_known known = throttled_at(l, g->v2, &here);
        bool more = known == YK_TOPO_LIMITED && (best != YK_TOPO_LIMITED || here > *seconds);
        if (more) *seconds = here;
        if (more || (known == YK_TOPO_UNKNOWN && best == YK_TOPO_UNLIMITED)) best = known;
    } while (go_up(l, g));
    yki_free(l);
    return best;
}

yk_topo_known yki_topo_throttled(const char *root, double *seconds)
{
    yki_cgroup *g = yki_alloc(1, sizeof *g);
    if (!g) return YK_TOPO_UNKNOWN;
    yk_topo_known known = yki_cgroup_find(g, root, "cpu");
    if (known == YK_TOPO_LIMITED) known = throttled_in(g, seconds);
    yki_free(g);
    return known;
}

yk_topo_known yki_cgroup_cpuset(const yki_cgroup *g, char *list, size_t list_size, char *from,
                                size_t size)
{
    static const char *const v1[] = {"cpuset.effective_cpus", "cpuset.cpus"};
    static const char *const v2[] = {"cpuset.cpus.effective", "cpuset.cpus"};
    level *l = yki_alloc(1, sizeof *l);
    if (!l) return YK_TOPO_UNKNOWN;
    yk_topo_known known = YK_TOPO_UNLIMITED;
    start_level(l, g);
    do {
        for (size_t i = 0; i < YKI_COUNT(v1) && known == YK_TOPO_UNLIMITED; i++)
            known = read_level(l, g->v2 ? v2[i] : v1[i], list, list_size);
    } while (known == YK_TOPO_UNLIMITED && go_up(l, g));
    if (known != YK_TOPO_UNLIMITED) yki_copy_text(from, size, l->file);
    yki_free(l);
    return known;
}
