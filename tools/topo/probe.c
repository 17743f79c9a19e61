/* Asking OpenCL drivers what they have, in a child process: a broken driver ends the
 * process that loads it, or never returns, and neither may happen to yoke-topo.
 *
 * The child is this program again (exec, not a bare fork: drivers start threads).  It
 * gets a pipe of its own, since drivers print to stdout; one JSON line a device.  If
 * all drivers together fail, each is asked alone, so that one bad driver costs only its
 * own devices. */
#include "tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 5000
#define MOST_TEXT ((size_t)1 << 20)
#define VENDORS "/etc/OpenCL/vendors"

/* ---- one device as a JSON line ---- */

static json_t *encode(const yk_device_info *d)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I,"
                     " s:I, s:I}",
                     "id", d->id, "name", d->name, "platform", d->platform, "driver", d->driver,
                     "version", d->version, "pci", d->pci, "reason", d->reason,
                     "type", (int)d->type, "shares", d->shares_cores, "fp64", d->fp64,
                     "int64_atomics", d->int64_atomics, "unified", d->unified,
                     "units", (json_int_t)d->units, "memory", (json_int_t)d->memory_bytes,
                     "alloc", (json_int_t)d->alloc_bytes, "local", (json_int_t)d->local_bytes,
                     "group", (json_int_t)d->max_group);
}

static void copy(char *to, size_t size, const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    snprintf(to, size, "%s", text ? text : "");
}

static json_int_t number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void decode(yk_device_info *d, const json_t *o)
{
    memset(d, 0, sizeof *d);
    copy(d->id, sizeof d->id, o, "id");
    copy(d->name, sizeof d->name, o, "name");
    copy(d->platform, sizeof d->platform, o, "platform");
    copy(d->driver, sizeof d->driver, o, "driver");
    copy(d->version, sizeof d->version, o, "version");
    copy(d->pci, sizeof d->pci, o, "pci");
    copy(d->reason, sizeof d->reason, o, "reason");
    d->type = (yk_device_type)number(o, "type");
    d->shares_cores = (int)number(o, "shares");
    d->fp64 = (int)number(o, "fp64");
    d->int64_atomics = (int)number(o, "int64_atomics");
    d->unified = (int)number(o, "unified");
    d->units = (uint32_t)number(o, "units");
    d->memory_bytes = (uint64_t)number(o, "memory");
    d->alloc_bytes = (uint64_t)number(o, "alloc");
    d->local_bytes = (uint64_t)number(o, "local");
    d->max_group = (size_t)number(o, "group");
}

/* ---- the child ---- */

static bool send_line(FILE *to, json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    bool sent = text && fprintf(to, "%s\n", text) > 0;
    free(text);
    json_decref(value);
    return sent;
}

/* _exit: drivers' own exit handlers are known to crash, and all has been said. */
int yki_topo_probe_child(int fd)
{
    FILE *to = fdopen(fd, "w");
    yk_device_info *infos = calloc(MOST_DEVICES, sizeof *infos);
    if (!to || !infos) _exit(YKI_EXIT_ERROR);
    size_t count = 0;
    yk_diag d = {0};
    yk_status status = yk_list_devices(infos, MOST_DEVICES, &count, &d);
    for (size_t i = 0; i < count && i < MOST_DEVICES; i++)
        if (!send_line(to, encode(&infos[i]))) _exit(YKI_EXIT_ERROR);
    send_line(to, json_pack("{s:i, s:s}", "end", (int)status, "text", d.text));
    fflush(to);
    _exit(YKI_EXIT_OK);
}

/* ---- the parent ---- */

static void become_child(int fd, const char *icd)
{
    char word[64];
    snprintf(word, sizeof word, "--probe-devices-into=%d", fd);
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) _exit(126);
    if (fcntl(fd, F_SETFD, 0) != 0) _exit(126);
    if (icd) setenv("OCL_ICD_VENDORS", icd, 1);
    signal(SIGPIPE, SIG_DFL);
    execl("/proc/self/exe", TOOL, word, (char *)NULL);
    _exit(127);
}

