/* One kernel text through the front end, for the compiler's tests: the status, what it
 * reported, and the tree as text.  Freed by compiled_free. */
#ifndef YKT_COMPILE_H
#define YKT_COMPILE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "compiler/front.h"

typedef struct compiled {
    yk_status status;
    yki_text diags, tree;
} compiled;

static inline compiled compile_n(const char *path, const char *text, size_t n)
{
    compiled c = {.status = YK_E_NOMEM};
    yki_unit *u = NULL;
    if (yki_unit_open(&u) != YK_OK) return c;
    c.status = yki_front_run(u, &(yki_front_opts){.path = path, .text = text, .text_bytes = n});
    yki_diags_render(yki_unit_diags(u), &c.diags);
    if (c.status == YK_OK) yki_program_dump(yki_unit_program(u), &c.tree);
    yki_unit_close(&u);
    return c;
}

static inline compiled compile(const char *text)
{
    return compile_n("t.cl", text, strlen(text));
}

static inline void compiled_free(compiled *c)
{
    yki_text_free(&c->diags);
    yki_text_free(&c->tree);
}

/* A whole file, terminated; to be freed. */
static inline char *read_text(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    *n = fread(text, 1, (1 << 20) - 1, f);
    (void)fclose(f);
    return text;
}

/* Calls fn for every *.cl of a folder of tests/compiler; returns how many. */
static inline size_t each_kernel(const char *folder, void (*fn)(const char *dir, const char *name))
{
    char dir[1024];
    size_t count = 0;
    (void)snprintf(dir, sizeof dir, "%s/tests/compiler/%s", YOKE_SOURCE_DIR, folder);
    DIR *d = opendir(dir);
    if (!d) fail_msg("no folder %s", dir);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        size_t n = strlen(e->d_name);
        if (n < 4 || strcmp(e->d_name + n - 3, ".cl") != 0) continue;
        fn(dir, e->d_name);
        count++;
    }
    (void)closedir(d);
    return count;
}

#endif
