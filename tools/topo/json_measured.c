/* The measurements as part of "yoke-topo/1".  Rates a second; null is what a processor
 * does not have, or what could not be measured. */
#include "tool.h"

static json_t *count(uint64_t n) { return json_integer((json_int_t)n); }
static json_t *positive(double x) { return x > 0 ? json_real(x) : json_null(); }
static json_t *ridge(double flops, double bytes)
{
    return positive(bytes > 0 ? flops / bytes : 0);
}

static json_t *level_json(const measured_level *l)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:f, s:f, s:f}", "name", l->name,
                     "bytes", l->bytes ? count(l->bytes) : json_null(),
                     "reach_bytes", l->bytes ? count(l->reach) : json_null(),
                     "working_set", count(l->working_set), "latency_s", l->latency_s,
                     "read_bytes_s", l->read_bytes_s, "all_bytes_s", l->all_bytes_s);
}

static json_t *device_json(const measured_device *d)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", d->row->info.id,
                     "problem", d->problem[0] ? json_string(d->problem) : json_null(),
                     "launch_s", positive(d->launch_s), "up_bytes_s", positive(d->up_bytes_s),
                     "down_bytes_s", positive(d->down_bytes_s),
                     "triad_bytes_s", positive(d->triad_bytes_s),
                     "float_flops_s", positive(d->float_flops_s),
                     "double_flops_s", positive(d->double_flops_s),
                     "float_ridge", ridge(d->float_flops_s, d->triad_bytes_s),
                     "double_ridge", ridge(d->double_flops_s, d->triad_bytes_s));
}

json_t *yki_topo_measured_json(const measurement *m)
{
    json_t *levels = json_array(), *devices = json_array();
    for (size_t i = 0; i < m->level_count; i++)
        json_array_append_new(levels, level_json(&m->levels[i]));
    for (size_t i = 0; i < m->device_count; i++)
        json_array_append_new(devices, device_json(&m->devices[i]));
    return json_pack("{s:o, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:f, s:o, s:o, s:o}",
        "levels", levels, "triad_bytes_s", m->triad_bytes_s,
        "float_flops_s", m->float_flops_s, "float_flops_one_s", m->float_flops_one_s,
        "double_flops_s", m->double_flops_s, "double_flops_one_s", m->double_flops_one_s,
        "float_ridge", ridge(m->float_flops_s, m->triad_bytes_s),
        "double_ridge", ridge(m->double_flops_s, m->triad_bytes_s),
        "clock_hz", m->clock_hz, "launch_s", positive(m->pool_launch_s),
        "cpu_share", positive(m->wall_s > 0 ? m->cpu_s / m->wall_s : 0), "devices", devices);
}
