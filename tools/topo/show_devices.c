/* The table of devices. */
#include "tool.h"

#include <string.h>

static void add_row(struct libscols_table *table, const device_row *r)
{
    char bytes[YKI_HUMAN] = "-", name[YKI_DEVICE_NAME];
    const yk_device_info *d = &r->info;
    if (d->memory_bytes) yki_human_bytes(bytes, (double)d->memory_bytes);
    const char *fp64 = !d->id[0] ? "-" : d->fp64 ? "yes" : "no";
    yki_device_name(name, d);
    yki_table_row(table, (const char *const[]){d->id[0] ? d->id : "-", name, bytes,
                  d->pci[0] ? d->pci : "-", fp64, r->split}, 6);
}

static void show_details(const device_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        const yk_device_info *d = &list->rows[i].info;
        if (!d->id[0]) continue;
        char one[YKI_HUMAN], local[YKI_HUMAN];
        printf("  %s: %.60s, driver %.24s\n      %.92s\n      %u units, work-groups up to %zu, "
               "%s local, largest buffer %s%s\n",
               d->id, d->platform, d->driver, d->version, d->units, d->max_group,
               yki_human_bytes(local, (double)d->local_bytes),
               yki_human_bytes(one, (double)d->alloc_bytes),
               d->unified ? ", claims unified memory" : "");
    }
}

static void count_one(void *ctx, const char *path)
{
    (void)path;
    *(size_t *)ctx += 1;
}

/* Why there is no OpenCL device; with --verbose what else the loader said. */
static void show_note(const state *s)
{
    bool any = false;
    for (size_t i = 1; i < s->devices.count; i++) any = any || s->devices.rows[i].info.id[0];
    const char *note = s->devices.note;
    if (!yk_topo_is_this_machine(s->topo) || !*note) return;
    if (any && s->cmd->verbose) {
        printf("  note: %.92s\n", note);
    } else if (!any) {
        size_t installed = 0;
        yki_topo_each_icd(count_one, &installed);
        if (strncmp(note, "OpenCL: ", 8) == 0) note += 8;
        if (installed == 0) printf("  no OpenCL device: %.80s\n", note);
        else
            printf("  no OpenCL device: none of %zu driver%s offers one; see --doctor\n",
                   installed, installed == 1 ? "" : "s");
    }
}

void yki_topo_show_devices(const state *s)
{
    struct libscols_table *table = yki_table_new(true);
    yki_table_column(table, "device", false);
    yki_table_column(table, "name", false);
    yki_table_column(table, "memory", true);
    yki_table_column(table, "PCI", false);
    yki_table_column(table, "fp64", false);
    yki_table_column(table, "in a split", false);
    for (size_t i = 0; i < s->devices.count; i++) add_row(table, &s->devices.rows[i]);
    yki_table_print(&table);
    if (s->cmd->verbose && s->devices.count > 1) {
        putchar('\n');
        show_details(&s->devices);
    }
    show_note(s);
}
