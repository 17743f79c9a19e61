/* The machine as every report shows it; see tool.h. */
#include "common/tool.h"

json_t *yki_machine_json(const yk_topo *t)
{
    size_t cores, cpus, nodes, performance = 0;
    const yk_topo_core *core = yk_topo_cores(t, &cores);
    yk_topo_cpus(t, &cpus);
    yk_topo_nodes(t, &nodes);
    for (size_t i = 0; i < cores; i++) performance += core[i].kind == YK_CORE_PERFORMANCE;
    const yk_topo_limits *limits = yk_topo_get_limits(t);
    json_t *quota = limits->quota > 0 ? json_real(limits->quota) : json_null();
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:s, s:s}",
                     "host", yk_topo_host(t), "os", yk_topo_os(t),
                     "cpu", yk_topo_cpu_model(t), "this_machine", yk_topo_is_this_machine(t),
                     "packages", (json_int_t)yk_topo_packages(t),
                     "numa_nodes", (json_int_t)nodes,
                     "cores", (json_int_t)cores,
                     "performance_cores", (json_int_t)performance,
                     "efficiency_cores", (json_int_t)(cores - performance),
                     "cpus", (json_int_t)cpus,
                     "workers", (json_int_t)yk_topo_workers(t),
                     "memory_bytes", (json_int_t)yk_topo_memory(t), "quota_cpus", quota,
                     "bound_by", yk_topo_bound_name(limits->bound),
                     "isa", yk_isa_name(yk_topo_isa(t)));
}
