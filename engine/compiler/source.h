/* source: the files of one compilation, their line tables, and where macros were written.
 *
 * Used by the preprocessor (which loads files) and by diagnostics (which look lines up).
 * Everything lives in the unit's arena.  One thread. */
#ifndef YKI_COMPILER_SOURCE_H
#define YKI_COMPILER_SOURCE_H

#include "compiler/arena.h"
#include "compiler/ast.h"

enum { YKI_FILE_MAX = 16 * 1024 * 1024 }; /* bytes in one file */

typedef struct yki_file {
    const char *path;
    const char *text; /* terminated */
    size_t len;
    const uint32_t *lines; /* offset of each line's first byte */
    uint32_t line_count;
    uint32_t id;   /* index + 1, as in yki_pos */
    bool once;     /* it said #pragma once */
} yki_file;

/* A token in the body of a macro: what yki_pos.macro refers to. */
typedef struct yki_origin {
    const char *macro;
    yki_pos pos;
} yki_origin;

typedef struct yki_sources {
    yki_arena *arena;
    yki_file **files;
    size_t file_count, file_cap;
    yki_origin *origins;
    size_t origin_count, origin_cap;
} yki_sources;

/* The file, loaded before or now.  YK_E_IO where it cannot be read (errno text is left
 * to the caller), YK_E_RANGE where it is larger than YKI_FILE_MAX, YK_E_NOMEM. */
yk_status yki_source_load(yki_sources *s, const char *path, yki_file **out);
/* A file whose text is given (copied). */
yk_status yki_source_add(yki_sources *s, const char *path, const char *text, size_t len,
                         yki_file **out);
const yki_file *yki_source_file(const yki_sources *s, uint32_t id);
/* 1 + the index of a new entry; 0 when memory is gone. */
uint32_t yki_source_origin(yki_sources *s, const char *macro, yki_pos pos);
const yki_origin *yki_source_origin_of(const yki_sources *s, yki_pos pos);

/* Line and column (in characters) from 1, and the line's bytes. */
typedef struct yki_place {
    const yki_file *file;
    uint32_t line, column;
    const char *begin; /* of the line */
    size_t len;        /* without the line's end */
    size_t at;         /* bytes from begin to the position */
} yki_place;
/* False for a position that is nowhere. */
bool yki_source_place(const yki_sources *s, yki_pos pos, yki_place *out);

#endif
