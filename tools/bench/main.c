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

/* Microseconds that the cgroup's CPU quota has kept this process from running; -1 where
 * there is no telling. */
static double throttled_seconds(void)
{
    char text[4096], path[4400];
    if (yki_read_file("", "/proc/self/cgroup", text, sizeof text) != YK_OK) return -1;
    char *v2 = strstr(text, "0::");
    if (!v2) return -1;
    v2[strcspn(v2, "\n")] = '\0';
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.stat", strcmp(v2 + 3, "/") ? v2 + 3 : "");
    if (yki_read_file("", path, text, sizeof text) != YK_OK) return -1;
    const char *at = strstr(text, "throttled_usec ");
    return at ? strtod(at + strlen("throttled_usec "), NULL) * 1e-6 : -1;
}

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

/* OpenMP gets as many threads as Yoke; children take devices and cores from their job. */
static void set_environment(const yk_topo *t)
{
    char threads[24];
    snprintf(threads, sizeof threads, "%zu", yk_topo_workers(t));
    setenv("OMP_NUM_THREADS", threads, 0);
    unsetenv("YOKE_DEVICES");
    unsetenv("YOKE_CARVE");
}

/* ---- running ---- */

static int write_reports(const bench_options *o, const bench_report *report, json_t *json)
{
    int code = YKI_EXIT_OK;
    bool to_stdout = (o->json && strcmp(o->json, "-") == 0) ||
                     (o->csv && strcmp(o->csv, "-") == 0);
    if (!to_stdout && !o->compare_old) code = bench_write_table(report);
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

static int report_all(bench_session *s, const yk_topo *t, double throttled, int code,
                      const json_t *before)
{
    const bench_options *o = s->options;
    bench_report report = {.options = o, .results = s->results, .n_results = s->n_results,
                           .asked = s->asked, .machine = describe_machine(t, s),
                           .interrupted = code == YKI_EXIT_INTERRUPTED, .code = code};
    double now = throttled_seconds();
    report.throttled_s = throttled < 0 || now < 0 ? -1 : now - throttled;
    join_command(o, report.command, sizeof report.command);
    json_t *json = bench_json(&report);
    int wrote = json ? write_reports(o, &report, json) : yki_error(BENCH_TOOL, "out of memory");
    int compared = before && wrote == YKI_EXIT_OK ? bench_compare(o, before, json, stdout)
                                                  : YKI_EXIT_OK;
    json_decref(json);
    json_decref(report.machine);
    if (code == YKI_EXIT_INTERRUPTED) return code;
    if (wrote != YKI_EXIT_OK) return wrote;
    return code != YKI_EXIT_OK ? code : compared;
}

static int run_on(bench_session *s, const yk_topo *t, const json_t *before)
{
    set_environment(t);
    s->shared = bench_shared_open(&s->fd);
    if (!s->shared) return yki_error(BENCH_TOOL, "no shared memory: %s", strerror(errno));
    bench_catch_interrupts();
    double throttled = throttled_seconds();
    int code = bench_columns(s->options, s->shared, s->fd, s->devices, &s->n_devices);
    if (code == YKI_EXIT_OK) code = check_carve(s->options, s, t);
    if (code == YKI_EXIT_OK) {
        code = bench_session_run(s);
        if (s->results) code = report_all(s, t, throttled, code, before);
    }
    bench_shared_close(&s->shared, s->fd);
    return code;
}

static int run(const bench_options *o)
{
    json_t *before = NULL;
    yk_topo *t = NULL;
    yk_diag diag = {0};
    bench_session session = {.options = o};
    int code = o->compare_old ? bench_load_json(o->compare_old, &before) : YKI_EXIT_OK;
    if (code == YKI_EXIT_OK) {
        yk_status st = yk_topo_open(&t, &(yk_topo_opts){.threads = o->threads}, &diag);
        if (st == YK_OK) code = run_on(&session, t, before);
        else if (st == YK_E_INVALID) code = yki_usage_error(BENCH_TOOL, "%s", diag.text);
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
    if (o->list) return bench_list();
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
