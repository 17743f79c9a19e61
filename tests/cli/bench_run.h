/* Running yoke-bench in tests.  Its warnings depend on what else the machine does, so they
 * are taken out of what it said on stderr before that is compared. */
#ifndef YKT_BENCH_RUN_H
#define YKT_BENCH_RUN_H

#include "check.h"
#include "command.h"
#include "schema.h"

#define ARGS(...) ((const char *const[]){YOKE_BENCH, __VA_ARGS__, NULL})
#define SCHEMA YOKE_SOURCE_DIR "/docs/yoke-bench-1.schema.json"
#define COMPARE_SCHEMA YOKE_SOURCE_DIR "/docs/yoke-bench-compare-1.schema.json"

static inline void drop_warnings(char *text)
{
    char *to = text;
    for (char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        n += line[n] == '\n';
        if (strncmp(line, "warning: ", 9) != 0) {
            memmove(to, line, n);
            to += n;
        }
        line += n;
    }
    *to = '\0';
}

static inline ykt_command bench(const ykt_setting *s, const char *const *argv)
{
    ykt_command c = ykt_run(s, argv);
    assert_true(c.code >= 0);
    drop_warnings(c.err);
    return c;
}

static inline json_t *parsed_as(const char *text, const char *schema_file)
{
    json_error_t error;
    ykt_schema schema;
    json_t *json = json_loads(text, 0, &error);
    if (!json) fail_msg("not JSON: %s (line %d): %s", error.text, error.line, text);
    if (!ykt_schema_obeys(&schema, schema_file, json)) fail_msg("%s", schema.error);
    return json;
}

static inline json_t *parsed(const char *text) { return parsed_as(text, SCHEMA); }

static inline const json_t *first_result(const json_t *report)
{
    return json_array_get(json_object_get(report, "results"), 0);
}

static inline double number_at(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    if (!json_is_number(x)) fail_msg("no number %s", key);
    return json_number_value(x);
}

#endif
