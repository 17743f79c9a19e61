/* The list of devices: the pool, what OpenCL drivers offer, and PCI devices that no
 * driver offers, each with whether it takes part in a split. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

static void add_pool(device_list *list, const yk_topo *t)
{
    device_row *row = &list->rows[list->count++];
    size_t n = yk_topo_workers(t);
    row->info = (yk_device_info){.id = "cpu", .type = YK_DEVICE_POOL, .fp64 = 1,
                                 .state = YK_DEVICE_READY, .units = (uint32_t)n,
                                 .memory_bytes = yk_topo_memory_limit(t)};
    snprintf(row->info.name, sizeof row->info.name, "pool, %zu worker%s", n, n == 1 ? "" : "s");
    snprintf(row->split, sizeof row->split, "yes");
}

/* "01:00.0" is "0000:01:00.0" without its domain. */
static const yk_topo_pci *pci_of(const yk_topo *t, const char *address)
{
    size_t n = strlen(address);
    for (size_t i = 0; n > 0 && i < yk_topo_pci_count(t); i++) {
        const yk_topo_pci *p = yk_topo_pci_at(t, i);
        size_t m = strlen(p->address);
        if (m >= n && strcmp(p->address + m - n, address) == 0) return p;
    }
    return NULL;
}

static void judge(device_row *row)
{
    const yk_device_info *d = &row->info;
    const char *text = "yes";
    if (d->type == YK_DEVICE_CPU) text = "no: shares the pool's cores (--carve)";
    else if (d->reason[0]) text = d->reason;
    else if (!d->fp64) text = "float kernels only";
    snprintf(row->split, sizeof row->split, "%.120s", text);
}

/* Drivers asked one by one each count from 0. */
static void renumber(device_list *list, size_t first)
{
    static const char *const prefix[] = {"cpu", "gpu", "acc", "cl"};
    size_t next[COUNT_OF(prefix)] = {0};
    for (size_t i = first; i < list->count; i++) {
        unsigned type = (unsigned)list->rows[i].info.type;
        if (type >= COUNT_OF(prefix)) type = YK_DEVICE_CPU;
        snprintf(list->rows[i].info.id, sizeof list->rows[i].info.id, "%s%zu", prefix[type],
                 next[type]++);
    }
}

typedef struct one_by_one {
    device_list *list;
    char problems[256];
} one_by_one;

static void ask_one(void *ctx, const char *icd)
{
    one_by_one *o = ctx;
    if (yki_topo_probe(o->list, icd)) return;
    size_t n = strlen(o->problems);
    snprintf(o->problems + n, sizeof o->problems - n, "%s%s", n ? "; " : "", o->list->problem);
}

static void ask_drivers(device_list *list)
{
    size_t first = list->count;
    if (yki_topo_probe(list, NULL)) return;
    one_by_one o = {.list = list};
    char all[sizeof list->problem];
    memcpy(all, list->problem, sizeof all);
    if (yki_topo_each_icd(ask_one, &o) == 0) memcpy(list->problem, all, sizeof all);
    else memcpy(list->problem, o.problems, sizeof o.problems);
    renumber(list, first);
}

static void add_silent_pci(device_list *list, const yk_topo *t, const char *root)
{
    for (size_t i = 0; i < yk_topo_pci_count(t) && list->count < MOST_DEVICES; i++) {
        const yk_topo_pci *p = yk_topo_pci_at(t, i);
        bool offered = false;
        for (size_t k = 0; k < list->count; k++) offered = offered || list->rows[k].pci == p;
        if (offered) continue;
        device_row *row = &list->rows[list->count++];
        row->info = (yk_device_info){.type = YK_DEVICE_GPU};
        row->pci = p;
        yki_topo_pci_name(root, p, row->info.name, sizeof row->info.name);
        snprintf(row->info.pci, sizeof row->info.pci, "%s",
                 strncmp(p->address, "0000:", 5) == 0 ? p->address + 5 : p->address);
        snprintf(row->split, sizeof row->split, "%s",
                 yki_topo_only_pictures(p) ? "no: shows pictures, computes nothing"
                                           : "no: no OpenCL driver offers it");
    }
}

static void ask(device_list *list, const yk_topo *t)
{
    yki_progress("asking OpenCL drivers...");
    ask_drivers(list);
    yki_progress(NULL);
    for (size_t i = 1; i < list->count; i++) {
        list->rows[i].pci = pci_of(t, list->rows[i].info.pci);
        judge(&list->rows[i]);
    }
}

void yki_topo_find_devices(device_list *list, const yk_topo *t, const char *root)
{
    add_pool(list, t);
    if (yk_topo_is_this_machine(t)) ask(list, t);
    add_silent_pci(list, t, root);
}
