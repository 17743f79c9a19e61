/* yoke-topo: what a machine has, what Yoke uses of it, and why.
 *
 * main.c reads the command line; the other files each fill or show one part.  One
 * struct of findings, several writers: text, JSON, configuration, doctor.  One thread,
 * but for measure.c; drivers are asked in a child process alone (probe.c). */
#ifndef YOKE_TOOLS_TOPO_TOOL_H
#define YOKE_TOOLS_TOPO_TOOL_H

#include <libsmartcols.h>
#include <yoke/yoke.h>

#include "common/tool.h"

#define TOOL "yoke-topo"
#define WIDTH 100               /* columns of a terminal that output fits in */
#define MOST_DEVICES 64
#define MOST_FINDINGS 48
#define MOST_LEVELS 6
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

typedef struct command {
    const char *json;           /* file or "-", NULL: none */
    const char *input;
    const char *root;           /* for tests: where /proc, /sys and /dev are, NULL: there */
    bool measure, config, doctor, verbose, help, version;
} command;

/* ---- devices ---- */

typedef struct device_row {
    yk_device_info info;        /* id is "" for a PCI device that no driver offers */
    const yk_topo_pci *pci;     /* NULL if it is on no bus we know */
    char split[128];            /* does it take part, and if not why */
    char icd[256];              /* the one driver that was asked alone, else empty */
    size_t index;               /* in what was asked */
} device_row;

typedef struct device_list {
    device_row rows[MOST_DEVICES];
    size_t count;
    char problem[256];          /* one line: drivers that crashed or hung */
    bool no_opencl;             /* this build has none */
    char note[256];             /* and platforms that have no device, which is no failure */
} device_list;

/* ---- measurements ---- */

typedef struct measured_level {
    char name[16];              /* "L1", ..., "memory" */
    uint64_t bytes;             /* of the level, 0 for memory */
    uint64_t reach;             /* and how much of it answers at its speed */
    uint64_t working_set;       /* used for measuring */
    double latency_s;           /* one dependent load */
    double read_bytes_s;        /* one worker */
    double all_bytes_s;         /* all workers together, each on its own data */
} measured_level;

typedef struct measured_device {
    const device_row *row;
    char problem[160];          /* why there is nothing below; empty if all went well */
    double up_bytes_s, down_bytes_s;        /* one large transfer */
    double launch_s;            /* from giving a job of nothing to its end */
    double triad_bytes_s;       /* 3 arrays counted */
    double float_flops_s;
    double double_flops_s;      /* 0: it has no doubles */
} measured_device;

typedef struct measurement {
    measured_level levels[MOST_LEVELS];
    size_t level_count;
    double triad_bytes_s;       /* a[i] = b[i] + s*c[i] on all workers, 3 arrays counted */
    double float_flops_s, double_flops_s;           /* all workers */
    double float_flops_one_s, double_flops_one_s;   /* one */
    double clock_hz;            /* of a core at work on integers */
    double pool_launch_s;       /* an empty loop on all workers, 0 if it failed */
    double cpu_s, wall_s;       /* time the measuring threads had, and ought to have had */
    measured_device devices[MOST_DEVICES];
    size_t device_count;
} measurement;

/* ---- the doctor ---- */

typedef struct finding {
    bool good;
    const char *check;          /* which one found it: "affinity", "drivers", ... */
    char what[256];
    char remedy[256];
} finding;

typedef struct diagnosis {
    finding findings[MOST_FINDINGS];
    size_t count;
} diagnosis;

/* ---- all that is known ---- */

typedef struct state {
    const command *cmd;
    yk_topo *topo;
    device_list devices;
    measurement *measured;      /* NULL unless asked for, as the next */
    diagnosis *diagnosed;
} state;

/* command.c: YKI_EXIT_OK or an exit code. */
int yki_topo_parse(command *cmd, int argc, char **argv);
void yki_topo_usage(FILE *to);

/* ---- child.c: this program again, where drivers are called ---- */

