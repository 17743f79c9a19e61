/* The machine in a few lines, above the table; see report.h.  Reads the report's JSON, as
 * that may come from a file. */
#include "report.h"

#include <string.h>

static const char *text_of(const json_t *o, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text && text[0] ? text : otherwise;
}

static const char *name_of(const json_t *device)
{
    return text_of(device, "known_as", text_of(device, "name", "?"));
}

/* Neighbours of one name stand together: "gpu0..gpu7 H100". */
static void add_devices(bench_text *to, const json_t *list)
{
    size_t n = json_array_size(list);
    for (size_t k = 0, last; k < n; k = last + 1) {
        const json_t *d = json_array_get(list, k);
        for (last = k; last + 1 < n; last++)
            if (strcmp(name_of(json_array_get(list, last + 1)), name_of(d)) != 0) break;
        bench_list_add(to, "; %s", text_of(d, "id", "?"));
        if (last > k)
            bench_list_add(to, "..%s", text_of(json_array_get(list, last), "id", "?"));
        bench_list_add(to, " %s", name_of(d));
    }
}

static long long count_of(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

void bench_put_headline(FILE *f, const bench_report *report)
{
    const json_t *m = report->machine;
    bench_text line = {.used = 0};
    long long workers = count_of(m, "workers");
    bench_list_add(&line, "%s, %lld worker%s, %s", text_of(m, "cpu", "unknown processor"),
                   workers, workers == 1 ? "" : "s", text_of(m, "isa", "?"));
    add_devices(&line, json_object_get(m, "devices"));
    bench_put_text(f, "", 0, line.text);
    line.used = 0;
    bench_list_add(&line, "serial: %s; OpenMP: %s", text_of(m, "serial_build", "?"),
                   text_of(m, "openmp_build", "none in this build"));
    bench_put_text(f, "", 0, line.text);
}
