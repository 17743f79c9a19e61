/* A file that appears whole or not at all, for the examples.
 *
 * It is written beside its name and renamed when everything is in it; what is not
 * committed leaves nothing behind.  Pipes and devices ("/dev/stdout") are written to as
 * they are, "-" is standard output.  Functions return 0, or -1 with errno.  One thread. */
#ifndef EXAMPLES_OUTPUT_H
#define EXAMPLES_OUTPUT_H

#include <stdio.h>

typedef struct output {
    FILE *file;
    char *name;     /* what the file will be called, links followed; NULL: in place */
    char *beside;   /* what it is called until then */
} output;

/* Whether a file of that name could be written, before hours of work are put into it. */
int output_check(const char *path);

int output_open(output *out, const char *path);

/* Everything has been written.  Frees *out, also on failure. */
int output_commit(output *out);

/* Forget it.  Keeps errno; takes what was never opened, if it is zeros. */
void output_discard(output *out);

#endif
