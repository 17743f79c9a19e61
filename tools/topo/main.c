/* yoke-topo: reads the command line, gathers, and writes.  See tool.h. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file if there is one, or if it looks like the name of one. */
static bool names_file(const char *input)
{
    struct stat st;
    size_t n = strlen(input);
    if (stat(input, &st) == 0 || strchr(input, '/')) return true;
    return n > 4 && strcmp(input + n - 4, ".xml") == 0;
}

static int open_machine(state *s)
{
    const char *input = s->cmd->input;
    yk_topo_opts o = {.full = 1, .root = s->cmd->root};
    if (input && names_file(input)) o.xml = input;
    else if (input) o.synthetic = input;
    yk_diag d = {0};
    yk_status status = yk_topo_open(&s->topo, &o, &d);
    if (status == YK_OK) return YKI_EXIT_OK;
    yki_error(TOOL, "%s", d.text[0] ? d.text : yk_strerror(status));
    return status == YK_E_INVALID ? YKI_EXIT_USAGE : YKI_EXIT_ERROR;
}

static int gather(state *s)
{
    const command *cmd = s->cmd;
    int code = YKI_EXIT_OK;
    bool all = cmd->json || cmd->doctor || !cmd->config;
    if (all) yki_topo_find_devices(&s->devices, s->topo, cmd->root ? cmd->root : "");
    if (cmd->measure) {
        s->measured = calloc(1, sizeof *s->measured);
        if (!s->measured) return yki_error(TOOL, "out of memory");
        code = yki_topo_measure(s->measured, s);
    }
    if (code == YKI_EXIT_OK && cmd->doctor) {
        s->diagnosed = calloc(1, sizeof *s->diagnosed);
        if (!s->diagnosed) return yki_error(TOOL, "out of memory");
        yki_topo_diagnose(s->diagnosed, s);
    }
    return code;
}

/* Figures taken while others had the cores are worth little; say so. */
static void warn_of_company(const measurement *m)
{
    double share = m->wall_s > 0 ? m->cpu_s / m->wall_s : 1;
    if (share < 0.95)
        yki_warning("the measuring threads had the cores for %.0f %% of the time; other programs "
                    "or a quota had the rest, so figures may be too low", 100 * share);
}

static void warn(const state *s)
{
    const yk_topo_limits *m = yk_topo_get_limits(s->topo);
    if (s->measured) warn_of_company(s->measured);
    if (s->diagnosed) return;       /* it has said all of this, with remedies */
    if (m->warning[0]) yki_warning("%s", m->warning);
    if (s->devices.problem[0]) yki_warning("%s", s->devices.problem);
}

static int write_all(const state *s)
{
    const command *cmd = s->cmd;
    bool text = !(cmd->json && strcmp(cmd->json, "-") == 0);
    int code = YKI_EXIT_OK;
    if (text && cmd->config) code = yki_topo_config(s);
    if (text && s->diagnosed) yki_topo_show_diagnosis(s->diagnosed);
    if (text && (s->measured || (!cmd->config && !s->diagnosed))) yki_topo_show(s);
    if (cmd->json && code == YKI_EXIT_OK) {
        json_t *value = yki_topo_json(s);
        code = yki_write_json(TOOL, cmd->json, value);
        json_decref(value);
    }
    return code;
}

static int run(const command *cmd)
{
    state *s = calloc(1, sizeof *s);
    if (!s) return yki_error(TOOL, "out of memory");
    s->cmd = cmd;
    int code = yki_check_writable(TOOL, cmd->json);
    if (code == YKI_EXIT_OK) code = open_machine(s);
    if (code == YKI_EXIT_OK) code = gather(s);
    if (code == YKI_EXIT_OK) code = write_all(s);
    if (code == YKI_EXIT_OK) warn(s);
    yk_topo_close(&s->topo);
    free(s->measured);
    free(s->diagnosed);
    free(s);
    return code;
}

int main(int argc, char **argv)
{
    command cmd;
    yki_tool_start();
    if (argc == 5 && strcmp(argv[1], YKI_CHILD_WORD) == 0) return yki_topo_be_child(argv + 2);
    int code = yki_topo_parse(&cmd, argc, argv);
    if (code != YKI_EXIT_OK) return code;
    if (cmd.help) yki_topo_usage(stdout);
    else if (cmd.version) printf("yoke-topo %s\n", yk_version());
    else code = run(&cmd);
    return yki_tool_finish(TOOL, code);
}
