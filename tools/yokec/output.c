/* output: files that appear complete or not at all, make rules, and the C compiler. */
#include "yokec.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int failed(const char *path)
{
    fprintf(stderr, "yokec: %s: %s\n", path, strerror(errno));
    return 1;
}

int yokec_write(const char *path, const char *text, size_t bytes)
{
    char *name = NULL;
    int rc = 1;
    if (asprintf(&name, "%s.XXXXXX", path) < 0) return failed(path);
    int fd = mkstemp(name);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f) {
        rc = failed(path);
        if (fd >= 0) close(fd), unlink(name);
        free(name);
        return rc;
    }
    mode_t mask = umask(0);
    umask(mask);
    bool ok = fchmod(fd, 0666 & ~mask) == 0 && fwrite(text, 1, bytes, f) == bytes;
    ok = fclose(f) == 0 && ok;
    if (ok && rename(name, path) == 0) {
        rc = 0;
    } else {
        rc = failed(path);
        unlink(name);
    }
    free(name);
    return rc;
}

/* Blanks, # and $ as make wants them. */
static void make_word(yki_text *t, const char *s)
{
    for (; *s; s++) {
        if (*s == ' ' || *s == '#') yki_text_add(t, "\\");
        if (*s == '$') yki_text_add(t, "$");
        yki_text_add_n(t, s, 1);
    }
}

int yokec_write_deps(const options *o, const yki_result *r)
{
    yki_text t = {0};
    const char *file;
    if (o->compile) {
        make_word(&t, o->object_path);
    } else {
        make_word(&t, o->source_path);
        yki_text_add(&t, " ");
        make_word(&t, o->header_path);
    }
    yki_text_add(&t, ":");
    for (size_t i = 0; (file = yki_unit_file(r->unit, i)); i++) {
        yki_text_add(&t, " ");
        make_word(&t, file);
    }
    yki_text_add(&t, "\n");
    int rc = t.failed ? 1 : yokec_write(o->depfile, yki_text_get(&t), t.len);
    yki_text_free(&t);
    return rc;
}

/* $CC may hold words ("ccache gcc"); quoting is not understood. */
static size_t split_words(char *text, const char **argv, size_t max)
{
    size_t n = 0;
    for (char *save = NULL, *w = strtok_r(text, " \t", &save); w && n < max;
         w = strtok_r(NULL, " \t", &save)) {
        argv[n++] = w;
    }
    return n;
}

static int wait_for(pid_t pid, const char *name)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return failed(name);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    fprintf(stderr, "yokec: %s failed\n", name);
    return 1;
}

/* ../include of an installed yokec, where yoke/kernel.h lies; NULL: not there. */
static char *own_include(void)
{
    char exe[4096], *dir = NULL;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0) return NULL;
    exe[n] = 0;
    for (int i = 0; i < 2 && strrchr(exe, '/'); i++) *strrchr(exe, '/') = 0;
    char *header = NULL;
    if (asprintf(&header, "%s/include/yoke/kernel.h", exe) < 0) return NULL;
    if (access(header, R_OK) == 0 && asprintf(&dir, "-I%s/include", exe) < 0) dir = NULL;
    free(header);
    return dir;
}

/* clang calls vector maths only when told so; gcc needs nothing. */
static bool is_clang(const char *cc) { return strstr(cc, "clang") != NULL; }

int yokec_run_cc(const options *o)
{
    const char *cc = getenv("CC");
    char *words = strdup(cc && *cc ? cc : "cc"), *include = NULL, *own = own_include();
    const char **argv = calloc(o->cc_count + 2 * o->include_count + 40, sizeof *argv);
    int rc = 1;
    if (!words || !argv || asprintf(&include, "-I%s", o->header_dir ? o->header_dir : ".") < 0)
        goto done;
    size_t n = split_words(words, argv, 16);
    if (n == 0) goto done;
    const char *name = argv[n - 1];
    argv[n++] = "-O3";
    for (size_t i = 0; i < o->cc_count; i++) argv[n++] = o->cc_flags[i];
#if defined(__x86_64__)
    if (is_clang(name)) argv[n++] = "-fveclib=libmvec", argv[n++] = "-fno-math-errno";
#endif
    if (o->header_dir) argv[n++] = include;
    for (size_t i = 0; i < o->include_count; i++) argv[n++] = "-I", argv[n++] = o->includes[i];
    if (own) argv[n++] = own;
    argv[n++] = "-c";
    argv[n++] = o->source_path;
    argv[n++] = "-o";
    argv[n++] = o->object_path;
    pid_t pid;
    int err = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ);
    errno = err;
    rc = err ? failed(argv[0]) : wait_for(pid, argv[0]);
done:
    free(include);
    free(own);
    free(argv);
    free(words);
    return rc;
}
