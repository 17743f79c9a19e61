/* The first and the last thing a tool does; see tool.h. */
#include "common/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_set(const char *name)
{
    const char *text = getenv(name);
    return text && *text;
}

/* Ours alone: a folder, not a link, owned by us, closed to others. */
static bool is_private(const char *path)
{
    struct stat s;
    return lstat(path, &s) == 0 && S_ISDIR(s.st_mode) && s.st_uid == geteuid() &&
           (s.st_mode & 077) == 0;
}

/* PoCL loads compiled code from its cache.  With neither HOME nor XDG_CACHE_HOME it
 * would take a folder in /tmp that anybody may have prepared. */
static void guard_pocl_cache(void)
{
    if (!is_set("POCL_CACHE_DIR")) unsetenv("POCL_CACHE_DIR");  /* PoCL aborts on "" */
    if (is_set("POCL_CACHE_DIR") || is_set("HOME") || is_set("XDG_CACHE_HOME")) return;
    char path[64];
    snprintf(path, sizeof path, "/tmp/yoke-pocl-%lu", (unsigned long)geteuid());
    if ((mkdir(path, 0700) != 0 && errno != EEXIST) || !is_private(path)) {
        strcpy(path, "/tmp/yoke-pocl-XXXXXX");
        if (!mkdtemp(path)) return;
    }
    setenv("POCL_CACHE_DIR", path, 0);
}

/* Whoever closed one of the three (">&-") would have the next file that is opened in its
 * place, and messages in that.  What is put there instead fails as a closed one does: it is
 * open the wrong way round. */
static void fill_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void yki_tool_start(void)
{
    fill_streams();
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);       /* both are errors of write, and said as such */
    signal(SIGXFSZ, SIG_IGN);
    setenv("HWLOC_HIDE_ERRORS", "2", 0);    /* it would print what the tools say themselves */
    /* hwloc loads every plugin it finds at its first use; these load drivers. */
    setenv("HWLOC_PLUGINS_BLACKLIST",
           "hwloc_opencl.so,hwloc_gl.so,hwloc_cuda.so,hwloc_nvml.so,hwloc_rsmi.so,"
           "hwloc_levelzero.so,hwloc_opencl,hwloc_gl,hwloc_cuda,hwloc_nvml,hwloc_rsmi,"
           "hwloc_levelzero",
           0);
    guard_pocl_cache();
}

int yki_tool_finish(const char *tool, int code)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) != 0) failed = true;
    if (!failed) return code;
    yki_error(tool, "cannot write to standard output%s%s", errno ? ": " : "",
              errno ? strerror(errno) : "");
    return code == YKI_EXIT_OK ? YKI_EXIT_ERROR : code;
}
