/* The YOKE_* settings: what each is set to, what is in force, and why.  The machine
 * has been opened by now, so a bad YOKE_THREADS or YOKE_ISA has been refused. */
#include "tool.h"

#include "base/base.h"

#include <string.h>
#include <unistd.h>

typedef struct setting {
    const char *name, *value;   /* value: NULL if unset */
    char in_force[96];
    char why[160];
} setting;

typedef yk_status resolve(setting *s, const state *all, yk_diag *diag);

static void by_default(setting *s, const char *in_force, const char *why)
{
    yki_copy_text(s->in_force, sizeof s->in_force, s->value ? s->value : in_force);
    yki_copy_text(s->why, sizeof s->why, s->value ? "as set" : why);
}

static yk_status threads(setting *s, const state *all, yk_diag *diag)
{
    (void)diag;
    const yk_topo_limits *m = yk_topo_get_limits(all->topo);
    snprintf(s->in_force, sizeof s->in_force, "%zu", m->workers);
    if (m->bound == YK_BOUND_MACHINE) snprintf(s->why, sizeof s->why, "all cores");
    else if (m->bound == YK_BOUND_ASKED) snprintf(s->why, sizeof s->why, "as set");
    else snprintf(s->why, sizeof s->why, "%s binds", yk_topo_bound_name(m->bound));
    return YK_OK;
}

static yk_status devices(setting *s, const state *all, yk_diag *diag)
{
    (void)all, (void)diag;
    by_default(s, "GPUs and accelerators", "default; CPU devices share the pool's cores");
    return YK_OK;
}

static yk_status isa(setting *s, const state *all, yk_diag *diag)
{
    (void)diag;
    yk_isa have = yk_topo_isa_machine(all->topo), use = yk_topo_isa(all->topo);
    yki_copy_text(s->in_force, sizeof s->in_force, yk_isa_name(use));
    if (use < have)
        snprintf(s->why, sizeof s->why, "lowered from %s", yk_isa_name(have));
    else
        snprintf(s->why, sizeof s->why, "the best of this processor and kernel");
    return YK_OK;
}

static yk_status carve(setting *s, const state *all, yk_diag *diag)
{
    (void)all;
    size_t n = 0;
    yk_status status = yki_env_size("YOKE_CARVE", 0, 65536, &n, diag);
    by_default(s, "none", "default: the pool has all cores");
    return status;
}

static yk_status pin(setting *s, const state *all, yk_diag *diag)
{
    (void)all;
    bool on = true;
    yk_status status = yki_env_bool("YOKE_PIN", &on, diag);
    by_default(s, "on", "default: one worker a core");
    yki_copy_text(s->in_force, sizeof s->in_force, on ? "on" : "off");
    return status;
}

static yk_status device_mem(setting *s, const state *all, yk_diag *diag)
{
    (void)all;
    size_t bytes = 0;
    yk_status status = yki_env_bytes("YOKE_DEVICE_MEM", &bytes, diag);
    by_default(s, "90 % of each device's", "default");
    if (bytes) yki_human_bytes(s->in_force, (double)bytes);
    return status;
}

static yk_status check(setting *s, const state *all, yk_diag *diag)
{
    (void)all;
    bool on = false;
    yk_status status = yki_env_bool("YOKE_CHECK", &on, diag);
    by_default(s, "off", "default: bounds are not checked");
    yki_copy_text(s->in_force, sizeof s->in_force, on ? "on" : "off");
    if (on) yki_copy_text(s->why, sizeof s->why, "pool alone; kernels need yokec --check");
    return status;
}

/* Named in the manual, read by no part of this version: said, not hidden. */
static yk_status unread(setting *s, const state *all, yk_diag *diag)
{
    (void)all, (void)diag;
    yki_copy_text(s->in_force, sizeof s->in_force, "-");
    yki_copy_text(s->why, sizeof s->why, "has no effect in this version");
    return YK_OK;
}

