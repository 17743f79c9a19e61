/* Names of PCI devices that no driver offers: from the list that distributions install
 * (pci.ids), else the maker's name and the numbers; and what their kernel driver tells. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    unsigned vendor;
    const char *name;
    bool pictures;              /* its display adapters compute nothing */
} makers[] = {
    {0x10de, "NVIDIA", false},   {0x1002, "AMD", false},       {0x8086, "Intel", false},
    {0x1da3, "Habana", false},   {0x10ee, "Xilinx", false},    {0x1ae0, "Google", false},
    {0x1a03, "ASPEED", true},    {0x102b, "Matrox", true},     {0x1af4, "virtio", true},
    {0x1234, "QEMU", true},      {0x15ad, "VMware", true},     {0x1414, "Hyper-V", true},
    {0x1b36, "QXL", true},       {0x1013, "Cirrus", true},     {0x80ee, "VirtualBox", true},
};

static size_t maker_of(const yk_topo_pci *p)
{
    size_t i = 0;
    while (i < COUNT_OF(makers) && makers[i].vendor != p->vendor) i++;
    return i;
}

bool yki_topo_only_pictures(const yk_topo_pci *p)
{
    size_t i = maker_of(p);
    return i < COUNT_OF(makers) && makers[i].pictures && p->class_code >> 16 == 0x03;
}

/* "AD104 [GeForce RTX 4070]" -> "GeForce RTX 4070" */
static void keep_brackets(char *text)
{
    char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
    if (!close) return;
    *close = '\0';
    memmove(text, open + 1, strlen(open + 1) + 1);
}

/* In pci.ids a maker's line begins at the margin, its devices' lines with one tab. */
static bool look_up(const char *root, const yk_topo_pci *p, char *to, size_t size)
{
    static const char *const files[] = {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"};
    char path[512], vendor[8], device[8], *line = NULL;
    size_t room = 0;
    bool ours = false, found = false;
    FILE *f = NULL;
    for (size_t i = 0; !f && i < COUNT_OF(files); i++) {
        snprintf(path, sizeof path, "%.400s%s", root, files[i]);
        f = fopen(path, "re");
    }
    snprintf(vendor, sizeof vendor, "%04x", p->vendor & 0xffff);
    snprintf(device, sizeof device, "\t%04x", p->device & 0xffff);
    while (f && !found && getline(&line, &room, f) > 0) {
        if (line[0] != '\t' && line[0] != '#') ours = strncmp(line, vendor, 4) == 0;
        found = ours && strncmp(line, device, 5) == 0;
    }
    if (found) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(to, size, "%s", line + 5 + strspn(line + 5, " "));
        keep_brackets(to);
    }
    free(line);
    if (f) fclose(f);
    return found && to[0];
}

void yki_topo_pci_name(const char *root, const yk_topo_pci *p, char *to, size_t size)
{
    char name[96];
    size_t i = maker_of(p);
    const char *maker = i < COUNT_OF(makers) ? makers[i].name : "PCI";
    if (!look_up(root, p, name, sizeof name))
        snprintf(name, sizeof name, "%04x:%04x", p->vendor, p->device);
    snprintf(to, size, "%s %s", maker, name);
}
