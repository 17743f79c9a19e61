/* Building programs, and launching their kernels: work-group sizes, padding and the
 * parameters that yoke/kernel.h promises.  Entered by the device's thread. */
#include "device/opencl/opencl_int.h"

#include <stdio.h>
#include <string.h>

/* ---- building ---- */

static void append_log(cl_dev *dev, cl_program program, yk_diag *diag)
{
    if (!diag) return;
    size_t bytes = 0, used = strlen(diag->text);
    if (clGetProgramBuildInfo(program, dev->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) !=
            CL_SUCCESS || bytes == 0)
        return;
    char *log = yki_alloc(bytes + 1, 1);
    if (!log) return;
    if (clGetProgramBuildInfo(program, dev->id, CL_PROGRAM_BUILD_LOG, bytes, log, NULL) ==
        CL_SUCCESS)
        snprintf(diag->text + used, sizeof diag->text - used, "\n%s", log);
    yki_free(log);
}

static yk_status fail_build(cl_dev *dev, const char *name, cl_int err, const char *call,
                            yk_diag *diag)
{
    yk_status st = yki_cl_fail(diag, &dev->base.info, err, call);
    /* What the compiler finds fault with is the kernel's; the rest is the driver's. */
    static const cl_int kernels_own[] = {
        CL_BUILD_PROGRAM_FAILURE, CL_COMPILE_PROGRAM_FAILURE, CL_LINK_PROGRAM_FAILURE,
        CL_INVALID_BUILD_OPTIONS, CL_INVALID_PROGRAM_EXECUTABLE, CL_INVALID_KERNEL_NAME,
        CL_INVALID_KERNEL_DEFINITION, CL_INVALID_COMPILER_OPTIONS, CL_INVALID_PROGRAM,
    };
    for (size_t i = 0; i < YKI_COUNT(kernels_own); i++)
        if (err == kernels_own[i]) st = YK_E_BUILD;
    if (!diag) return st;
    diag->status = st;
    yki_copy_text(diag->kernel, sizeof diag->kernel, name);
    return st;
}

static void read_group_limits(cl_dev *dev, yki_program *p)
{
    size_t value = 0;
    p->multiple = 1;
    p->max_group = yki_max(dev->base.info.max_group, 1);
    if (clGetKernelWorkGroupInfo(p->kernel, dev->id, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE,
                                 sizeof value, &value, NULL) == CL_SUCCESS && value > 0)
        p->multiple = value;
    /* rusticl (Mesa 22.3) answers with the preferred multiple here and takes any group
     * that its device does. */
    if (clGetKernelWorkGroupInfo(p->kernel, dev->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof value,
                                 &value, NULL) == CL_SUCCESS && value > 0 &&
        !(value == p->multiple && strcmp(dev->base.info.platform, "rusticl") == 0))
        p->max_group = yki_min(p->max_group, value);
}

/* The table's options, and what the source must know of the device: YK_FLUSHES where
 * floats below the normal ones are taken for zeros, so that ordered sums make up for it. */
static bool write_options(const cl_dev *dev, const yk_device_table *table, char *to, size_t size)
{
    cl_device_fp_config config = 0;
    cl_int err = clGetDeviceInfo(dev->id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config, &config, NULL);
    bool keeps = err == CL_SUCCESS && (config & CL_FP_DENORM) != 0;
    int n = snprintf(to, size, "%s%s", table->options ? table->options : "",
                     keeps ? "" : " -DYK_FLUSHES");
    return n >= 0 && (size_t)n < size;
}

