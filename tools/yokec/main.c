/* yokec: the kernel compiler as a program: options in, files and exit codes out.
 *
 * A thin face over engine/compiler.  0: done; 1: the kernel file (or the C compiler, or
 * a file operation) failed, with messages on stderr; 2: misused.  Files appear
 * complete or not at all: they are written beside their name and renamed. */
#include "yokec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yoke/version.h>

static int explain(const options *o, const yki_result *r)
{
    (void)o;
    fputs(yki_text_get(&r->explain), stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int dump_device(const yki_result *r)
{
    fputs(yki_text_get(&r->device), stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int write_all(const options *o, const yki_result *r)
{
    int rc = yokec_write(o->header_path, yki_text_get(&r->header), r->header.len);
    if (rc == 0) rc = yokec_write(o->source_path, yki_text_get(&r->source), r->source.len);
    if (rc == 0 && o->depfile) rc = yokec_write_deps(o, r);
    if (rc == 0 && o->compile) rc = yokec_run_cc(o);
    return rc;
}

static int run(const options *o)
{
    yki_result r;
    yki_compile_opts c = {
        .front = {.path = o->input, .include_dirs = o->includes, .include_count = o->include_count,
                  .defines = o->defines, .define_count = o->define_count},
        .prefix = o->prefix, .header = o->header_name, .check = o->check};
    yk_status st = yki_compile(&r, &c);
    int rc = 1;
    fputs(yki_text_get(&r.messages), stderr);
    if (st == YK_OK) {
        if (o->explain) rc = explain(o, &r);
        else if (o->dump_device) rc = dump_device(&r);
        else rc = write_all(o, &r);
    } else if (!r.messages.len) {
        fprintf(stderr, "yokec: %s: %s\n", o->input, yk_strerror(st));
    }
    yki_result_close(&r);
    return rc;
}

int main(int argc, char **argv)
{
    options o = {0};
    int rc = yokec_options(&o, argc, argv);
    if (rc < 0) rc = run(&o);
    yokec_options_free(&o);
    return rc;
}