static long now_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* All that comes until the pipe closes; false on the time limit. */
static bool read_pipe(int fd, char *text, size_t size)
{
    size_t have = 0;
    long until = now_ms() + LIMIT_MS;
    for (;;) {
        long left = until - now_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        ssize_t n = read(fd, text + have, size - 1 - have);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || have == size - 1) return true;
        have += (size_t)n;
        text[have] = '\0';
    }
}

/* How the child ended, in words; "" if as it should. */
static void describe_end(char *to, size_t size, int status, bool in_time)
{
    if (!in_time) snprintf(to, size, "did not answer within %d s", LIMIT_MS / 1000);
    else if (WIFSIGNALED(status))
        snprintf(to, size, "crashed (SIG%s)", sigabbrev_np(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(to, size, "ended the process (exit %d)", WEXITSTATUS(status));
    else to[0] = '\0';
}

/* Starts the child and gathers its text; says in `end` what went wrong. */
static void talk(const char *icd, char *text, size_t size, char *end, size_t end_size)
{
    int fds[2];
    text[0] = '\0';
    if (pipe2(fds, O_CLOEXEC) != 0) {
        snprintf(end, end_size, "cannot be asked: %s", strerror(errno));
        return;
    }
    pid_t child = fork();
    if (child == 0) become_child(fds[1], icd);
    close(fds[1]);
    if (child < 0) {
        snprintf(end, end_size, "cannot be asked: %s", strerror(errno));
    } else {
        int status = 0;
        bool in_time = read_pipe(fds[0], text, size);
        if (!in_time) kill(child, SIGKILL);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
        describe_end(end, end_size, status, in_time);
    }
    close(fds[0]);
}

/* Takes over what the child said; true if it came to the end of it. */
static bool take_lines(device_list *list, char *text)
{
    bool complete = false;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        json_t *o = json_loads(line, 0, NULL);
        if (json_object_get(o, "end")) {
            complete = true;
            json_int_t status = number(o, "end");
            list->no_opencl = status == YK_E_UNSUPPORTED;
            if (status == YK_OK || status == YK_E_UNSUPPORTED)
                copy(list->note, sizeof list->note, o, "text");
            else
                copy(list->problem, sizeof list->problem, o, "text");
        } else if (o && list->count < MOST_DEVICES) {
            decode(&list->rows[list->count++].info, o);
        }
        json_decref(o);
    }
    return complete;
}

bool yki_topo_probe(device_list *list, const char *icd)
{
    char end[128] = "";
    char *text = malloc(MOST_TEXT);
    if (!text) {
        snprintf(list->problem, sizeof list->problem, "no memory to ask OpenCL drivers");
        return false;
    }
    talk(icd, text, MOST_TEXT, end, sizeof end);
    size_t before = list->count;
    bool complete = take_lines(list, text);
    free(text);
    if (complete) return true;      /* a crash after the last word costs nothing */
    list->count = before;
    if (!end[0]) snprintf(end, sizeof end, "ended without an answer");
    snprintf(list->problem, sizeof list->problem, "OpenCL %.60s %s; left out",
             icd ? strrchr(icd, '/') + 1 : "drivers", end);
    return false;
}

static int is_icd(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 4 && strcmp(e->d_name + n - 4, ".icd") == 0;
}

/* OCL_ICD_VENDORS may name another folder; where it names one driver, there is nothing
 * to choose from. */
size_t yki_topo_each_icd(void (*each)(void *ctx, const char *path), void *ctx)
{
    const char *own = getenv("OCL_ICD_VENDORS");
    const char *folder = own && *own ? own : VENDORS;
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_icd, alphasort);
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%.240s/%s", folder, names[i]->d_name);
        if (each) each(ctx, path);
        free(names[i]);
    }
    free(names);
    return count > 0 ? (size_t)count : 0;
}
