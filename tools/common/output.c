/* Results into files and onto stdout; see tool.h. */
#include "common/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *tool, const char *path)
{
    return yki_error(tool, "cannot write %s: %s", path, strerror(errno));
}

/* 0, or -1 with errno. */
static int write_all(int fd, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, text, bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        text += n;
        bytes -= (size_t)n;
    }
    return 0;
}

static int write_in_place(const char *tool, const char *path, const char *text, size_t bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return failed(tool, path);
    int bad = write_all(fd, text, bytes);
    if (bad) failed(tool, path);
    if (close(fd) != 0 && !bad) bad = 1, failed(tool, path);
    return bad ? YKI_EXIT_ERROR : YKI_EXIT_OK;
}

/* mkstemp makes 0600; a result should have the mode any new file of the user has. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int write_beside(const char *tool, const char *path, mode_t mode, const char *text,
                        size_t bytes)
{
    char beside[PATH_MAX];
    int n = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof beside) return errno = ENAMETOOLONG, failed(tool, path);
    int fd = mkstemp(beside);
    if (fd < 0) return failed(tool, path);
    int bad = fchmod(fd, mode) != 0 || write_all(fd, text, bytes) != 0 || fsync(fd) != 0;
    if (bad) failed(tool, path);
    if (close(fd) != 0 && !bad) bad = 1, failed(tool, path);
    if (!bad && rename(beside, path) != 0) bad = 1, failed(tool, path);
    if (bad) unlink(beside);
    return bad ? YKI_EXIT_ERROR : YKI_EXIT_OK;
}

static int write_stdout(const char *tool, const char *text, size_t bytes)
{
    if (fwrite(text, 1, bytes, stdout) == bytes && fflush(stdout) == 0) return YKI_EXIT_OK;
    int err = errno;
    clearerr(stdout);       /* said once is enough: yki_tool_finish would say it again */
    return yki_error(tool, "cannot write to standard output: %s", strerror(err));
}

/* A link is followed first: renaming would replace the link, not what it names.
 * Devices and pipes are written to as they are. */
int yki_write_text(const char *tool, const char *path, const char *text, size_t bytes)
{
    if (strcmp(path, "-") == 0) return write_stdout(tool, text, bytes);
    struct stat s;
    if (stat(path, &s) != 0) return write_beside(tool, path, usual_mode(), text, bytes);
    if (!S_ISREG(s.st_mode)) return write_in_place(tool, path, text, bytes);
    if (access(path, W_OK) != 0) return failed(tool, path);
    char *real = realpath(path, NULL);
    if (!real) return failed(tool, path);
    int code = write_beside(tool, real, s.st_mode & 07777, text, bytes);
    free(real);
    return code;
}

int yki_check_writable(const char *tool, const char *path)
{
    struct stat s;
    if (!path || strcmp(path, "-") == 0) return YKI_EXIT_OK;
    bool there = stat(path, &s) == 0;
    if (there && S_ISDIR(s.st_mode)) return errno = EISDIR, failed(tool, path);
    if (there && access(path, W_OK) != 0) return failed(tool, path);
    if (there && !S_ISREG(s.st_mode)) return YKI_EXIT_OK;
    /* A file is written beside the one that will be replaced. */
    char *real = there ? realpath(path, NULL) : strdup(path);
    char *slash = real ? strrchr(real, '/') : NULL;
    if (slash) slash[1] = '\0';
    bool can = real && access(slash ? real : ".", W_OK | X_OK) == 0;
    int code = can ? YKI_EXIT_OK : failed(tool, path);
    free(real);
    return code;
}

int yki_write_json(const char *tool, const char *path, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_INDENT(2) | JSON_PRESERVE_ORDER |
                                               JSON_REAL_PRECISION(12)) : NULL;
    if (!text) return yki_error(tool, "out of memory while writing %s", path);
    size_t n = strlen(text);
    char *line = realloc(text, n + 2);
    int code;
    if (line) {
        text = line;
        memcpy(text + n, "\n", 2);
        code = yki_write_text(tool, path, text, n + 1);
    } else {
        code = yki_error(tool, "out of memory while writing %s", path);
    }
    free(text);
    return code;
}
