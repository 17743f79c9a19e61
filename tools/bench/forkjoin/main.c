/* yoke-forkjoin: what a fork and join of two workers costs, Yoke's pool beside others.
 *
 * A tool for those who work on the pool.  Runs each peer's program (probe.c) in a
 * process of its own, the peers taking turns round by round, so that whatever else
 * the machine does meets all of them; prints the medians over the rounds and how
 * Yoke compares with the fastest of the others.  Peers that were not built are named
 * as absent.  Exits 0, 1 where a peer failed, 2 on misuse. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 99
#define ROUNDS_DEFAULT 7
#define GAPS 4
/* A gap in which fewer loops than this had two threads tells nothing. */
#define SHARE_LEAST 0.05

static const unsigned gaps_us[GAPS] = {0, 20, 100, 1000};

typedef struct peer {
    const char *name;
    char path[PATH_MAX];
    bool here, failed;
    double ns[GAPS][ROUNDS_MAX], share[GAPS][ROUNDS_MAX];
    double ns_median[GAPS], share_median[GAPS];
} peer;

/* The first is ours. */
static peer peers[] = {
    {.name = "yoke"}, {.name = "libgomp"}, {.name = "libomp"}, {.name = "tbb"},
    {.name = "pthreadpool"},
};
#define PEERS (sizeof peers / sizeof peers[0])

static bool find_peers(void)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) return false;
    self[length] = '\0';
    const char *folder = dirname(self);
    for (size_t p = 0; p < PEERS; p++) {
        int used = snprintf(peers[p].path, PATH_MAX, "%s/yoke-forkjoin-%s", folder, peers[p].name);
        peers[p].here = used > 0 && used < PATH_MAX && access(peers[p].path, X_OK) == 0;
    }
    return true;
}

static bool read_round(FILE *from, peer *p, size_t round)
{
    for (size_t g = 0; g < GAPS; g++) {
        unsigned gap;
        if (fscanf(from, "%u %lf %lf", &gap, &p->ns[g][round], &p->share[g][round]) != 3)
            return false;
        if (gap != gaps_us[g]) return false;
    }
    return true;
}

static bool run_round(peer *p, size_t round)
{
    int ends[2];
    if (pipe(ends) != 0) return false;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(p->path, p->path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    if (!from) close(ends[0]);
    bool ok = child > 0 && from && read_round(from, p, round);
    if (from) fclose(from);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t count)
{
    qsort(v, count, sizeof *v, ascending);
    return count % 2 ? v[count / 2] : (v[count / 2 - 1] + v[count / 2]) / 2;
}

static void print_peer(peer *p, size_t rounds)
{
    printf("%-12s", p->name);
    if (!p->here || p->failed) {
        puts(p->here ? "  failed" : "  absent: not built here");
        return;
    }
    for (size_t g = 0; g < GAPS; g++) {
        p->ns_median[g] = median(p->ns[g], rounds);
        p->share_median[g] = median(p->share[g], rounds);
        if (p->share_median[g] < SHARE_LEAST)
            printf("  %7s    %3.0f%%", "-", 100 * p->share_median[g]);
        else
            printf("  %7.0f ns %3.0f%%", p->ns_median[g], 100 * p->share_median[g]);
    }
    putchar('\n');
}

static void print_ratio(void)
{
    printf("%-12s", "yoke/fastest");
    for (size_t g = 0; g < GAPS; g++) {
        double fastest = 0;
        for (size_t p = 1; p < PEERS; p++) {
            if (!peers[p].here || peers[p].failed || peers[p].share_median[g] < SHARE_LEAST)
                continue;
            if (fastest == 0 || peers[p].ns_median[g] < fastest) fastest = peers[p].ns_median[g];
        }
        if (fastest > 0 && peers[0].here && !peers[0].failed)
            printf("  %10.2f     ", peers[0].ns_median[g] / fastest);
        else
            printf("  %10s     ", "-");
    }
    putchar('\n');
}

static void print_table(size_t rounds)
{
    printf("Fork and join of two workers, beyond the work itself, by the gap before it.\n"
           "Median of %zu rounds of medians; %% of loops in which both took part (only\n"
           "those count).\n\n%-12s", rounds, "");
    for (size_t g = 0; g < GAPS; g++) {
        char head[16] = "back to back";
        if (gaps_us[g]) snprintf(head, sizeof head, "%u us", gaps_us[g]);
        printf("  %12s   ", head);
    }
    putchar('\n');
    for (size_t p = 0; p < PEERS; p++) print_peer(&peers[p], rounds);
    print_ratio();
}

static int usage(FILE *to, int code)
{
    fprintf(to, "usage: yoke-forkjoin [--rounds N]\n"
                "  --rounds N  how often each peer is measured, 1 to %d (default %d)\n",
            ROUNDS_MAX, ROUNDS_DEFAULT);
    return code;
}

int main(int argc, char **argv)
{
    size_t rounds = ROUNDS_DEFAULT;
    bool failed = false;
    for (int a = 1; a < argc; a++) {
        if (strcmp(argv[a], "--help") == 0) return usage(stdout, 0);
        char *end = NULL;
        if (strcmp(argv[a], "--rounds") != 0 || a + 1 == argc) return usage(stderr, 2);
        rounds = strtoul(argv[++a], &end, 10);
        if (*end || rounds < 1 || rounds > ROUNDS_MAX) return usage(stderr, 2);
    }
    if (!find_peers()) return 1;
    for (size_t r = 0; r < rounds; r++)
        for (size_t p = 0; p < PEERS; p++)
            if (peers[p].here && !peers[p].failed) peers[p].failed = !run_round(&peers[p], r);
    print_table(rounds);
    for (size_t p = 0; p < PEERS; p++) failed |= peers[p].failed;
    return failed || fflush(stdout) != 0;
}
