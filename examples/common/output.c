/* output: see output.h. */
#include "output.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdout(const char *path) { return strcmp(path, "-") == 0; }

static int check_folder(const char *path)
{
    char *copy = strdup(path);
    if (!copy) return -1;
    int bad = access(dirname(copy), W_OK | X_OK);
    int error = errno;
    free(copy);
    errno = error;
    return bad;
}

int output_check(const char *path)
{
    struct stat st;
    if (is_stdout(path)) return 0;
    if (stat(path, &st) != 0) return errno == ENOENT ? check_folder(path) : -1;
    if (S_ISDIR(st.st_mode)) return errno = EISDIR, -1;
    return access(path, W_OK);
}

/* mkstemp makes files that only their owner can read; this gives the usual mode. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int open_beside(output *out, mode_t mode)
{
    size_t bytes = strlen(out->name) + sizeof ".XXXXXX";
    char *beside = malloc(bytes);
    if (!beside) return -1;
    snprintf(beside, bytes, "%s.XXXXXX", out->name);
    int fd = mkstemp(beside);
    if (fd < 0) return free(beside), -1;
    out->beside = beside;
    if (fchmod(fd, mode) == 0 && (out->file = fdopen(fd, "w")) != NULL) return 0;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int output_open(output *out, const char *path)
{
    struct stat st;
    *out = (output){0};
    if (is_stdout(path)) return out->file = stdout, 0;
    if (output_check(path) != 0) return -1;
    bool there = stat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode)) return (out->file = fopen(path, "w")) ? 0 : -1;
    /* Renaming onto a link would replace the link, not what it names. */
    out->name = there ? realpath(path, NULL) : strdup(path);
    if (out->name && open_beside(out, there ? st.st_mode & 07777 : usual_mode()) == 0) return 0;
    output_discard(out);
    return -1;
}

int output_commit(output *out)
{
    bool ok = fflush(out->file) == 0 && !ferror(out->file);
    if (out->file != stdout) ok = fclose(out->file) == 0 && ok;
    out->file = NULL;
    if (ok && out->beside) ok = rename(out->beside, out->name) == 0;
    if (ok) {
        free(out->beside);
        out->beside = NULL;
    }
    output_discard(out);
    return ok ? 0 : -1;
}

void output_discard(output *out)
{
    int error = errno;
    if (out->file && out->file != stdout) fclose(out->file);
    if (out->beside) unlink(out->beside);
    free(out->beside);
    free(out->name);
    *out = (output){0};
    errno = error;
}
