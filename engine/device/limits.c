/* How much host memory this process may use: the machine's, and the limits of its
 * cgroups.  Reads /proc and /sys under a root that tests replace; what cannot be read
 * is unknown, never an error.  Any thread may enter. */
#include "device/device_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_ROOM 512

/* The number at the start of a small file; UINT64_MAX for "max", junk, or no file. */
static uint64_t read_limit(const char *root, const char *path)
{
    char text[64];
    if (yki_read_file(root, path, text, sizeof text) != YK_OK) return UINT64_MAX;
    text[strcspn(text, " \t\r\n")] = '\0';
    size_t value;
    return yki_parse_size(text, 1, SIZE_MAX, &value) ? value : UINT64_MAX;
}

/* A cgroup's limit and its ancestors': the smallest binds. */
static uint64_t walk_up(const char *root, const char *mount, const char *group, const char *file)
{
    char dir[PATH_ROOM];
    uint64_t least = UINT64_MAX;
    yki_copy_text(dir, sizeof dir, group);
    for (;;) {
        char path[2 * PATH_ROOM];
        snprintf(path, sizeof path, "%s%s/%s", mount, strcmp(dir, "/") == 0 ? "" : dir, file);
        uint64_t limit = read_limit(root, path);
        if (limit < least) least = limit;
        char *slash = strrchr(dir, '/');
        if (!slash || dir[0] == '\0') return least;
        *slash = '\0';
    }
}

/* One line of /proc/self/cgroup: "0::/path" (v2) or "4:memory,...:/path" (v1). */
static uint64_t line_limit(const char *root, char *line)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return UINT64_MAX;
    *group++ = '\0';
    controllers++;
    if (*controllers == '\0') return walk_up(root, "/sys/fs/cgroup", group, "memory.max");
    for (char *rest = controllers, *name; (name = strsep(&rest, ","));)
        if (strcmp(name, "memory") == 0)
            return walk_up(root, "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
    return UINT64_MAX;
}

static uint64_t machine_memory(const char *root)
{
    char text[256];
    if (yki_read_file(root, "/proc/meminfo", text, sizeof text) != YK_OK) return UINT64_MAX;
    unsigned long long kib;
    if (sscanf(text, "MemTotal: %llu kB", &kib) != 1 || kib > UINT64_MAX / 1024)
        return UINT64_MAX;
    return (uint64_t)kib * 1024;
}

uint64_t yki_host_memory_limit(const char *root)
{
    uint64_t least = machine_memory(root);
    char text[4096];
    if (yki_read_file(root, "/proc/self/cgroup", text, sizeof text) != YK_OK) return least;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        uint64_t limit = line_limit(root, line);
        if (limit < least) least = limit;
    }
    return least;
}