#define YKI_CHILD_WORD "--child"        /* not for people: FD, what, index follow */
#define YKI_CHILD_LIST "list"
#define YKI_CHILD_MEASURE "measure"
#define YKI_CHILD_LOAD "load"
#define YKI_CHILD_TEXT ((size_t)1 << 20)
#define YKI_CHILD_END 128

typedef struct child_task {
    const char *what;           /* one of those above */
    const char *icd;            /* the one driver to load, NULL: all */
    size_t index;               /* of a device in that listing */
    long limit_ms;
} child_task;

/* Parent: runs it and returns all it wrote, to be freed; NULL without memory.  `end`
 * tells what went wrong ("crashed (SIGABRT)"), empty if nothing did. */
char *yki_topo_child(const child_task *task, char end[YKI_CHILD_END]);
/* Child: the arguments behind YKI_CHILD_WORD; does not return. */
int yki_topo_be_child(char *const *argv);
/* Child: writes one line and gives the value up; false where the parent is gone. */
bool yki_topo_child_line(FILE *to, json_t *value);
/* Child: what it is there for, in probe.c, measure_devices.c and doctor_drivers.c. */
bool yki_topo_child_lists(FILE *to);
bool yki_topo_child_measures(FILE *to, size_t index);
bool yki_topo_child_loads(FILE *to, const char *icd);

/* probe.c: asks all drivers, or the one of an .icd file alone, in a child with a time
 * limit.  Appends to list; false, with list->problem, where the child failed. */
bool yki_topo_probe(device_list *list, const char *icd);
/* Calls each(ctx, path) for the drivers that are installed; how many. */
size_t yki_topo_each_icd(void (*each)(void *ctx, const char *path), void *ctx);

/* The same for the .icd files of a folder. */
size_t yki_topo_each_icd_in(const char *folder, void (*each)(void *ctx, const char *path),
                            void *ctx);

/* pci_names.c: "NVIDIA GeForce RTX 4070" where pci.ids is installed, "NVIDIA 10de:2786"
 * where not; and whether it is a display adapter that computes nothing. */
void yki_topo_pci_name(const char *root, const yk_topo_pci *p, char *to, size_t size);
bool yki_topo_only_pictures(const yk_topo_pci *p);

/* devices.c: the pool, what drivers offer, and PCI devices that none offers. */
void yki_topo_find_devices(device_list *list, const yk_topo *t, const char *root);

/* show.c, show_cores.c, show_memory.c, show_devices.c: text on stdout. */
void yki_topo_show(const state *s);
void yki_topo_show_cores(const state *s);
bool yki_topo_is_hybrid(const yk_topo *t);
void yki_topo_show_caches(const state *s);
void yki_topo_show_nodes(const state *s);
void yki_topo_show_devices(const state *s);
/* show_measured.c */
void yki_topo_show_measured(const state *s);

/* table.c: rows of text through libsmartcols, indented by two.  NULL cells are "". */
struct libscols_table *yki_table_new(bool headings);
void yki_table_column(struct libscols_table *table, const char *name, bool right);
void yki_table_row(struct libscols_table *table, const char *const *cells, size_t count);
void yki_table_print(struct libscols_table **table);
/* Cuts text in place to at most `most` bytes, never inside a character: its end, or (a
 * path) its middle, becomes "...".  Returns it. */
char *yki_topo_cut_end(char *text, size_t most);
char *yki_topo_cut_middle(char *text, size_t most);

/* config.c: an exit code. */
int yki_topo_config(const state *s);
json_t *yki_topo_config_json(const state *s);
/* The i-th variable of the environment that begins with YOKE_ and is no setting; false
 * past the last.  And the setting nearest to a name, NULL if none is near. */
bool yki_topo_unknown_setting(size_t i, char *name, size_t size);
const char *yki_topo_near_setting(const char *name);

/* doctor.c */
void yki_topo_diagnose(diagnosis *d, const state *s);
void yki_topo_show_diagnosis(const diagnosis *d);

/* measure.c: an exit code. */
int yki_topo_measure(measurement *m, const state *s);

/* json.c: everything, as "yoke-topo/1"; NULL without memory. */
json_t *yki_topo_json(const state *s);
/* json_measured.c */
json_t *yki_topo_measured_json(const measurement *m);

#endif
