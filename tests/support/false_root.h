/* A false root directory for tests: files under /proc and /sys as the test wants
 * them, in a fresh folder of their own that is removed afterwards.  Header only. */
#ifndef FALSE_ROOT_H
#define FALSE_ROOT_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static inline void false_root_make(char root[64])
{
    strcpy(root, "/tmp/yoke-root-XXXXXX");
    if (!mkdtemp(root)) abort();
}

/* root/path with all folders above it; text NULL makes a folder. */
static inline void false_root_put(const char *root, const char *path, const char *text)
{
    char full[PATH_MAX];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *c = full + strlen(root) + 1; *c; c++) {
        if (*c != '/') continue;
        *c = '\0';
        mkdir(full, 0755);
        *c = '/';
    }
    if (!text) {
        mkdir(full, 0755);
        return;
    }
    FILE *f = fopen(full, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) abort();
}

static inline int false_root_remove_one(const char *path, const struct stat *s, int type,
                                        struct FTW *at)
{
    (void)s, (void)type, (void)at;
    return remove(path);
}

static inline void false_root_remove(const char *root)
{
    nftw(root, false_root_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
