/* Everything yoke-topo knows, as JSON "yoke-topo/1".  Unknown values are null. */
#include "tool.h"

#include <string.h>

static json_t *count(uint64_t n) { return json_integer((json_int_t)n); }
static json_t *known(size_t n) { return n == YK_TOPO_NONE ? json_null() : count(n); }
static json_t *text(const char *s) { return *s ? json_string(s) : json_null(); }

static const char *kind_name(yk_core_kind kind)
{
    return kind == YK_CORE_EFFICIENCY ? "efficiency" : "performance";
}

static json_t *cpus_json(const yk_topo *t)
{
    size_t n;
    const yk_topo_cpu *c = yk_topo_cpus(t, &n);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:i, s:o, s:b, s:b, s:o}", "cpu", c[i].cpu,
            "core", known(c[i].core), "affine", c[i].affine, "allowed", c[i].allowed,
            "worker", known(c[i].worker)));
    return list;
}

static json_t *cores_json(const yk_topo *t)
{
    size_t n;
    const yk_topo_core *c = yk_topo_cores(t, &n);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
            "kind", kind_name(c[i].kind), "package", known(c[i].package),
            "node", known(c[i].node), "first_cpu", known(c[i].first_cpu),
            "cpus", known(c[i].cpus), "usable", known(c[i].usable),
            "worker", known(c[i].worker)));
    return list;
}

static json_t *caches_json(const yk_topo *t)
{
    size_t n;
    const yk_topo_cache *c = yk_topo_caches(t, &n);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:i, s:s, s:o, s:i, s:i, s:o, s:o, s:o}",
            "level", (int)c[i].level, "holds", c[i].instruction ? "code" : "data",
            "bytes", count(c[i].bytes), "line_bytes", (int)c[i].line_bytes, "ways", c[i].ways,
            "first_core", known(c[i].first_core), "cores", known(c[i].cores),
            "cpus", known(c[i].cpus)));
    return list;
}

static json_t *nodes_json(const yk_topo *t)
{
    size_t n;
    const yk_topo_node *d = yk_topo_nodes(t, &n);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:i, s:o, s:o}", "number", (int)d[i].number,
            "bytes", count(d[i].bytes), "cores", known(d[i].cores)));
    return list;
}

static json_t *pci_json(const yk_topo_pci *p)
{
    char id[16], class[16];
    snprintf(id, sizeof id, "%04x:%04x", p->vendor, p->device);
    snprintf(class, sizeof class, "%06x", p->class_code);
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "address", p->address, "id", id,
                     "class", class, "driver", text(p->driver),
                     "node", p->node < 0 ? json_null() : json_integer(p->node));
}

static json_t *all_pci_json(const yk_topo *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < yk_topo_pci_count(t); i++)
        json_array_append_new(list, pci_json(yk_topo_pci_at(t, i)));
    return list;
}

/* A limit: null if there is none, "unknown", or its value. */
static json_t *limit(yk_topo_known found, json_t *value)
{
    if (found == YK_TOPO_LIMITED) return value;
    json_decref(value);
    return found == YK_TOPO_UNKNOWN ? json_string("unknown") : json_null();
}

static json_t *limits_json(const yk_topo *t)
{
    const yk_topo_limits *m = yk_topo_get_limits(t);
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}",
        "cores", known(m->cores), "affinity", known(m->affinity), "affinity_cpus", m->cpus,
        "cpuset", limit(m->cpuset_known, known(m->cpuset)), "cpuset_from", text(m->cpuset_from),
        "quota_cpus", limit(m->quota_known, json_real(m->quota)),
        "quota_from", text(m->quota_from),
        "memory_bytes", limit(m->memory_known, count(m->memory)),
        "memory_from", text(m->memory_from),
        "asked", m->asked ? known(m->asked) : json_null(), "asked_from", text(m->asked_from),
        "workers", known(m->workers), "bound_by", yk_topo_bound_name(m->bound),
        "warning", text(m->warning), "offline_cpus", known(m->offline));
}

static json_t *device_json(const device_row *r)
{
    char known_as[YKI_DEVICE_NAME];
    static const char *const types[] = {"pool", "gpu", "accelerator", "cpu"};
    const yk_device_info *d = &r->info;
    unsigned type = (unsigned)d->type < COUNT_OF(types) ? (unsigned)d->type : YK_DEVICE_GPU;
    bool driven = d->id[0] != '\0';
    json_t *o = json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:s}", "id", text(d->id),
        "name", d->name, "known_as", yki_device_name(known_as, d), "type", types[type], "memory_bytes", d->memory_bytes ? count(d->memory_bytes) : json_null(),
        "pci", text(d->pci), "in_split", r->split);
    if (!o || !driven) return o;
    json_object_set_new(o, "fp64", json_boolean(d->fp64));
    json_object_set_new(o, "shares_cores", json_boolean(d->shares_cores));
    if (d->type == YK_DEVICE_POOL) return o;
    json_object_update_new(o, json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:b, s:b}",
        "platform", d->platform, "driver", d->driver, "version", d->version,
        "units", (int)d->units, "alloc_bytes", count(d->alloc_bytes),
        "local_bytes", count(d->local_bytes), "max_group", count(d->max_group),
        "unified", d->unified, "int64_atomics", d->int64_atomics));
    return o;
}

static json_t *devices_json(const device_list *devices)
{
    json_t *list = json_array();
    for (size_t i = 0; i < devices->count; i++)
        json_array_append_new(list, device_json(&devices->rows[i]));
    return list;
}

static json_t *findings_json(const diagnosis *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:o}", "check",
            d->findings[i].check, "ok", d->findings[i].good, "what", d->findings[i].what,
            "remedy", text(d->findings[i].remedy)));
    return list;
}

json_t *yki_topo_json(const state *s)
{
    const yk_topo *t = s->topo;
    json_t *o = json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "schema", "yoke-topo/1", "yoke", yk_version(), "machine", yki_machine_json(t),
        "isa_machine", yk_isa_name(yk_topo_isa_machine(t)), "limits", limits_json(t),
        "cores", cores_json(t), "cpus", cpus_json(t), "caches", caches_json(t),
        "numa_nodes", nodes_json(t), "pci", all_pci_json(t),
        "devices", devices_json(&s->devices), "problem", text(s->devices.problem),
        "note", text(s->devices.note));
    if (!o) return NULL;
    if (s->measured) json_object_set_new(o, "measured", yki_topo_measured_json(s->measured));
    if (s->diagnosed) json_object_set_new(o, "findings", findings_json(s->diagnosed));
    if (s->cmd->config) json_object_set_new(o, "config", yki_topo_config_json(s));
    return o;
}
