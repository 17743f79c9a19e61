/* The list of what OpenCL platforms have.  Finding is the backend's; this file keeps
 * the list, gives out ids and hands out copies.  A listing is made by one thread and
 * then only read, by any. */
#include "device/device_int.h"

#include <stdio.h>
#include <string.h>

yk_status yki_listing_add(yki_listing *listing, const yki_listed *item)
{
    static const char *const prefix[] = {
        [YK_DEVICE_POOL] = "cpu",
        [YK_DEVICE_GPU] = "gpu",
        [YK_DEVICE_ACCELERATOR] = "acc",
        [YK_DEVICE_CPU] = "cl",
    };
    if (listing->count == listing->room) {
        size_t room = yki_max(8, listing->room * 2);
        yki_listed *items = yki_alloc(room, sizeof *items);
        if (!items) return YK_E_NOMEM;
        if (listing->count > 0)
            memcpy(items, listing->items, listing->count * sizeof *items);
        yki_free(listing->items);
        listing->items = items;
        listing->room = room;
    }
    size_t number = 0;
    for (size_t i = 0; i < listing->count; i++)
        number += listing->items[i].info.type == item->info.type;
    yki_listed *added = &listing->items[listing->count++];
    *added = *item;
    snprintf(added->info.id, sizeof added->info.id, "%s%zu", prefix[item->info.type], number);
    return YK_OK;
}

yk_status yki_devices_list(yki_listing **out, yk_diag *diag)
{
    if (diag) memset(diag, 0, sizeof *diag);
    yki_listing *listing = yki_alloc(1, sizeof *listing);
    if (!listing) return yki_fail(diag, YK_E_NOMEM, "no memory to list devices");
    yk_status st = YK_OK;
#ifdef YOKE_OPENCL
    st = yki_opencl_list(listing, diag);
#else
    (void)yki_fail(diag, YK_OK, "this build has no OpenCL");
#endif
    if (st == YK_OK) *out = listing;
    else yki_listing_close(&listing);
    return st;
}

void yki_listing_close(yki_listing **listing)
{
    if (!*listing) return;
    yki_free((*listing)->items);
    yki_free((*listing)->threads);
    yki_free(*listing);
    *listing = NULL;
}

size_t yki_listing_count(const yki_listing *listing) { return listing->count; }

const yk_device_info *yki_listing_info(const yki_listing *listing, size_t i)
{
    return &listing->items[i].info;
}

yk_status yk_list_devices(yk_device_info *out, size_t max, size_t *count, yk_diag *diag)
{
    if (!count || (max > 0 && !out))
        return yki_fail(diag, YK_E_INVALID, "yk_list_devices: a NULL where results go");
#ifndef YOKE_OPENCL
    return yki_fail(diag, YK_E_UNSUPPORTED, "this build has no OpenCL");
#else
    yki_listing *listing = NULL;
    yk_status st = yki_devices_list(&listing, diag);
    if (st != YK_OK) return st;
    for (size_t i = 0; i < listing->count && i < max; i++) out[i] = listing->items[i].info;
    *count = listing->count;
    yki_listing_close(&listing);
    return YK_OK;
#endif
}