yk_status yki_cl_build(cl_dev *dev, const char *name, const yk_device_table *table,
                       yki_program *out, yk_diag *diag)
{
    const char *source = table->source;
    cl_int err;
    yki_program made = {0};
    yk_status st = YK_OK;
    made.program = clCreateProgramWithSource(dev->context, 1, &source, NULL, &err);
    if (err != CL_SUCCESS || !made.program) {
        made.program = NULL;
        st = fail_build(dev, name, err, "clCreateProgramWithSource", diag);
        goto done;
    }
    char options[512];
    if (!write_options(dev, table, options, sizeof options)) {
        st = yki_fail(diag, YK_E_BUILD, "%s: its compiler options are too long", name);
        goto done;
    }
    err = clBuildProgram(made.program, 1, &dev->id, options, NULL, NULL);
    if (err != CL_SUCCESS) {
        st = fail_build(dev, name, err, "clBuildProgram", diag);
        if (st == YK_E_BUILD) append_log(dev, made.program, diag);
        goto done;
    }
    made.kernel = clCreateKernel(made.program, table->entry, &err);
    if (err != CL_SUCCESS || !made.kernel) {
        made.kernel = NULL;
        st = fail_build(dev, name, err, "clCreateKernel", diag);
        goto done;
    }
    read_group_limits(dev, &made);
    *out = made;
    made = (yki_program){0};
done:
    if (made.kernel) clReleaseKernel(made.kernel);
    if (made.program) clReleaseProgram(made.program);
    return st;
}

/* ---- programs already built ---- */

static size_t put_text(char *to, size_t at, const char *text)
{
    size_t bytes = strlen(text) + 1;
    if (to) memcpy(to + at, text, bytes);
    return at + bytes;
}

/* The hash alone would do for kernels of yokec; hand-written ones may all say 0. */
static size_t put_key(char *to, const yk_device_table *table)
{
    size_t at = put_text(to, 0, table->entry);
    at = put_text(to, at, table->options ? table->options : "");
    return put_text(to, at, table->source);
}

static yki_program *find(cl_dev *dev, uint64_t hash, const char *key, size_t bytes)
{
    for (cl_built *b = dev->programs; b; b = b->next)
        if (b->program.hash == hash && b->program.key_bytes == bytes &&
            memcmp(b->program.key, key, bytes) == 0)
            return &b->program;
    return NULL;
}

static yk_status check_groups(const cl_dev *dev, const yk_kernel *kernel, const yki_program *p,
                              yk_diag *diag)
{
    size_t group = yki_kernel_group_items(kernel);
    if (group <= p->max_group) return YK_OK;
    return yki_fail(diag, YK_E_UNSUPPORTED, "%s: %s as built allows work-groups of %zu, not %zu",
                    dev->base.info.id, kernel->name, p->max_group, group);
}

yk_status yki_cl_program(yki_device *device, const yk_kernel *kernel, yki_program **out,
                         bool *built, yk_diag *diag)
{
    cl_dev *dev = (cl_dev *)device;
    const yk_device_table *table = kernel->device;
    *built = false;
    if (!table || !table->source || !table->entry || table->abi != YK_KERNEL_ABI)
        return yki_fail(diag, YK_E_UNSUPPORTED, "%s has no code for devices", kernel->name);
    size_t bytes = put_key(NULL, table);
    cl_built *made = yki_alloc(1, sizeof *made);
    char *key = yki_alloc(bytes, 1);
    yk_status st = YK_E_NOMEM;
    if (!made || !key) {
        (void)yki_fail(diag, st, "no memory to build %s", kernel->name);
        goto done;
    }
    put_key(key, table);
    yki_program *have = find(dev, kernel->hash, key, bytes);
    if (have) {
        *out = have;
        st = YK_OK;
        goto done;
    }
    if ((st = yki_cl_build(dev, kernel->name, table, &made->program, diag)) != YK_OK) goto done;
    if ((st = check_groups(dev, kernel, &made->program, diag)) != YK_OK) {
        clReleaseKernel(made->program.kernel);
        clReleaseProgram(made->program.program);
        goto done;
    }
    made->program.hash = kernel->hash;
    made->program.key = key;
    made->program.key_bytes = bytes;
    made->next = dev->programs;
    dev->programs = made;
    *out = &made->program;
    *built = true;
    made = NULL;
    key = NULL;
done:
    yki_free(made);
    yki_free(key);
    return st;
}

void yki_cl_programs_close(cl_dev *dev)
{
    for (cl_built *b = dev->programs, *next; b; b = next) {
        next = b->next;
        if (!dev->base.abandoned) {
            clReleaseKernel(b->program.kernel);
            clReleaseProgram(b->program.program);
        }
        yki_free(b->program.key);
        yki_free(b);
    }
    dev->programs = NULL;
}
