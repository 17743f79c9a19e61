/* Graphics cards and accelerators as the PCI bus lists them in sysfs, so that nobody
 * need load a driver (which may take half a second, or crash) to learn there is none. */
#include "topo/topo_int.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"
#define CLASS_DISPLAY 0x03
#define CLASS_ACCELERATOR 0x12

/* A hexadecimal attribute, "0x10de"; false if it is not one. */
static bool read_hex(const char *root, const char *entry, const char *name, unsigned *out)
{
    char path[512], text[32];
    snprintf(path, sizeof path, DEVICES "/%.255s/%s", entry, name);
    if (yki_read_file(root, path, text, sizeof text) != YK_OK) return false;
    text[strcspn(text, "\n")] = '\0';
    size_t n = strlen(text);
    if (strncmp(text, "0x", 2) != 0 || n > 10) return false;
    if (strspn(text + 2, "0123456789abcdefABCDEF") != n - 2) return false;
    *out = (unsigned)strtoul(text, NULL, 16);
    return n > 2;
}

static int read_node(const char *root, const char *entry)
{
    char path[512], text[32];
    size_t node;
    snprintf(path, sizeof path, DEVICES "/%.255s/numa_node", entry);
    if (yki_read_file(root, path, text, sizeof text) != YK_OK) return -1;
    text[strcspn(text, "\n")] = '\0';
    return yki_parse_size(text, 0, INT_MAX, &node) ? (int)node : -1;
}

static void read_driver(const char *root, const char *entry, char *to, size_t size)
{
    char path[PATH_MAX], link[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s" DEVICES "/%.255s/driver", root, entry);
    if (n < 0 || (size_t)n >= sizeof path) return;
    ssize_t length = readlink(path, link, sizeof link - 1);
    if (length <= 0) return;
    link[length] = '\0';
    const char *slash = strrchr(link, '/');
    yki_copy_text(to, size, slash ? slash + 1 : link);
}

/* Is it a device that may compute?  Fills *d if so. */
static bool read_device(const char *root, const char *entry, yk_topo_pci *d)
{
    *d = (yk_topo_pci){0};
    if (strlen(entry) >= sizeof d->address) return false;
    if (!read_hex(root, entry, "class", &d->class_code)) return false;
    unsigned class = d->class_code >> 16;
    if (class != CLASS_DISPLAY && class != CLASS_ACCELERATOR) return false;
    if (!read_hex(root, entry, "vendor", &d->vendor)) return false;
    if (!read_hex(root, entry, "device", &d->device)) return false;
    yki_copy_text(d->address, sizeof d->address, entry);
    read_driver(root, entry, d->driver, sizeof d->driver);
    d->node = read_node(root, entry);
    return true;
}

static int by_address(const void *a, const void *b)
{
    return strcmp(((const yk_topo_pci *)a)->address, ((const yk_topo_pci *)b)->address);
}

static bool add(yk_topo *t, size_t *room, const yk_topo_pci *d)
{
    if (t->pci_count == *room) {
        size_t more = *room ? *room * 2 : 4;
        yk_topo_pci *grown = yki_alloc(more, sizeof *grown);
        if (!grown) return false;
        if (t->pci_count) memcpy(grown, t->pci, t->pci_count * sizeof *grown);
        yki_free(t->pci);
        t->pci = grown;
        *room = more;
    }
    t->pci[t->pci_count++] = *d;
    return true;
}

/* No bus to read is a machine without devices, not a failure. */
yk_status yki_topo_read_pci(yk_topo *t, const char *root, yk_diag *diag)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s" DEVICES, root);
    DIR *dir = n > 0 && (size_t)n < sizeof path ? opendir(path) : NULL;
    if (!dir) return YK_OK;
    yk_status status = YK_OK;
    size_t room = 0;
    for (struct dirent *e; status == YK_OK && (e = readdir(dir)) != NULL;) {
        yk_topo_pci d;
        if (e->d_name[0] == '.' || !read_device(root, e->d_name, &d)) continue;
        if (!add(t, &room, &d)) status = yki_fail(diag, YK_E_NOMEM, "no memory for PCI devices");
    }
    closedir(dir);
    if (t->pci_count > 1) qsort(t->pci, t->pci_count, sizeof *t->pci, by_address);
    return status;
}
