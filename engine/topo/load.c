/* hwloc's tree of this machine, of an XML file or of a synthetic description.
 *
 * Only the core parts: no I/O discovery, so no OpenCL, GL or CUDA plugin ever runs;
 * no x86 component, which would bind the calling thread to each CPU in turn; and the
 * environment cannot put another machine in place of this one.  What comes from
 * outside is checked before hwloc sees it: hwloc recurses as deep as an XML file is
 * nested and builds as many objects as a description names. */
#include "topo/topo_int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* hwloc builds a synthetic machine in time that grows with the third power of the
 * children of one object: 1024 take 15 ms, 8192 would take a minute. */
#define MOST_OBJECTS ((size_t)1 << 13)
#define MOST_CHILDREN ((size_t)1 << 10)
#define MOST_XML_OBJECTS ((size_t)1 << 16)
#define MOST_XML_BYTES ((size_t)64 << 20)
#define MOST_XML_DEPTH 64

/* ---- a synthetic description ---- */

static yk_status too_many(const char *text, yk_diag *diag)
{
    return yki_fail(diag, YK_E_INVALID, "machine '%.64s' has more than %zu objects", text,
                    MOST_OBJECTS);
}

/* "pack:2 core:8(attributes) [numa] 2": each level multiplies.  What is no number of
 * this form is left to hwloc's own parser. */
static yk_status check_synthetic(const char *text, yk_diag *diag)
{
    size_t level = 1, objects = 1;
    unsigned inside = 0;
    bool at_number = true;
    for (const char *c = text; *c;) {
        if (*c == '(' || *c == '[') inside++;
        if ((*c == ')' || *c == ']') && inside) inside--;
        if (inside || !at_number || *c < '0' || *c > '9') {
            at_number = !inside && (*c == ':' || *c == ' ');
            c++;
            continue;
        }
        size_t count = 0;
        for (; *c >= '0' && *c <= '9'; c++)
            if (count <= MOST_OBJECTS) count = count * 10 + (size_t)(*c - '0');
        if (!yki_mul(level, count, &level) || !yki_add(objects, level, &objects) ||
            objects > MOST_OBJECTS)
            return too_many(text, diag);
        if (count > MOST_CHILDREN)
            return yki_fail(diag, YK_E_INVALID, "machine '%.64s' has %zu objects below one; %zu "
                            "are the most", text, count, MOST_CHILDREN);
        at_number = false;
    }
    return YK_OK;
}

/* ---- an XML file ---- */

/* The end of a tag that starts at `at` ('<'), past '>' signs in quotes. */
static const char *tag_end(const char *at)
{
    char quote = 0;
    for (; *at; at++) {
        if (quote) quote = *at == quote ? 0 : quote;
        else if (*at == '"' || *at == '\'') quote = *at;
        else if (*at == '>') return at;
    }
    return NULL;
}

static yk_status check_xml(const char *path, const char *text, yk_diag *diag)
{
    size_t depth = 0, objects = 0;
    for (const char *at = text; (at = strchr(at, '<')) != NULL;) {
        const char *end = strncmp(at, "<!--", 4) == 0 ? strstr(at, "-->") : tag_end(at);
        if (!end) return yki_fail(diag, YK_E_INVALID, "%s: not an hwloc XML file", path);
        if (at[1] == '/') depth -= depth > 0;
        else if (at[1] != '?' && at[1] != '!' && end[-1] != '/') depth++;
        if (strncmp(at, "<object", 7) == 0) objects++;
        if (depth > MOST_XML_DEPTH)
            return yki_fail(diag, YK_E_INVALID, "%s: nested more than %d deep", path,
                            MOST_XML_DEPTH);
        if (objects > MOST_XML_OBJECTS)
            return yki_fail(diag, YK_E_INVALID, "%s: more than %zu objects", path,
                            MOST_XML_OBJECTS);
        at = end;
    }
    if (objects == 0) return yki_fail(diag, YK_E_INVALID, "%s: not an hwloc XML file", path);
    return YK_OK;
}

static yk_status read_fd(int fd, const char *path, char **out, size_t *bytes, yk_diag *diag)
{
    struct stat s;
    if (fstat(fd, &s) != 0)
        return yki_fail_errno(diag, YK_E_IO, errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(s.st_mode)) return yki_fail(diag, YK_E_IO, "%s: not a regular file", path);
    if ((uintmax_t)s.st_size > MOST_XML_BYTES)
        return yki_fail(diag, YK_E_INVALID, "%s: larger than %zu MiB", path,
                        MOST_XML_BYTES >> 20);
    size_t size = (size_t)s.st_size, have = 0;
    char *text = yki_alloc(size + 1, 1);
    if (!text) return yki_fail(diag, YK_E_NOMEM, "%s: no memory to read it", path);
    while (have < size) {
        ssize_t n = read(fd, text + have, size - have);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        have += (size_t)n;
    }
    *out = text;
    *bytes = have + 1;      /* the terminating zero included, as hwloc wants it */
    return YK_OK;
}

static yk_status read_xml(const char *path, char **out, size_t *bytes, yk_diag *diag)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return yki_fail_errno(diag, YK_E_IO, errno, "%s: %s", path, strerror(errno));
    yk_status status = read_fd(fd, path, out, bytes, diag);
    close(fd);
    return status;
}

