/* yokec.h: what the files of the tool share. */
#ifndef YOKEC_H
#define YOKEC_H

#include "compiler/compile.h"

/* The command line, taken apart.  Strings are the caller's or listed in `owned`. */
typedef struct options {
    const char *input;
    const char *output;         /* -o */
    const char *prefix;
    const char *header_dir;
    const char *depfile;        /* to be written, or NULL */
    const char *mf;             /* -MF */
    bool make_deps, compile, explain, dump_device, check;
    const char *header_name;    /* as the source includes it */
    const char *header_path, *source_path, *object_path;
    const char **includes;
    size_t include_count;
    yki_define *defines;
    size_t define_count;
    const char **cc_flags;      /* passed through with -c */
    size_t cc_count;
    char **owned;
    size_t owned_count;
} options;

/* -1: go on; else the exit code (help and version printed, or misuse explained). */
int yokec_options(options *o, int argc, char **argv);
void yokec_options_free(options *o);
/* printf to a string that lives as long as the options; exits the program without
 * memory, as a tool may. */
const char *yokec_format(options *o, const char *format, ...) YK_PRINTF(2, 3);

/* 0, or 1 with a message on stderr. */
int yokec_write(const char *path, const char *text, size_t bytes);
int yokec_write_deps(const options *o, const yki_result *r);
int yokec_run_cc(const options *o);

#endif
