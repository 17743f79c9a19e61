/* The doctor on OpenCL drivers: each is asked alone, in a child; and variables that hide
 * devices or put something between a program and its driver. */
#include "doctor.h"

#include "base/base.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VENDORS "/etc/OpenCL/vendors"
#define LOAD_MS 5000

/* ---- drivers ---- */

/* Nothing comes of a driver whose library cannot be loaded, and the loader of OpenCL says
 * nothing either.  Why, to `why`; false if it can. */
static bool cannot_load(const char *icd, char *why, size_t size)
{
    char end[YKI_CHILD_END];
    char *text = yki_topo_child(&(child_task){.what = YKI_CHILD_LOAD, .icd = icd,
                                              .limit_ms = LOAD_MS}, end);
    json_t *o = text ? json_loads(text, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    const char *said = json_string_value(json_object_get(o, "text"));
    snprintf(why, size, "%s", said ? said : end[0] ? end : "it ended without an answer");
    json_decref(o);
    free(text);
    return why[0] != '\0';
}

/* "OpenCL pocl.icd crashed (SIGABRT); left out": the last part is for the tree. */
static void failed(exam *x, const device_list *list)
{
    const char *last = strstr(list->problem, "; left out");
    int n = last ? (int)(last - list->problem) : (int)strlen(list->problem);
    yki_doctor_bad(x, "reinstall that driver or remove its .icd file; OCL_ICD_VENDORS chooses "
                   "another", "%.*s", n, list->problem);
}

static void answered(exam *x, const device_list *list, const char *icd, const char *name)
{
    char why[160], first[YKI_DEVICE_NAME];
    if (list->count > 0) {
        yki_doctor_good(x, "OpenCL %.60s offers %zu device%s: %s%s", name, list->count,
                        list->count == 1 ? "" : "s", yki_device_name(first, &list->rows[0].info),
                        list->count > 1 ? ", ..." : "");
    } else if (cannot_load(icd, why, sizeof why)) {
        yki_doctor_bad(x, "install the package that the library belongs to, or remove the .icd "
                       "file", "OpenCL %.60s cannot be loaded: %s", name, why);
    } else {
        yki_doctor_good(x, "OpenCL %.60s offers no device%s", name,
                        strcmp(name, "rusticl.icd") == 0 && !yki_env("RUSTICL_ENABLE")
                            ? " (RUSTICL_ENABLE names its drivers)" : "");
    }
}

static void examine_driver(void *ctx, const char *icd)
{
    exam *x = ctx;
    const char *name = strrchr(icd, '/') + 1;
    device_list *list = calloc(1, sizeof *list);
    if (!list) return;
    yki_progress("asking %s...", name);
    bool alive = yki_topo_probe(list, icd);
    yki_progress(NULL);
    if (alive) answered(x, list, icd, name);
    else failed(x, list);
    free(list);
}

/* No .icd file where the loader looks. */
static void no_driver(exam *x)
{
    const char *own = yki_env("OCL_ICD_VENDORS");
    if (!own) {
        yki_doctor_bad(x, "install your GPU's OpenCL driver, or pocl-opencl-icd to try it on the "
                       "CPU", "no OpenCL driver is installed: only the CPU's cores are used");
    } else if (access(own, F_OK) != 0 && strchr(own, '/')) {
        yki_doctor_bad(x, "correct or unset OCL_ICD_VENDORS",
                       "OCL_ICD_VENDORS=%.150s: there is no such file or folder", own);
    } else if (x->s->devices.problem[0]) {
        failed(x, &x->s->devices);
    } else if (x->s->devices.count <= 1) {
        yki_doctor_bad(x, "correct or unset OCL_ICD_VENDORS",
                       "OCL_ICD_VENDORS=%.150s: no driver there offers a device", own);
    }
}

void yki_doctor_drivers(exam *x)
{
    if (!yk_topo_is_this_machine(x->s->topo)) return;
    if (x->s->devices.no_opencl)
        yki_doctor_bad(x, "build it with -DYOKE_OPENCL=ON where OpenCL's headers and loader are",
                       "this build of Yoke has no OpenCL: only the CPU's cores are used");
    else if (yki_topo_each_icd(examine_driver, x) == 0) no_driver(x);
}

/* ---- variables ---- */

static const struct {
    const char *name;
    const char *does;           /* "CUDA_VISIBLE_DEVICES=0 ..." */
} variables[] = {
    {"CUDA_VISIBLE_DEVICES", "hides NVIDIA devices that it does not name"},
    {"NVIDIA_VISIBLE_DEVICES", "keeps other NVIDIA devices out of this container"},
    {"ROCR_VISIBLE_DEVICES", "hides AMD devices that it does not name"},
    {"HIP_VISIBLE_DEVICES", "hides AMD devices that it does not name"},
    {"GPU_DEVICE_ORDINAL", "hides AMD devices that it does not name"},
    {"ZE_AFFINITY_MASK", "hides Intel devices that it does not name"},
    {"OCL_ICD_FILENAMES", "makes the OpenCL loader look at these drivers"},
    {"POCL_DEVICES", "makes PoCL offer these devices alone"},
    {"POCL_MAX_PTHREAD_COUNT", "limits PoCL to so many threads"},
    {"LP_NUM_THREADS", "limits llvmpipe to so many threads"},
    {"OPENCL_LAYERS", "puts layers between programs and every OpenCL driver"},
};

static void count_one(void *ctx, const char *path)
{
    (void)path;
    *(size_t *)ctx += 1;
}

/* Drivers that are installed, but not where the loader is told to look. */
static void other_vendors(exam *x)
{
    const char *own = yki_env("OCL_ICD_VENDORS");
    char folder[512];
    if (!own) own = yki_env("OPENCL_VENDOR_PATH");
    if (!own) return;
    snprintf(folder, sizeof folder, "%s%s", x->root, VENDORS);
    size_t installed = 0;
    yki_topo_each_icd_in(folder, count_one, &installed);
    if (installed > 0 && strcmp(own, VENDORS) != 0)
        yki_doctor_bad(x, "unset OCL_ICD_VENDORS", "OCL_ICD_VENDORS=%.100s hides the %zu driver%s "
                       "of %s", own, installed, installed == 1 ? "" : "s", VENDORS);
}

void yki_doctor_hidden(exam *x)
{
    other_vendors(x);
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        const char *value = getenv(variables[i].name);
        char remedy[80];
        if (!value || strcmp(value, "all") == 0) continue;
        snprintf(remedy, sizeof remedy, "unset %s if that is not meant", variables[i].name);
        yki_doctor_bad(x, remedy, "%s=%.80s %s", variables[i].name, value, variables[i].does);
    }
}

/* ---- the child ---- */

bool yki_topo_child_loads(FILE *to, const char *icd)
{
    char line[512] = "";
    const char *why = NULL;
    if (yki_read_file("", icd, line, sizeof line) != YK_OK) why = "its .icd file cannot be read";
    line[strcspn(line, "\r\n")] = '\0';
    if (!why && !line[0]) why = "its .icd file names no library";
    if (!why && !dlopen(line, RTLD_LAZY | RTLD_LOCAL)) why = dlerror();
    return yki_topo_child_line(to, json_pack("{s:s}", "text", why ? why : ""));
}