static const struct {
    const char *name;
    resolve *resolve;
} settings[] = {
    {"YOKE_THREADS", threads}, {"YOKE_DEVICES", devices},       {"YOKE_ISA", isa},
    {"YOKE_CARVE", carve},     {"YOKE_PIN", pin},               {"YOKE_PROFILE", unread},
    {"YOKE_DEVICE_MEM", device_mem}, {"YOKE_CHECK", check},     {"YOKE_LOG", unread},
};

/* ---- variables that are none ---- */

const char *yki_topo_near_setting(const char *name)
{
    const char *words[COUNT_OF(settings) + 1] = {NULL};
    for (size_t i = 0; i < COUNT_OF(settings); i++) words[i] = settings[i].name;
    return yki_nearest(name, words);
}

static bool is_setting(const char *name, size_t n)
{
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        if (strncmp(settings[i].name, name, n) == 0 && settings[i].name[n] == '\0') return true;
    return false;
}

bool yki_topo_unknown_setting(size_t i, char *name, size_t size)
{
    for (char **e = environ; *e; e++) {
        size_t n = strcspn(*e, "=");
        if (strncmp(*e, "YOKE_", 5) != 0 || is_setting(*e, n)) continue;
        if (i-- > 0) continue;
        snprintf(name, size, "%.*s", (int)yki_min(n, size - 1), *e);
        return true;
    }
    return false;
}

static bool look_up_unknown(setting *s, size_t i, char *name, size_t size)
{
    if (!yki_topo_unknown_setting(i, name, size)) return false;
    const char *near = yki_topo_near_setting(name);
    *s = (setting){.name = name, .value = yki_env(name)};
    yki_copy_text(s->in_force, sizeof s->in_force, "-");
    if (near) snprintf(s->why, sizeof s->why, "no setting of Yoke; did you mean %s?", near);
    else snprintf(s->why, sizeof s->why, "no setting of Yoke");
    return true;
}

/* ---- all of them ---- */

static yk_status look_up(setting *s, size_t i, const state *all, yk_diag *diag)
{
    *s = (setting){.name = settings[i].name, .value = yki_env(settings[i].name)};
    return settings[i].resolve(s, all, diag);
}

static void add_row(struct libscols_table *table, const setting *s)
{
    yki_table_row(table, (const char *const[]){s->name, s->value ? s->value : "not set",
                  s->in_force, s->why}, 4);
}

int yki_topo_config(const state *all)
{
    struct libscols_table *table = yki_table_new(true);
    yki_table_column(table, "setting", false);
    yki_table_column(table, "value", false);
    yki_table_column(table, "in force", false);
    yki_table_column(table, "why", false);
    int code = YKI_EXIT_OK;
    for (size_t i = 0; i < COUNT_OF(settings) && code == YKI_EXIT_OK; i++) {
        setting s;
        yk_diag d = {0};
        if (look_up(&s, i, all, &d) != YK_OK) {
            yki_error(TOOL, "%s", d.text);
            code = YKI_EXIT_USAGE;
        }
        add_row(table, &s);
    }
    setting s;
    char name[64];
    for (size_t i = 0; code == YKI_EXIT_OK && look_up_unknown(&s, i, name, sizeof name); i++)
        add_row(table, &s);
    if (code == YKI_EXIT_OK) yki_table_print(&table);
    else scols_unref_table(table);
    return code;
}

static json_t *setting_json(const setting *s, yk_status status, const yk_diag *d)
{
    return json_pack("{s:s, s:s?, s:s, s:s}", "name", s->name, "value", s->value,
                     "in_force", status == YK_OK ? s->in_force : "-",
                     "why", status == YK_OK ? s->why : d->text);
}

json_t *yki_topo_config_json(const state *all)
{
    json_t *list = json_array();
    setting s;
    yk_diag d = {0};
    char name[64];
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        yk_status status = look_up(&s, i, all, &d);
        json_array_append_new(list, setting_json(&s, status, &d));
    }
    for (size_t i = 0; look_up_unknown(&s, i, name, sizeof name); i++)
        json_array_append_new(list, setting_json(&s, YK_OK, &d));
    return list;
}
