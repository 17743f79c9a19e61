/* What tests of devices share: a listing with llvmpipe in it, every device of it opened
 * in turn.  Header only. */
#ifndef YKT_DEVICES_H
#define YKT_DEVICES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <device/device.h>
#include <device/model/model.h>

/* To be called first in main: drivers read it when they are loaded. */
static inline void devices_env(void) { setenv("RUSTICL_ENABLE", "llvmpipe", 0); }

/* Says what is missing, so that a run without a driver is not mistaken for a pass. */
static inline void devices_announce(const yki_listing *listing)
{
    static const char *const wanted[] = {"Portable Computing Language", "rusticl"};
    for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
        bool found = false;
        for (size_t i = 0; i < yki_listing_count(listing); i++)
            found |= strcmp(yki_listing_info(listing, i)->platform, wanted[w]) == 0;
        if (!found) printf("skipped: no device of platform \"%s\"\n", wanted[w]);
    }
}

/* Calls fn on every device that opens; returns how many did. */
static inline size_t devices_each(void (*fn)(yki_device *device, void *ctx), void *ctx)
{
    yki_listing *listing = NULL;
    yk_diag diag;
    size_t n = 0;
    if (yki_devices_list(&listing, &diag) != YK_OK) return 0;
    devices_announce(listing);
    for (size_t i = 0; i < yki_listing_count(listing); i++) {
        yki_device *device = NULL;
        if (yki_device_open(&device, listing, i, NULL, &diag) != YK_OK) {
            printf("skipped: %s: %s\n", yki_listing_info(listing, i)->name, diag.text);
            continue;
        }
        fn(device, ctx);
        yki_device_close(&device);
        n++;
    }
    yki_listing_close(&listing);
    return n;
}

#endif
