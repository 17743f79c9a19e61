/* compile: from a kernel file and options to generated texts.
 *
 * The way into the compiler for yokec and, later, for run time.  Nothing is global,
 * nothing is printed; any number of compilations at once, one thread each. */
#ifndef YKI_COMPILER_COMPILE_H
#define YKI_COMPILER_COMPILE_H

#include "compiler/front.h"

typedef struct yki_compile_opts {
    yki_front_opts front;
    const char *prefix;     /* before every public name; NULL: none */
    const char *header;     /* how the .yk.c includes the header; NULL: no header, no source */
    bool check;             /* each access is checked against its window */
} yki_compile_opts;

/* What a compilation gives.  Texts belong to the result. */
typedef struct yki_result {
    yki_unit *unit;
    yki_text header, source;
    yki_text explain;       /* --explain */
    yki_text device;        /* the device sources of all kernels */
    yki_text messages;      /* diagnostics, also warnings of a success */
    size_t kernels;
} yki_result;

/* Fills *out, which is to be closed whatever comes back.
 * YK_E_BUILD, YK_E_IO: see out->messages.  YK_E_NOMEM, YK_E_INVALID: as yki_front_run;
 * YK_E_INVALID also for a prefix that is no identifier. */
yk_status yki_compile(yki_result *out, const yki_compile_opts *o);
void yki_result_close(yki_result *r);

#endif
