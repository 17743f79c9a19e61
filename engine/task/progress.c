/* How far a map has come: the rate that a progress function is told, and the ready-made one
 * for terminals, which is the only place in the library that writes to a stream, its
 * caller's.  Called by one thread at a time for each meter or stream. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <task/map_meter.h>
#include <unistd.h>
#include <yoke/task.h>

/* ---- the rate ---- */

/* The window: so long, and so many items, since slow items come one by one.  Looks closer
 * together than that would push out those that the window needs. */
#define WINDOW_NS UINT64_C(2000000000)
#define WINDOW_ITEMS 8
#define LOOK_NS UINT64_C(100000000)

void yki_meter_open(yki_meter *m, uint64_t now_ns)
{
    m->looks[0] = (struct yki_look){.at_ns = now_ns};
    m->count = 1;
}

/* The newest look that is far enough back, else the oldest there is. */
static const struct yki_look *window_start(const yki_meter *m, uint64_t now_ns, size_t done)
{
    size_t kept = yki_min(m->count, YKI_METER_LOOKS);
    const struct yki_look *l = NULL;
    for (size_t back = 1; back <= kept; back++) {
        l = &m->looks[(m->count - back) % YKI_METER_LOOKS];
        if (now_ns - l->at_ns >= WINDOW_NS && done - l->done >= WINDOW_ITEMS) break;
    }
    return l;
}

double yki_meter_rate(yki_meter *m, uint64_t now_ns, size_t done)
{
    const struct yki_look *from = window_start(m, now_ns, done);
    double seconds = yki_seconds(now_ns - from->at_ns);
    double rate = seconds > 0 ? (double)(done - from->done) / seconds : 0;
    const struct yki_look *last = &m->looks[(m->count - 1) % YKI_METER_LOOKS];
    if (done != last->done && now_ns - last->at_ns >= LOOK_NS)
        m->looks[m->count++ % YKI_METER_LOOKS] = (struct yki_look){now_ns, done};
    return rate;
}

/* ---- the line ---- */

#define COLUMNS 79

/* Text of at most COLUMNS columns, all of them ASCII; what is too much is cut off. */
typedef struct line {
    char text[COLUMNS + 1];
    size_t length;
} line;

static void YK_PRINTF(2, 3) add(line *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(l->text + l->length, sizeof l->text - l->length, format, args);
    va_end(args);
    if (n > 0) l->length = yki_min(l->length + (size_t)n, COLUMNS);
}

static void add_rate(line *l, double rate)
{
    if (rate < 10) add(l, "   %.2g/s", rate);
    else if (rate < 1e4) add(l, "   %.0f/s", rate);
    else if (rate < 1e6) add(l, "   %.3g k/s", rate / 1e3);
    else if (rate < 1e9) add(l, "   %.3g M/s", rate / 1e6);
    else add(l, "   %.3g G/s", rate / 1e9);
}

static void add_time(line *l, double s)
{
    if (s < 0.1) add(l, "   %.3g ms", s * 1e3);
    else if (s < 9.95) add(l, "   %.1f s", s);
    else if (s < 59.5) add(l, "   %.0f s", s);
    else if (s < 3599.5) add(l, "   %.0f min %02.0f s", floor((s + 0.5) / 60),
                             floor(fmod(s + 0.5, 60)));
    else if (s < 3.6e6) add(l, "   %.0f h %02.0f min", floor(s / 3600), floor(fmod(s, 3600) / 60));
    else add(l, "   %.3g days", s / 86400);
}

/* "  1234 of 5000   25 %", the count as wide as it will ever be. */
static void add_count(line *l, const yk_progress *p)
{
    if (p->total) {
        int width = snprintf(NULL, 0, "%zu", p->total);
        add(l, "  %*zu of %zu", width, p->done, p->total);
        /* Rounded down: 100 % is the end. */
        add(l, "   %3.0f %%", floor(100.0 * ((double)p->done / (double)p->total)));
    } else {
        add(l, "  %zu done", p->done);
    }
    if (p->failed) add(l, "   %zu failed", p->failed);
}

static void make_line(line *l, const yk_progress *p)
{
    *l = (line){.length = 0};
    add_count(l, p);
    if (p->last) {
        if (p->elapsed_s > 0 && p->done) add_rate(l, (double)p->done / p->elapsed_s);
        add_time(l, p->elapsed_s);
        return;
    }
    if (p->rate > 0) add_rate(l, p->rate);
    add_time(l, p->left_s >= 0 ? p->left_s : p->elapsed_s);
    if (p->left_s >= 0) add(l, " left");
}

/* A line that fills a terminal's last column may wrap, and could not be rewritten. */
static size_t columns_of(int fd)
{
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) != 0 || w.ws_col < 2) return COLUMNS;
    return yki_min(COLUMNS, w.ws_col - 1u);
}

int yk_progress_line(void *file, const yk_progress *progress)
{
    FILE *f = file ? file : stderr;
    int fd = fileno(f);
    if (!progress || fd < 0 || !isatty(fd)) return 0;
    line l;
    make_line(&l, progress);
    l.text[yki_min(l.length, columns_of(fd))] = '\0';
    (void)fprintf(f, "\r\033[K%s%s", l.text, progress->last ? "\n" : "");
    (void)fflush(f);
    return 0;
}
