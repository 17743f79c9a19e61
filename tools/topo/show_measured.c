/* The tables of measurements: caches and memory, then the pool and each device.  A dash
 * is what a processor does not have, or what could not be measured. */
#include "tool.h"

typedef char cell[YKI_HUMAN];

static const char *rate(cell buf, double per_second, const char *unit)
{
    return per_second > 0 ? yki_human_rate(buf, per_second, unit) : "-";
}

/* The flops a byte of memory traffic pays for. */
static const char *ridge(cell buf, double flops, double bytes)
{
    return flops > 0 && bytes > 0 ? yki_human_ratio(buf, flops / bytes) : "-";
}

static void show_levels(const measurement *m)
{
    struct libscols_table *table = yki_table_new(true);
    yki_table_column(table, "measured", false);
    yki_table_column(table, "working set", true);
    yki_table_column(table, "latency", true);
    yki_table_column(table, "read, 1 worker", true);
    yki_table_column(table, "read, all", true);
    for (size_t i = 0; i < m->level_count; i++) {
        const measured_level *l = &m->levels[i];
        cell a, b, c, d;
        yki_table_row(table, (const char *const[]){
            l->name, yki_human_bytes(a, (double)l->working_set),
            yki_human_seconds(b, l->latency_s), rate(c, l->read_bytes_s, "B/s"),
            rate(d, l->all_bytes_s, "B/s")}, 5);
    }
    putchar('\n');
    yki_table_print(&table);
    for (size_t i = 0; i < m->level_count; i++) {
        const measured_level *l = &m->levels[i];
        cell reach, bytes;
        if (l->reach < l->bytes)
            printf("  %s answers at that speed up to %s of its %s, as where others have a part\n",
                   l->name, yki_human_bytes(reach, (double)l->reach),
                   yki_human_bytes(bytes, (double)l->bytes));
    }
}

static void add_processor(struct libscols_table *table, const char *id, double launch,
                          const measured_device *d)
{
    cell up, down, start, triad, f, g, p, q;
    yki_table_row(table, (const char *const[]){
        id, launch > 0 ? yki_human_seconds(start, launch) : "-", rate(up, d->up_bytes_s, "B/s"),
        rate(down, d->down_bytes_s, "B/s"), rate(triad, d->triad_bytes_s, "B/s"),
        rate(f, d->float_flops_s, "flop/s"), rate(g, d->double_flops_s, "flop/s"),
        ridge(p, d->float_flops_s, d->triad_bytes_s),
        ridge(q, d->double_flops_s, d->triad_bytes_s)}, 9);
}

static void show_processors(const measurement *m)
{
    struct libscols_table *table = yki_table_new(true);
    static const char *const names[] = {"launch", "up", "down", "triad", "float", "double",
                                        "ridge, float", "double"};
    const measured_device pool = {.triad_bytes_s = m->triad_bytes_s,
                                  .float_flops_s = m->float_flops_s,
                                  .double_flops_s = m->double_flops_s};
    yki_table_column(table, "device", false);
    for (size_t i = 0; i < COUNT_OF(names); i++) yki_table_column(table, names[i], true);
    add_processor(table, "cpu", m->pool_launch_s, &pool);
    for (size_t i = 0; i < m->device_count; i++)
        add_processor(table, m->devices[i].row->info.id, m->devices[i].launch_s, &m->devices[i]);
    putchar('\n');
    yki_table_print(&table);
    for (size_t i = 0; i < m->device_count; i++)
        if (m->devices[i].problem[0])
            printf("  %s: %.90s\n", m->devices[i].row->info.id, m->devices[i].problem);
    puts("  ridge: a kernel of fewer flops a byte waits for memory; of more, for arithmetic");
}

void yki_topo_show_measured(const state *s)
{
    const measurement *m = s->measured;
    cell a, b, c;
    show_levels(m);
    show_processors(m);
    printf("  1 worker: float %s, double %s, clock %s\n", rate(a, m->float_flops_one_s, "flop/s"),
           rate(b, m->double_flops_one_s, "flop/s"), rate(c, m->clock_hz, "Hz"));
}
