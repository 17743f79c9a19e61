/* What the tests of yoke-topo share: running it and looking at what it wrote.  Header
 * only. */
#ifndef YKT_TOPO_COMMAND_H
#define YKT_TOPO_COMMAND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "command.h"
#include "false_root.h"
#include "schema.h"

#define ARGS(...) ((const char *const[]){YOKE_TOPO, __VA_ARGS__, NULL})
#define ENV(...) (&(ykt_setting){.env = (const char *const[]){__VA_ARGS__, NULL}})
#define SCHEMA YOKE_SOURCE_DIR "/docs/yoke-topo-1.schema.json"

/* Expects the exit code; the caller releases the result. */
static inline ykt_command run(const ykt_setting *s, int code, const char *const *argv)
{
    ykt_command c = ykt_run(s, argv);
    if (c.code != code)
        fail_msg("%s: exit %d, expected %d: %s", argv[1] ? argv[1] : "plain", c.code, code, c.err);
    return c;
}

static inline void has(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("'%s' is missing in:\n%s", part, text);
}

/* Parsed and held against the schema; the caller's reference. */
static inline json_t *parsed(const char *text)
{
    json_error_t e;
    json_t *o = json_loads(text, 0, &e);
    if (!o) fail_msg("not JSON: %s in:\n%s", e.text, text);
    ykt_schema schema;
    if (!ykt_schema_obeys(&schema, SCHEMA, o)) fail_msg("%s", schema.error);
    return o;
}

static inline json_int_t number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

/* Columns of the widest line (as bytes), and how many lines. */
static inline size_t widest(const char *text, size_t *lines)
{
    size_t most = 0;
    *lines = 0;
    for (const char *at = text; *at; *lines += 1) {
        size_t n = strcspn(at, "\n");
        if (n > most) most = n;
        at += n + (at[n] == '\n');
    }
    return most;
}

/* Nothing of the machine that runs the tests, or of who does, is to matter. */
static inline void clean_environment(void)
{
    static const char *const names[] = {
        "YOKE_THREADS", "YOKE_ISA", "YOKE_PIN", "YOKE_DEVICES", "YOKE_CARVE", "YOKE_CHECK",
        "YOKE_DEVICE_MEM", "POCL_CACHE_DIR", "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY",
        "KMP_AFFINITY", "OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "CUDA_VISIBLE_DEVICES",
        "SLURM_JOB_ID", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "POCL_MAX_PTHREAD_COUNT",
        "LP_NUM_THREADS", "OPENCL_LAYERS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unsetenv(names[i]);
    setenv("NO_COLOR", "1", 1);
}

#endif
