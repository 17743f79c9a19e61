/* yoke-bench: how fast this machine is, with everything it has; see bench.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "cases/open.h"
#include "peers/ask.h"
#include "session.h"

/* ---- the machine ---- */

static json_t *describe_machine(const yk_topo *t, const bench_session *s)
{
    json_t *m = yki_machine_json(t), *list = json_array();
    for (size_t k = 0; k < s->n_devices; k++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", s->devices[k].id,
                                              "name", s->devices[k].name, "known_as",
                                              s->devices[k].known_as, "platform",
                                              s->devices[k].platform, "type",
                                              bench_type_name(s->devices[k].type)));
    json_object_set_new(m, "devices", list);
    json_object_set_new(m, "serial_build", json_string(yki_serial_flags));
    json_object_set_new(m, "openmp_build",
                        yki_openmp_flags ? json_string(yki_openmp_flags) : json_null());
    return m;
}

static void join_command(const bench_options *o, char *to, size_t size)
{
    size_t used = (size_t)snprintf(to, size, "%s", BENCH_TOOL);
    for (int k = 1; k < o->argc && used < size; k++)
        used += (size_t)snprintf(to + used, size - used, " %s", o->argv[k]);
}

/* ---- environment of the children ---- */

/* OpenMP gets as many threads as Yoke, whatever the user's shell says: its column is that of
 * all usable cores.  Children take devices and cores from their job. */
static void set_environment(const yk_topo *t)
{
    char threads[24];
    snprintf(threads, sizeof threads, "%zu", yk_topo_workers(t));
    setenv("OMP_NUM_THREADS", threads, 1);
    unsetenv("OMP_THREAD_LIMIT");
    unsetenv("YOKE_DEVICES");
    unsetenv("YOKE_CARVE");
}

/* ---- running ---- */

/* compared: stdout has the comparison, instead of the table. */
static int write_reports(const bench_options *o, const bench_report *report, json_t *json,
                         bool compared)
{
    int code = YKI_EXIT_OK;
    bool to_stdout = (o->json && strcmp(o->json, "-") == 0) ||
                     (o->csv && strcmp(o->csv, "-") == 0);
    if (!to_stdout && !compared) code = bench_write_table(report);
    if (o->json && code == YKI_EXIT_OK) code = yki_write_json(BENCH_TOOL, o->json, json);
    if (o->csv && code == YKI_EXIT_OK) code = bench_write_csv(report, o->csv);
    return code;
}

static int check_carve(const bench_options *o, const bench_session *s, const yk_topo *t)
{
    if (!o->carve) return YKI_EXIT_OK;
    if (o->carve >= yk_topo_workers(t))
        return yki_usage_error(BENCH_TOOL, "--carve %zu: this machine has %zu usable cores, and "
                                           "the pool needs one of them", o->carve,
                               yk_topo_workers(t));
    for (size_t k = 0; k < s->n_devices; k++)
        if (s->devices[k].carved) return YKI_EXIT_OK;
    return yki_error(BENCH_TOOL, "--carve: there is no OpenCL CPU device to give cores to");
}

/* Those after the first `n`, which were said already. */
static void say_warnings(const bench_conditions *c, size_t n)
{
    for (size_t k = n; k < c->n_warnings; k++) yki_warning("%s", c->warnings[k].text);
}

static int write_all(const bench_report *report, const json_t *before)
{
    json_t *json = bench_json(report);
    int code = json ? write_reports(report->options, report, json, before != NULL)
                    : yki_error(BENCH_TOOL, "out of memory");
    if (before && code == YKI_EXIT_OK) code = bench_compare(report->options, before, json, stdout);
    json_decref(json);
    return code;
}

static int report_all(bench_session *s, const yk_topo *t, int code, const json_t *before)
{
    bench_report report = {.options = s->options, .results = s->results,
                           .n_results = s->n_results, .asked = s->asked,
                           .machine = describe_machine(t, s), .conditions = *s->conditions,
                           .interrupted = code == YKI_EXIT_INTERRUPTED, .code = code};
    join_command(s->options, report.command, sizeof report.command);
    /* What is not whole is not compared. */
    int wrote = write_all(&report, report.interrupted ? NULL : before);
    json_decref(report.machine);
    if (code == YKI_EXIT_INTERRUPTED) return code;
    return wrote == YKI_EXIT_ERROR || code == YKI_EXIT_OK ? wrote : code;
}

/* What --compare would refuse afterwards is refused before time goes into it. */
static int check_compare(const bench_session *s, const yk_topo *t, const json_t *before)
{
    if (!before) return YKI_EXIT_OK;
    bench_report report = {.options = s->options, .machine = describe_machine(t, s),
                           .conditions = *s->conditions};
    json_t *json = bench_json(&report);
    int code = json ? bench_check_comparable(before, json)
                    : yki_error(BENCH_TOOL, "out of memory");
    json_decref(json);
    json_decref(report.machine);
    return code;
}

