/* A fresh folder for a test of a program: files with any bytes, and what lies in it in the
 * end.  Header only. */
#ifndef YKT_SCRATCH_H
#define YKT_SCRATCH_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "false_root.h"

typedef struct ykt_scratch {
    char folder[64];
    char path[8][128];      /* the last few names given out */
    unsigned next;
} ykt_scratch;

static inline void ykt_scratch_open(ykt_scratch *s)
{
    memset(s, 0, sizeof *s);
    false_root_make(s->folder);
}

static inline void ykt_scratch_close(ykt_scratch *s) { false_root_remove(s->folder); }

/* The name's path; valid until eight more have been asked for. */
static inline const char *ykt_path(ykt_scratch *s, const char *name)
{
    char *path = s->path[s->next++ % 8], *end = stpcpy(path, s->folder);
    *end++ = '/';
    *end = '\0';
    strncat(end, name, 60);
    return path;
}

static inline const char *ykt_put(ykt_scratch *s, const char *name, const void *data, size_t bytes)
{
    const char *path = ykt_path(s, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, bytes, f) != bytes || fclose(f) != 0) abort();
    return path;
}

/* The file's bytes and a final zero, to be freed; NULL: no such file. */
static inline char *ykt_get(const char *path, size_t *bytes)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    char *data = NULL, block[4096];
    size_t n, all = 0;
    FILE *to = open_memstream(&data, &all);
    while ((n = fread(block, 1, sizeof block, f)) > 0) fwrite(block, 1, n, to);
    fclose(f);
    fclose(to);
    if (bytes) *bytes = all;
    return data;
}

/* How many files lie there. */
static inline size_t ykt_files(const ykt_scratch *s)
{
    size_t count = 0;
    DIR *d = opendir(s->folder);
    for (struct dirent *e; d && (e = readdir(d));) count += e->d_name[0] != '.';
    if (d) closedir(d);
    return count;
}

#endif
