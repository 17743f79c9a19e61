/* Finding platforms and devices and reading their limits.  Opens no context.  A driver
 * that fails here is skipped and named in the diagnostic: absence is not failure.
 * Entered by the thread that lists; with carve, one that is bound already, since
 * drivers start their threads here and those inherit its mask. */
#include "device/opencl/opencl_int.h"

#include <CL/cl_ext.h>
#include <stdio.h>
#include <string.h>

#define MOST_PLATFORMS 64
#define MOST_DEVICES 64

/* Extensions whose numbers older headers lack. */
#define PCI_BUS_INFO_KHR 0x410F
#define PCI_BUS_ID_NV 0x4008
#define PCI_SLOT_ID_NV 0x4009
#define PCI_DOMAIN_ID_NV 0x400A
#define TOPOLOGY_AMD 0x4037
#define BOARD_NAME_AMD 0x4038

/* ---- one device's limits ---- */

static void device_text(cl_device_id device, cl_device_info what, char *to, size_t size)
{
    size_t bytes = 0;
    to[0] = '\0';
    if (clGetDeviceInfo(device, what, 0, NULL, &bytes) != CL_SUCCESS || bytes == 0) return;
    char *text = yki_alloc(bytes + 1, 1);
    if (!text) return;
    if (clGetDeviceInfo(device, what, bytes, text, NULL) == CL_SUCCESS)
        yki_copy_text(to, size, text);
    yki_free(text);
}

static void platform_text(cl_platform_id platform, char *to, size_t size)
{
    char text[512] = "";
    if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof text - 1, text, NULL) != CL_SUCCESS)
        yki_copy_text(text, sizeof text, "unnamed platform");
    yki_copy_text(to, size, text);
}

static bool has_extension(cl_device_id device, const char *name)
{
    size_t bytes = 0, length = strlen(name);
    bool found = false;
    if (clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, 0, NULL, &bytes) != CL_SUCCESS) return false;
    char *text = yki_alloc(bytes + 1, 1);
    if (!text) return false;
    if (clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, bytes, text, NULL) == CL_SUCCESS)
        for (const char *at = text; !found && (at = strstr(at, name)); at += length)
            found = (at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0');
    yki_free(text);
    return found;
}

static uint64_t number(cl_device_id device, cl_device_info what, size_t size)
{
    cl_uint small = 0;
    cl_ulong large = 0;
    if (size == sizeof small)
        return clGetDeviceInfo(device, what, size, &small, NULL) == CL_SUCCESS ? small : 0;
    return clGetDeviceInfo(device, what, sizeof large, &large, NULL) == CL_SUCCESS ? large : 0;
}

/* AMD's driver calls its devices "gfx1030" and what people bought the board's name. */
static void device_name(cl_device_id device, char *to, size_t size)
{
    char name[128], board[128] = "";
    device_text(device, CL_DEVICE_NAME, name, sizeof name);
    if (has_extension(device, "cl_amd_device_attribute_query"))
        device_text(device, BOARD_NAME_AMD, board, sizeof board);
    if (board[0] && strcmp(board, name) != 0) snprintf(to, size, "%.80s (%.40s)", board, name);
    else yki_copy_text(to, size, name);
}

static bool bus_address(cl_device_id device, uint32_t at[4])
{
    if (has_extension(device, "cl_khr_pci_bus_info"))
        return clGetDeviceInfo(device, PCI_BUS_INFO_KHR, 4 * sizeof at[0], at, NULL) == CL_SUCCESS;
    if (has_extension(device, "cl_nv_device_attribute_query")) {
        uint32_t slot = 0;
        if (clGetDeviceInfo(device, PCI_BUS_ID_NV, sizeof at[1], &at[1], NULL) != CL_SUCCESS ||
            clGetDeviceInfo(device, PCI_SLOT_ID_NV, sizeof slot, &slot, NULL) != CL_SUCCESS)
            return false;
        /* Older drivers do not know the domain; it is 0 on nearly every machine. */
        if (clGetDeviceInfo(device, PCI_DOMAIN_ID_NV, sizeof at[0], &at[0], NULL) != CL_SUCCESS)
            at[0] = 0;
        at[2] = slot >> 3;
        at[3] = slot & 7;
        return true;
    }
    if (has_extension(device, "cl_amd_device_attribute_query")) {
        struct { cl_uint type; char unused[17], bus, device, function; } amd;
        if (clGetDeviceInfo(device, TOPOLOGY_AMD, sizeof amd, &amd, NULL) != CL_SUCCESS ||
            amd.type != 1)
            return false;
        at[1] = (unsigned char)amd.bus;
        at[2] = (unsigned char)amd.device;
        at[3] = (unsigned char)amd.function;
        return true;
    }
    return false;
}

static void pci_text(cl_device_id device, char *to, size_t size)
{
    uint32_t at[4] = {0};
    to[0] = '\0';
    if (!bus_address(device, at) || at[0] > 0xffff || at[1] > 0xff || at[2] > 0x1f || at[3] > 7)
        return;
    if (at[0] > 0) snprintf(to, size, "%04x:%02x:%02x.%x", at[0], at[1], at[2], at[3]);
    else snprintf(to, size, "%02x:%02x.%x", at[1], at[2], at[3]);
}