static yk_status source_xml(hwloc_topology_t tree, const char *path, yk_diag *diag)
{
    char *text = NULL;
    size_t bytes = 0;
    yk_status status = read_xml(path, &text, &bytes, diag);
    if (status == YK_OK) status = check_xml(path, text, diag);
    if (status == YK_OK && hwloc_topology_set_xmlbuffer(tree, text, (int)bytes) != 0)
        status = yki_fail(diag, YK_E_INVALID, "%s: not an hwloc XML file", path);
    yki_free(text);
    return status;
}

static yk_status source_synthetic(hwloc_topology_t tree, const char *text, yk_diag *diag)
{
    yk_status status = check_synthetic(text, diag);
    if (status == YK_OK && hwloc_topology_set_synthetic(tree, text) != 0)
        status = yki_fail(diag, YK_E_INVALID, "'%.200s': not an hwloc synthetic description%s",
                          text, strstr(text, "pu:") ? "" : " (the last level is pu:N)");
    return status;
}

/* ---- this machine ---- */

static yk_status source_native(hwloc_topology_t tree, yk_diag *diag)
{
    static const char *const kept_out[] = {"xml", "synthetic", "x86", "pci", "opencl", "gl",
                                           "cuda", "nvml", "rsmi", "levelzero"};
    if (yki_env("HWLOC_FSROOT"))
        return yki_fail(diag, YK_E_INVALID, "HWLOC_FSROOT=%.200s: replaces this machine; unset it",
                        yki_env("HWLOC_FSROOT"));
#if HWLOC_API_VERSION >= 0x00020100
    for (size_t i = 0; i < YKI_COUNT(kept_out); i++)    /* an unknown name is refused: fine */
        hwloc_topology_set_components(tree, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, kept_out[i]);
#else
    (void)kept_out;
    (void)tree;
#endif
    return YK_OK;
}

/* Everything present, also what the cpuset forbids; whether it is allowed is our own
 * question, asked under a root that tests choose. */
static void choose_parts(hwloc_topology_t tree)
{
    unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
#if HWLOC_API_VERSION >= 0x00020800
    flags |= HWLOC_TOPOLOGY_FLAG_NO_DISTANCES | HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS;
#endif
    hwloc_topology_set_flags(tree, flags);
    hwloc_topology_set_io_types_filter(tree, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_cache_types_filter(tree, HWLOC_TYPE_FILTER_KEEP_ALL);
    hwloc_topology_set_icache_types_filter(tree, HWLOC_TYPE_FILTER_KEEP_ALL);
}

/* Batch systems set HWLOC_XMLFILE to a copy of this very machine, which hwloc
 * reads whatever one does.  The copy is as good as the machine if it has the CPUs that
 * the kernel has, and its name. */
static bool shows_this_machine(hwloc_topology_t tree)
{
    char online[4096];
    struct utsname name;
    hwloc_obj_t machine = hwloc_get_root_obj(tree);
    const char *host = hwloc_obj_get_info_by_name(machine, "HostName");
    if (!host || uname(&name) != 0 || strcmp(host, name.nodename) != 0) return false;
    if (yki_read_file("", "/sys/devices/system/cpu/online", online, sizeof online) != YK_OK)
        return false;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    bool same = set && hwloc_bitmap_list_sscanf(set, online) == 0 &&
                hwloc_bitmap_isequal(set, machine->cpuset);
    hwloc_bitmap_free(set);
    return same;
}

/* HWLOC_COMPONENTS alone is mostly harmless ("-gl"), so it does not raise suspicion. */
static yk_status check_native(hwloc_topology_t tree, yk_diag *diag)
{
    static const char *const variables[] = {"HWLOC_XMLFILE", "HWLOC_SYNTHETIC",
                                            "HWLOC_THISSYSTEM", "HWLOC_COMPONENTS"};
    size_t set = 0;
    while (set < YKI_COUNT(variables) && !yki_env(variables[set])) set++;
    if (hwloc_topology_is_thissystem(tree) && set >= YKI_COUNT(variables) - 1) return YK_OK;
    if (shows_this_machine(tree)) return YK_OK;
    if (set == YKI_COUNT(variables))
        return yki_fail(diag, YK_E_UNSUPPORTED, "hwloc shows another machine than this one");
    return yki_fail(diag, YK_E_INVALID, "%s=%.200s: replaces this machine by another; unset it",
                    variables[set], yki_env(variables[set]));
}

static yk_status load(hwloc_topology_t tree, const yk_topo_opts *opts, yk_diag *diag)
{
    errno = 0;
    if (hwloc_topology_load(tree) != 0) {
        if (errno == ENOMEM) return yki_fail(diag, YK_E_NOMEM, "no memory for the machine's tree");
        const char *what = opts->xml ? opts->xml : opts->synthetic ? opts->synthetic : "hwloc";
        return yki_fail(diag, opts->xml || opts->synthetic ? YK_E_INVALID : YK_E_UNSUPPORTED,
                        "%.200s: hwloc cannot load this machine", what);
    }
    if (!opts->xml && !opts->synthetic) return check_native(tree, diag);
    return YK_OK;
}

yk_status yki_topo_load(hwloc_topology_t *out, const yk_topo_opts *opts, yk_diag *diag)
{
    hwloc_topology_t tree;
    if (hwloc_topology_init(&tree) != 0)
        return yki_fail(diag, YK_E_NOMEM, "no memory for the machine's tree");
    choose_parts(tree);
    yk_status status = opts->xml ? source_xml(tree, opts->xml, diag)
                       : opts->synthetic ? source_synthetic(tree, opts->synthetic, diag)
                                         : source_native(tree, diag);
    if (status == YK_OK) status = load(tree, opts, diag);
    if (status == YK_OK) *out = tree;
    else hwloc_topology_destroy(tree);
    return status;
}
