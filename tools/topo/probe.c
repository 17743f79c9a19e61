/* Asking OpenCL drivers what they have, in a child process (child.c), which answers with
 * one JSON line a device.  If all drivers together fail, each is asked alone, so that one
 * bad driver costs only its own devices. */
#include "tool.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MS 5000
#define VENDORS "/etc/OpenCL/vendors"

/* ---- one device as a JSON line ---- */

static json_t *encode(const yk_device_info *d)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I,"
                     " s:I, s:I}",
                     "id", d->id, "name", d->name, "platform", d->platform, "driver", d->driver,
                     "version", d->version, "pci", d->pci, "reason", d->reason,
                     "type", (int)d->type, "shares", d->shares_cores, "fp64", d->fp64,
                     "int64_atomics", d->int64_atomics, "unified", d->unified,
                     "units", (json_int_t)d->units, "memory", (json_int_t)d->memory_bytes,
                     "alloc", (json_int_t)d->alloc_bytes, "local", (json_int_t)d->local_bytes,
                     "group", (json_int_t)d->max_group);
}

static void copy(char *to, size_t size, const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    snprintf(to, size, "%s", text ? text : "");
}

static json_int_t number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void decode(yk_device_info *d, const json_t *o)
{
    memset(d, 0, sizeof *d);
    copy(d->id, sizeof d->id, o, "id");
    copy(d->name, sizeof d->name, o, "name");
    copy(d->platform, sizeof d->platform, o, "platform");
    copy(d->driver, sizeof d->driver, o, "driver");
    copy(d->version, sizeof d->version, o, "version");
    copy(d->pci, sizeof d->pci, o, "pci");
    copy(d->reason, sizeof d->reason, o, "reason");
    d->type = (yk_device_type)number(o, "type");
    d->shares_cores = (int)number(o, "shares");
    d->fp64 = (int)number(o, "fp64");
    d->int64_atomics = (int)number(o, "int64_atomics");
    d->unified = (int)number(o, "unified");
    d->units = (uint32_t)number(o, "units");
    d->memory_bytes = (uint64_t)number(o, "memory");
    d->alloc_bytes = (uint64_t)number(o, "alloc");
    d->local_bytes = (uint64_t)number(o, "local");
    d->max_group = (size_t)number(o, "group");
}

/* ---- the child ---- */

bool yki_topo_child_lists(FILE *to)
{
    yk_device_info *infos = calloc(MOST_DEVICES, sizeof *infos);
    size_t count = 0;
    yk_diag d = {0};
    if (!infos) return false;
    yk_status status = yk_list_devices(infos, MOST_DEVICES, &count, &d);
    bool sent = true;
    for (size_t i = 0; i < count && i < MOST_DEVICES; i++)
        sent = sent && yki_topo_child_line(to, encode(&infos[i]));
    free(infos);
    return sent && yki_topo_child_line(to, json_pack("{s:i, s:s}", "end", (int)status, "text",
                                                     d.text));
}

/* ---- the parent ---- */

/* Takes over what the child said; true if it came to the end of it. */
static bool take_lines(device_list *list, char *text, const char *icd)
{
    bool complete = false;
    size_t before = list->count;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        json_t *o = json_loads(line, 0, NULL);
        if (json_object_get(o, "end")) {
            complete = true;
            json_int_t status = number(o, "end");
            list->no_opencl = status == YK_E_UNSUPPORTED;
            if (status == YK_OK || status == YK_E_UNSUPPORTED)
                copy(list->note, sizeof list->note, o, "text");
            else
                copy(list->problem, sizeof list->problem, o, "text");
        } else if (o && list->count < MOST_DEVICES) {
            device_row *row = &list->rows[list->count];
            row->index = list->count++ - before;
            snprintf(row->icd, sizeof row->icd, "%s", icd ? icd : "");
            decode(&row->info, o);
        }
        json_decref(o);
    }
    return complete;
}

bool yki_topo_probe(device_list *list, const char *icd)
{
    char end[YKI_CHILD_END];
    char *text = yki_topo_child(&(child_task){.what = YKI_CHILD_LIST, .icd = icd,
                                              .limit_ms = LIMIT_MS}, end);
    if (!text) {
        snprintf(list->problem, sizeof list->problem, "no memory to ask OpenCL drivers");
        return false;
    }
    size_t before = list->count;
    bool complete = take_lines(list, text, icd);
    free(text);
    if (complete) return true;      /* a crash after the last word costs nothing */
    list->count = before;
    if (!end[0]) snprintf(end, sizeof end, "ended without an answer");
    snprintf(list->problem, sizeof list->problem, "OpenCL %.60s %s; left out",
             icd ? strrchr(icd, '/') + 1 : "drivers", end);
    return false;
}

static int is_icd(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 4 && strcmp(e->d_name + n - 4, ".icd") == 0;
}

size_t yki_topo_each_icd_in(const char *folder, void (*each)(void *ctx, const char *path),
                            void *ctx)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_icd, alphasort);
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%.240s/%s", folder, names[i]->d_name);
        each(ctx, path);
        free(names[i]);
    }
    free(names);
    return count > 0 ? (size_t)count : 0;
}

/* OCL_ICD_VENDORS may name another folder; where it names one driver, there is nothing
 * to choose from. */
size_t yki_topo_each_icd(void (*each)(void *ctx, const char *path), void *ctx)
{
    const char *own = getenv("OCL_ICD_VENDORS");
    return yki_topo_each_icd_in(own && *own ? own : VENDORS, each, ctx);
}
