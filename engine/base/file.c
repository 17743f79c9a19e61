/* Small text files, as /proc and /sys have them, under a root that tests choose.
 * Any thread may enter. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static yk_status read_all(int fd, char *buf, size_t size)
{
    size_t have = 0;
    while (have < size - 1) {
        ssize_t n = read(fd, buf + have, size - 1 - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return YK_E_IO;
        if (n == 0) break;
        have += (size_t)n;
    }
    buf[have] = '\0';
    return YK_OK;
}

yk_status yki_read_file(const char *root, const char *path, char *buf, size_t size)
{
    if (size == 0) return YK_E_INVALID;
    char full[PATH_MAX];
    int n = snprintf(full, sizeof full, "%s%s", root ? root : "", path);
    if (n < 0 || (size_t)n >= sizeof full) return YK_E_IO;
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);    /* a FIFO must not hang us */
    if (fd < 0) return YK_E_IO;
    yk_status status = read_all(fd, buf, size);
    close(fd);
    return status;
}
