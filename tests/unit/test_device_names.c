/* Lists of device words, and the memory limits of a false machine. */
#include "check.h"
#include "false_root.h"

#include <string.h>

#include <device/device_int.h>

static void add(yki_listing *listing, yk_device_type type, const char *name, const char *platform)
{
    yki_listed item = {.usable = true};
    item.info.type = type;
    yki_copy_text(item.info.name, sizeof item.info.name, name);
    yki_copy_text(item.info.platform, sizeof item.info.platform, platform);
    assert_int_equal(yki_listing_add(listing, &item), YK_OK);
}

static yki_listing *machine(void)
{
    yki_listing *listing = yki_alloc(1, sizeof *listing);
    assert_non_null(listing);
    add(listing, YK_DEVICE_CPU, "pthread-skylake", "Portable Computing Language");
    add(listing, YK_DEVICE_GPU, "GPU1 Pro", "Example");
    add(listing, YK_DEVICE_GPU, "Other", "Example");
    add(listing, YK_DEVICE_CPU, "Xeon CPU", "rusticl");
    add(listing, YK_DEVICE_ACCELERATOR, "Card", "Example");
    return listing;
}

static void ids_count_by_type(void **state)
{
    static const char *const want[] = {"cl0", "gpu0", "gpu1", "cl1", "acc0"};
    yki_listing *l = machine();
    (void)state;
    assert_int_equal(yki_listing_count(l), 5);
    for (size_t i = 0; i < 5; i++) assert_string_equal(yki_listing_info(l, i)->id, want[i]);
    yki_listing_close(&l);
    assert_null(l);
    yki_listing_close(&l);
}

/* A mask of the devices that a list names, device 0 in bit 0. */
static unsigned named(const yki_listing *l, const char *list)
{
    unsigned mask = 0;
    for (size_t i = 0; i < yki_listing_count(l); i++)
        if (yki_device_named(yki_listing_info(l, i), list)) mask |= 1u << i;
    return mask;
}

static void words_name_devices(void **state)
{
    yki_listing *l = machine();
    (void)state;
    assert_int_equal(named(l, NULL), 0x16);
    assert_int_equal(named(l, "all"), 0x1f);
    assert_int_equal(named(l, "none"), 0);
    assert_int_equal(named(l, ""), 0);
    assert_int_equal(named(l, "cpu"), 0);           /* the pool, not a Xeon CPU */
    assert_int_equal(named(l, "gpu1"), 0x4);        /* the id, not the GPU1 Pro */
    assert_int_equal(named(l, "GPU1 pro"), 0x2);
    assert_int_equal(named(l, " cl0 , ACC0 "), 0x11);
    assert_int_equal(named(l, "portable"), 0x1);
    assert_int_equal(named(l, "RUSTICL,example"), 0x1e);
    yki_listing_close(&l);
}

static void unknown_words_are_told(void **state)
{
    yki_listing *l = machine();
    char word[16];
    (void)state;
    assert_false(yki_devices_unknown_word(l, NULL, word, sizeof word));
    assert_false(yki_devices_unknown_word(l, "all,none,cpu,cl1,xeon", word, sizeof word));
    assert_true(yki_devices_unknown_word(l, "cl1, gpu7,acc0", word, sizeof word));
    assert_string_equal(word, "gpu7");
    assert_true(yki_devices_unknown_word(l, "a-word-that-is-long-beyond-the-buffer", word,
                                         sizeof word));
    assert_string_equal(word, "a-word-that-is-");
    assert_true(yki_devices_unknown_word(l, "cl0,", word, sizeof word));
    assert_string_equal(word, "");
    yki_listing_close(&l);
}

static void budget(void **state)
{
    struct yki_device d = {.info = {.memory_bytes = 1000, .alloc_bytes = 500}};
    (void)state;
    yki_device_set_budget(&d, 0, UINT64_MAX);
    assert_int_equal(d.budget, 900);
    assert_int_equal(d.largest, 500);
    yki_device_set_budget(&d, 300, UINT64_MAX);
    assert_int_equal(d.budget, 300);
    assert_int_equal(d.largest, 300);
    yki_device_set_budget(&d, 0, 200);      /* its memory is its own */
    assert_int_equal(d.budget, 900);
    d.info.shares_cores = 1;
    yki_device_set_budget(&d, 5000, 200);
    assert_int_equal(d.budget, 180);
}

static void host_memory(void **state)
{
    char root[64];
    (void)state;
    false_root_make(root);
    assert_true(yki_host_memory_limit(root) == UINT64_MAX);
    false_root_put(root, "/proc/meminfo", "MemTotal:        4096 kB\nMemFree: 1 kB\n");
    assert_true(yki_host_memory_limit(root) == 4096 * 1024);
    false_root_put(root, "/proc/self/cgroup", "0::/a/b\n");
    assert_true(yki_host_memory_limit(root) == 4096 * 1024);
    false_root_put(root, "/sys/fs/cgroup/a/b/memory.max", "max\n");
    assert_true(yki_host_memory_limit(root) == 4096 * 1024);
    false_root_put(root, "/sys/fs/cgroup/a/memory.max", "1000000\n");
    assert_true(yki_host_memory_limit(root) == 1000000);
    false_root_put(root, "/sys/fs/cgroup/a/b/memory.max", "-5\n");
    assert_true(yki_host_memory_limit(root) == 1000000);
    false_root_put(root, "/proc/self/cgroup", "7:cpu,cpuacct:/x\n4:blkio,memory:/m\njunk\n");
    false_root_put(root, "/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "500000\n");
    assert_true(yki_host_memory_limit(root) == 500000);
    false_root_put(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(yki_host_memory_limit(root) == 500000);
    false_root_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_count_by_type),
        cmocka_unit_test(words_name_devices),
        cmocka_unit_test(unknown_words_are_told),
        cmocka_unit_test(budget),
        cmocka_unit_test(host_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
