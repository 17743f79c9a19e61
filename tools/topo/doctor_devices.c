/* The doctor on hardware: devices on the PCI bus that no OpenCL driver offers, and device
 * nodes that this user may not open. */
#include "doctor.h"

#include "base/base.h"

#include <glob.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What each kernel driver's devices need: the files it makes, and an OpenCL driver. */
static const struct driver {
    const char *name;
    const char *node;           /* pattern of its device nodes, NULL: none to look for */
    const char *icd;            /* a part of the .icd file's name */
    const char *remedy;
} drivers[] = {
    {"nvidia", "/dev/nvidia[0-9]*", "nvidia",
     "install NVIDIA's OpenCL driver (Debian: nvidia-opencl-icd)"},
    {"nouveau", "/dev/dri/renderD*", "rusticl",
     "install NVIDIA's own driver, or mesa-opencl-icd and set RUSTICL_ENABLE=nouveau"},
    {"amdgpu", "/dev/dri/renderD*", "amdocl",
     "install ROCm's OpenCL driver (rocm-opencl-icd), or mesa-opencl-icd and set "
     "RUSTICL_ENABLE=radeonsi"},
    {"radeon", "/dev/dri/renderD*", "rusticl", "install mesa-opencl-icd"},
    {"i915", "/dev/dri/renderD*", "intel", "install Intel's OpenCL driver (intel-opencl-icd)"},
    {"xe", "/dev/dri/renderD*", "intel", "install Intel's OpenCL driver (intel-opencl-icd)"},
    {"vfio-pci", NULL, NULL, "if it should serve this system: unbind it from vfio-pci"},
    {"pci-stub", NULL, NULL, "if it should serve this system: unbind it from pci-stub"},
};

static const struct driver *driver_of(const yk_topo_pci *p)
{
    for (size_t i = 0; i < COUNT_OF(drivers); i++)
        if (strcmp(drivers[i].name, p->driver) == 0) return &drivers[i];
    return NULL;
}

/* Paths below the root that match, to be freed by globfree; how many. */
static size_t find(const exam *x, const char *pattern, glob_t *found)
{
    char full[512];
    snprintf(full, sizeof full, "%.400s%s", x->root, pattern);
    memset(found, 0, sizeof *found);
    return glob(full, GLOB_NOSORT, NULL, found) == 0 ? found->gl_pathc : 0;
}

static void look_for(void *ctx, const char *path)
{
    const char **part = ctx;
    if (*part && strstr(strrchr(path, '/'), *part)) *part = NULL;
}

static bool has_icd(const exam *x, const char *part)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%.400s/etc/OpenCL/vendors", x->root);
    yki_topo_each_icd_in(folder, look_for, &part);
    return part == NULL;
}

static void unoffered(exam *x, const device_row *r)
{
    const yk_topo_pci *p = r->pci;
    const struct driver *d = driver_of(p);
    const char *name = r->info.name;
    glob_t found = {0};
    if (!p->driver[0])
        yki_doctor_bad(x, "install or load its kernel driver (modprobe, and its firmware)",
                       "%.100s (PCI %s) has no kernel driver", name, p->address);
    else if (!d)
        yki_doctor_bad(x, "install the OpenCL driver of its maker",
                       "%.100s (PCI %s, kernel driver %s) has no OpenCL driver", name, p->address,
                       p->driver);
    else if (!d->icd)
        yki_doctor_bad(x, d->remedy, "%.100s (PCI %s) is set apart for a guest (%s)", name,
                       p->address, p->driver);
    else if (find(x, d->node, &found) == 0)
        yki_doctor_bad(x, "in a container: pass the devices in (--device /dev/dri, --gpus all); "
                       "else load its kernel driver anew",
                       "%.100s (PCI %s, kernel driver %s) has no device file %s", name,
                       p->address, p->driver, d->node);
    else if (has_icd(x, d->icd))
        yki_doctor_bad(x, "see the findings on drivers, variables and access here",
                       "%.100s (PCI %s) is not offered although its OpenCL driver is installed",
                       name, p->address);
    else
        yki_doctor_bad(x, d->remedy, "%.100s (PCI %s, kernel driver %s) has no OpenCL driver",
                       name, p->address, p->driver);
    globfree(&found);
}

void yki_doctor_pci(exam *x)
{
    for (size_t i = 0; i < x->s->devices.count; i++) {
        const device_row *r = &x->s->devices.rows[i];
        if (r->info.id[0] || !r->pci) continue;
        if (yki_topo_only_pictures(r->pci))
            yki_doctor_good(x, "%.100s (PCI %s) shows pictures and computes nothing", r->info.name,
                            r->pci->address);
        else unoffered(x, r);
    }
}

/* ---- device nodes ---- */

static void refuse(exam *x, const char *path)
{
    char remedy[200];
    struct stat st;
    const char *shown = path + strlen(x->root);
    if (stat(path, &st) != 0) return;
    const struct group *g = getgrgid(st.st_gid);
    if (st.st_gid != 0 && g && (st.st_mode & 060) == 060)
        snprintf(remedy, sizeof remedy, "sudo usermod -aG %s USER, then log in again", g->gr_name);
    else
        snprintf(remedy, sizeof remedy, "have its mode or group changed (udev rules), or the "
                 "container started with access to it");
    yki_doctor_bad(x, remedy, "this user may not open %.100s (group %s, mode %03o): its device is "
                   "hidden", shown, g ? g->gr_name : "unknown", (unsigned)st.st_mode & 0777);
}

void yki_doctor_nodes(exam *x)
{
    static const char *const patterns[] = {"/dev/dri/renderD*", "/dev/nvidia[0-9]*",
                                           "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/kfd",
                                           "/dev/accel/accel*"};
    size_t seen = 0, refused = 0;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        glob_t found;
        size_t n = find(x, patterns[i], &found);
        for (size_t k = 0; k < n; k++, seen++) {
            if (access(found.gl_pathv[k], R_OK | W_OK) == 0) continue;
            refuse(x, found.gl_pathv[k]);
            refused++;
        }
        globfree(&found);
    }
    if (seen > 0 && refused == 0) yki_doctor_good(x, "this user may open every device file");
}
