/* Opening and closing a yk_topo: the steps in their order, and one way out. */
#include "topo/topo_int.h"

static yk_status check_options(const yk_topo_opts *o, yk_diag *diag)
{
    if (o->xml && o->synthetic)
        return yki_fail(diag, YK_E_INVALID, "both an XML file and a synthetic machine are given");
    for (size_t i = 0; i < YKI_COUNT(o->reserved); i++)
        if (o->reserved[i])
            return yki_fail(diag, YK_E_INVALID, "yk_topo_opts.reserved[%zu] is not NULL", i);
    return YK_OK;
}

static yk_status fill(yk_topo *t, const yk_topo_opts *o, yk_diag *diag)
{
    hwloc_topology_t tree;
    yk_status status = yki_topo_load(&tree, o, diag);
    if (status != YK_OK) return status;
    status = yki_topo_read_machine(t, tree, diag);
    hwloc_topology_destroy(tree);
    const char *root = o->root ? o->root : "";
    if (status == YK_OK) status = yki_topo_read_limits(t, o, diag);
    if (status == YK_OK) status = yki_topo_place_workers(t, diag);
    if (status == YK_OK) status = yki_topo_choose_isa(t, o, diag);
    bool pci = (o->pci || o->full) && (*root || !t->imaginary);
    if (status == YK_OK && pci) status = yki_topo_read_pci(t, root, diag);
    return status;
}

yk_status yk_topo_open(yk_topo **out, const yk_topo_opts *opts, yk_diag *diag)
{
    static const yk_topo_opts defaults;
    const yk_topo_opts *o = opts ? opts : &defaults;
    if (!out) return yki_fail(diag, YK_E_INVALID, "yk_topo_open: out is NULL");
    yk_topo *t = NULL;
    yk_status status = check_options(o, diag);
    if (status != YK_OK) goto done;
    t = yki_alloc(1, sizeof *t);
    if (!t) {
        status = yki_fail(diag, YK_E_NOMEM, "no memory for the machine");
        goto done;
    }
    t->imaginary = o->xml || o->synthetic;
    if ((status = fill(t, o, diag)) != YK_OK) goto done;
    *out = t;
    t = NULL;
done:
    yk_topo_close(&t);
    return status;
}

void yk_topo_close(yk_topo **topo)
{
    if (!topo || !*topo) return;
    yk_topo *t = *topo;
    yki_free(t->cpus);
    yki_free(t->cores);
    yki_free(t->caches);
    yki_free(t->nodes);
    yki_free(t->pci);
    yki_free(t->worker_cpus);
    yki_free(t->worker_cores);
    yki_free(t);
    *topo = NULL;
}