static int run_watched(bench_session *s, const yk_topo *t, const json_t *before)
{
    int code = bench_columns(s->options, s->shared, s->fd, s->devices, &s->n_devices);
    if (code == YKI_EXIT_OK) code = check_carve(s->options, s, t);
    if (code == YKI_EXIT_OK) code = check_compare(s, t, before);
    if (code != YKI_EXIT_OK) return code;
    bench_watch_start(s->watch, "", t, s->conditions);
    size_t said = s->conditions->n_warnings;
    say_warnings(s->conditions, 0);
    code = bench_session_run(s);
    bench_watch_end(s->watch, s->conditions);
    say_warnings(s->conditions, said);
    return code;
}

static int run_on(bench_session *s, const yk_topo *t, const json_t *before)
{
    set_environment(t);
    s->shared = bench_shared_open(&s->fd);
    if (!s->shared) return yki_error(BENCH_TOOL, "no shared memory: %s", strerror(errno));
    s->workers = yk_topo_workers(t);
    s->memory_limit = (double)yk_topo_memory_limit(t);
    bench_catch_interrupts();
    int code = run_watched(s, t, before);
    bool any = s->results && code != YKI_EXIT_USAGE;
    if (any || code == YKI_EXIT_INTERRUPTED) code = report_all(s, t, code, before);
    bench_shared_close(&s->shared, s->fd);
    return code;
}

static int run(const bench_options *o)
{
    json_t *before = NULL;
    yk_topo *t = NULL;
    yk_diag diag = {0};
    bench_watch watch = {.root = ""};
    bench_conditions conditions = {.others_cpus = -1, .steal = -1, .throttled_s = -1,
                                   .load = {-1, -1, -1}};
    bench_session session = {.options = o, .watch = &watch, .conditions = &conditions};
    int code = yki_check_writable(BENCH_TOOL, o->json);
    if (code == YKI_EXIT_OK) code = yki_check_writable(BENCH_TOOL, o->csv);
    if (code == YKI_EXIT_OK && o->compare_old) code = bench_load_json(o->compare_old, &before);
    if (code == YKI_EXIT_OK) {
        yk_status st = yk_topo_open(&t, &(yk_topo_opts){.threads = o->threads}, &diag);
        if (st == YK_OK) code = run_on(&session, t, before);
        else if (st == YK_E_INVALID)
            code = yki_usage_error(BENCH_TOOL, "%s%s", strncmp(diag.text, "threads=", 8) ? "" : "--",
                                   diag.text);
        else code = yki_error(BENCH_TOOL, "%s", diag.text);
    }
    free(session.results);
    yk_topo_close(&t);
    json_decref(before);
    return code;
}

static int compare_files(const bench_options *o)
{
    json_t *before = NULL, *now = NULL;
    int code = bench_load_json(o->compare_old, &before);
    if (code == YKI_EXIT_OK) code = bench_load_json(o->compare_new, &now);
    if (code == YKI_EXIT_OK) code = bench_compare(o, before, now, stdout);
    json_decref(before);
    json_decref(now);
    return code;
}

/* --show */
static int show_file(const bench_options *o)
{
    json_t *json = NULL;
    bench_report report = {.options = o};
    bench_options as_run = *o;
    int code = bench_load_json(o->show, &json);
    if (code == YKI_EXIT_OK) code = bench_report_read(json, &as_run, &report);
    if (code == YKI_EXIT_OK && o->csv) code = bench_write_csv(&report, o->csv);
    bool csv_alone = o->csv && strcmp(o->csv, "-") == 0;
    if (code == YKI_EXIT_OK && !csv_alone) code = bench_write_table(&report);
    free(report.results);
    json_decref(report.machine);
    json_decref(json);
    return code;
}

static int dispatch(const bench_options *o)
{
    if (o->help) {
        bench_usage(stdout);
        return YKI_EXIT_OK;
    }
    if (o->version) {
        printf("%s %s\n", BENCH_TOOL, yk_version());
        return YKI_EXIT_OK;
    }
    if (o->list) return bench_list(o);
    if (o->show) return show_file(o);
    return o->compare_new ? compare_files(o) : run(o);
}

int main(int argc, char **argv)
{
    bench_options options;
    yki_tool_start();
    if (argc == 3 && strcmp(argv[1], BENCH_CHILD_OPTION) == 0) return bench_child_main(argv[2]);
    if (argc == 4 && strcmp(argv[1], BENCH_OPEN_OPTION) == 0)
        return bench_open_main(argv[2], argv[3]);
    if (argc > 2 && strcmp(argv[1], BENCH_PEER_OPTION) == 0)
        return bench_peer_main(argc - 2, argv + 2);
    int code = bench_options_parse(&options, argc, argv);
    if (code == YKI_EXIT_OK) code = dispatch(&options);
    return yki_tool_finish(BENCH_TOOL, code);
}