static bool map_type(cl_device_type type, yk_device_type *out)
{
    if (type & CL_DEVICE_TYPE_GPU) *out = YK_DEVICE_GPU;
    else if (type & CL_DEVICE_TYPE_ACCELERATOR) *out = YK_DEVICE_ACCELERATOR;
    else if (type & CL_DEVICE_TYPE_CPU) *out = YK_DEVICE_CPU;
    else return false;
    return true;
}

static void judge(yki_listed *item, cl_device_id device)
{
    yk_device_info *info = &item->info;
    const char *why = NULL;
    if (!number(device, CL_DEVICE_AVAILABLE, sizeof(cl_bool))) why = "not available at present";
    else if (!number(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof(cl_bool)))
        why = "its driver has no compiler";
    else if (info->memory_bytes == 0 || info->alloc_bytes == 0 || info->max_group == 0)
        why = "its driver does not tell its limits";
    item->usable = !why;
    if (!why && info->shares_cores) why = "computes on the cores that the pool has; used only "
                                          "when named";
    yki_copy_text(info->reason, sizeof info->reason, why ? why : "");
}

/* False where it is of a type that runs no kernels of ours. */
static bool describe(cl_platform_id platform, cl_device_id device, yki_listed *item)
{
    yk_device_info *info = &item->info;
    cl_device_type type = 0;
    if (clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL) != CL_SUCCESS ||
        !map_type(type, &info->type))
        return false;
    item->platform = platform;
    item->device = device;
    platform_text(platform, info->platform, sizeof info->platform);
    device_name(device, info->name, sizeof info->name);
    device_text(device, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
    device_text(device, CL_DEVICE_VERSION, info->version, sizeof info->version);
    pci_text(device, info->pci, sizeof info->pci);
    info->state = YK_DEVICE_LISTED;
    info->shares_cores = info->type == YK_DEVICE_CPU;
    info->fp64 = number(device, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof(cl_ulong)) != 0;
    info->int64_atomics = has_extension(device, "cl_khr_int64_base_atomics");
    info->unified = number(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(cl_bool)) != 0;
    info->units = (uint32_t)number(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint));
    info->memory_bytes = number(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong));
    info->alloc_bytes = number(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(cl_ulong));
    info->local_bytes = number(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong));
    info->max_group = (size_t)number(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t));
    judge(item, device);
    return true;
}

/* ---- all of them ---- */

static void note(yk_diag *diag, const char *who, const char *what)
{
    if (!diag) return;
    size_t used = strlen(diag->text);
    snprintf(diag->text + used, sizeof diag->text - used, "%s%s: %s", used ? "; " : "", who, what);
}

static yk_status list_platform(yki_listing *listing, cl_platform_id platform, yk_diag *diag)
{
    cl_device_id devices[MOST_DEVICES];
    cl_uint count = 0;
    char name[128];
    platform_text(platform, name, sizeof name);
    cl_int err = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MOST_DEVICES, devices, &count);
    if (err == CL_DEVICE_NOT_FOUND || (err == CL_SUCCESS && count == 0)) {
        note(diag, name, "has no device");
        return YK_OK;
    }
    if (err != CL_SUCCESS) {
        note(diag, name, yki_cl_error_name(err));
        return YK_OK;
    }
    for (cl_uint i = 0; i < count && i < MOST_DEVICES; i++) {
        yki_listed item = {0};
        if (!describe(platform, devices[i], &item)) {
            note(diag, name, "a device of a type that runs no kernels");
            continue;
        }
        yk_status st = yki_listing_add(listing, &item);
        if (st != YK_OK) return yki_fail(diag, st, "no memory to list devices");
    }
    return YK_OK;
}

static yk_status note_threads(yki_listing *listing, const int *before, size_t n_before)
{
    yk_status st = yki_threads_list(&listing->threads, &listing->n_threads);
    if (st != YK_OK) return st;
    listing->n_threads = yki_threads_added(listing->threads, listing->n_threads, before, n_before);
    return YK_OK;
}

yk_status yki_opencl_list(yki_listing *listing, yk_diag *diag)
{
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint count = 0;
    int *before = NULL;
    size_t n_before = 0;
    cl_signals *signals = yki_cl_signals_save();
    if (!signals) return yki_fail(diag, YK_E_NOMEM, "no memory to list devices");
    yk_status st = yki_threads_list(&before, &n_before);
    if (st != YK_OK) {
        (void)yki_fail(diag, st, "cannot list the threads of this process");
        goto done;
    }
    cl_int err = clGetPlatformIDs(MOST_PLATFORMS, platforms, &count);
    if (err != CL_SUCCESS) count = 0;
    if (count > MOST_PLATFORMS) count = MOST_PLATFORMS;
    if (err == CL_PLATFORM_NOT_FOUND_KHR || (err == CL_SUCCESS && count == 0))
        note(diag, "OpenCL", "no driver is installed");
    else if (err != CL_SUCCESS) note(diag, "OpenCL", yki_cl_error_name(err));
    for (cl_uint i = 0; st == YK_OK && i < count; i++)
        st = list_platform(listing, platforms[i], diag);
    if (st == YK_OK) st = note_threads(listing, before, n_before);
done:
    yki_cl_signals_restore(&signals, platforms, count);
    yki_free(before);
    return st;
}
