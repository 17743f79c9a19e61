/* Kernels that are run both by yokec's output and, this very file read as C, by a plain
 * loop (tests/unit/test_compilerback_exec.c); every bit of the results must agree. */
#pragma OPENCL FP_CONTRACT OFF

typedef struct particle {
    float x, y;
    int kind, spare;
    double mass;
} particle;

typedef struct { int first, count; } span;

enum { TAPS = 5 };
constant float taps[TAPS] = {0.0625f, 0.25f, 0.375f, 0.25f, 0.0625f};
constant int steps[3] = {1, -2, 3};

float weigh(global const float *p, int k, int j) { return p[k + j] * taps[j + 2]; }

void store(global float *p, int k, float v) { p[k] = v; }

int collatz(int n, int most)
{
    int turns = 0;
    while (n != 1 && turns < most) {
        if (n & 1) n = 3 * n + 1;
        else n /= 2;
        turns++;
    }
    return turns;
}

kernel void saxpy(float a, global const float *x, global float *y, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    y[i] = a * x[i] + y[i];
}

kernel void unsigned_guard(global const uint *x, global uint *y, uint n, uint shift)
{
    uint i = get_global_id(0);
    if (!(i < n)) return;
    y[i] = (x[i] << (shift & 31)) ^ (x[i] >> ((32 - shift) & 31));
}

kernel void interior(global const float *u, global float *v, int w, int h, float k)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x < 1 || x >= w - 1 || y < 1 || y >= h - 1) return;
    int p = y * w + x;
    v[p] = u[p] + k * (u[p - 1] + u[p + 1] + u[p - w] + u[p + w] - 4.0f * u[p]);
}

kernel void blur(global const float *u YK_LEN(w * h), global float *v, int w, int h)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    if (x < (size_t)w && y < (size_t)h) {
        float sum = 0.0f;
        for (int j = -2; j <= 2; j++) {
            int at = clamp((int)x + j, 0, w - 1);
            sum += taps[j + 2] * u[y * w + at];
        }
        v[y * w + x] = sum;
    }
}

kernel void columns(global const float *u YK_LEN(w * h), global float *v, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    float sum = 0.0f;
    for (int j = -1; j <= 1; j++) {
        int at = clamp(y + j, 0, h - 1);
        sum += u[at * w + x];
    }
    v[y * w + x] = sum;
}

kernel void transpose(global const float *in, global float *out, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    out[x * h + y] = in[y * w + x];
}

kernel void reverse(global const short *in, global short *out, int n)
{
    int i = get_global_id(0);
    if (i < n) out[n - 1 - i] = in[i];
}

kernel void triples(global const uchar *in, global int *out, long n)
{
    long i = get_global_id(0);
    if (i >= n) return;
    for (int c = 0; c < 3; c++) out[3 * i + c] = in[3 * i + c] * steps[c];
}

kernel void pairs(global const float *in, global float *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float a = in[i], b = a * a;
    out[2 * i] = a + b;
    out[2 * i + 1] = a - b;
}

kernel void every_fourth(global const int *in, global int *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    out[4 * i + 1] = in[i];
    out[4 * i + 3] = -in[i];
}

kernel void helpers(global const float *u, global float *v, int n)
{
    int i = get_global_id(0);
    if (i < 2 || i >= n - 2) return;
    float sum = 0.0f;
    for (int j = -2; j <= 2; j++) sum += weigh(u, i, j);
    store(v, i, sum);
}

kernel void odd_even(global const int *in, global int *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    if (in[i] & 1) out[i] = in[i] * 3;
    else out[i] = in[i] / 2;
}

kernel void sometimes(global const int *in, global int *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    if (in[i] > 0) out[i] = in[i];
}

kernel void escape(global const int *in, global int *out, int n, int most)
{
    int i = get_global_id(0);
    if (i >= n) return;
    int v = in[i] & 1023;
    out[i] = v == 0 ? -1 : collatz(v, most);
}

kernel void volume(global const float *u YK_HALO(1) YK_LEN(nx * ny * nz), global float *v, int nx, int ny, int nz)
{
    int x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
    if (x >= nx || y >= ny || z >= nz) return;
    int at = (z * ny + y) * nx + x;
    v[at] = u[at] * 2.0f + (float)(x + 10 * y + 100 * z);
}

kernel void structs(global const particle *in, global particle *out, span s, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    particle p = in[i];
    p.x += 1.0f;
    p.y = p.x * (float)p.mass;
    p.kind = (p.kind & 7) + s.first * s.count;
    out[i] = p;
}

kernel void control(global const int *in, global int *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    int v = in[i], acc = 0, tmp[4] = {1, 2, 3};
    for (int k = 0; k < 10; k++) {
        if (k == 3) continue;
        if (k == 8) break;
        switch ((v + k) & 3) {
        case 0: acc += tmp[k & 3]; break;
        case 1: acc ^= v;
        case 2: acc -= k; break;
        default: acc = acc > 1000 ? 0 : acc + 7;
        }
    }
    do { acc += 2; tmp[acc & 3]++; } while (acc < 5);
    out[i] = acc + tmp[0] * tmp[3], acc++;
}

kernel void launch_words(global ulong *out, int n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    out[i] = get_global_size(0) * 1000000 + get_global_offset(0) * 10000 + get_local_id(0) * 1000 +
             get_group_id(0) * 100 + get_num_groups(0) * 10 + get_local_size(0) + get_work_dim();
}

kernel void boundary(global const float *u, global float *v, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    int k = y * w + x;
    if (x == 0 || x == w - 1) {
        v[k] = 0.0f;
        return;
    }
    v[k] = 0.5f * u[k];
}

kernel void shifts(global const long *in, global long *out, int n, int s)
{
    int i = get_global_id(0);
    if (i >= n) return;
    out[i] = (in[i] >> (s & 63)) + (long)((ulong)in[i] << 3) + (long)((uint)in[i] >> 5) + (char)in[i] + (ushort)in[i];
}

kernel void doubles(global const double *x, global double *y, double a, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    double v = x[i];
    y[i] = v < 0 ? -v * a : v / a + 0.1;
}

kernel void local_groups(global const float *u, global float *v, int w)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    v[y * get_global_size(0) + x] = u[x + y * get_global_size(0)] + (float)w;
}

/* Loops whose turns differ from item to item. */
kernel void escapes(global const float *in, global int *out, int n, int limit)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float cx = in[i], cy = in[i] * 0.5f - 0.3f, x = 0.0f, y = 0.0f;
    int k;
    for (k = 0; k < limit; k++) {
        float xx = x * x, yy = y * y;
        if (xx + yy > 4.0f) break;
        y = 2.0f * x * y + cy;
        x = xx - yy + cx;
        if (k == 7) continue;
        x += 0.001f;
    }
    out[i] = k;
}

kernel void pairwise(global const float *u YK_LEN(n), global float *v, int n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    float acc = 0.0f, mine = u[i];
    for (int j = 0; j < n; j++) {
        float d = u[j] - mine;
        acc += d * d * (j & 1 ? 1.0f : -1.0f);
    }
    v[i] = acc;
}

kernel void nested(global const int *in, global int *out, int n, int m)
{
    int i = get_global_id(0);
    if (i >= n) return;
    int v = in[i] & 31, acc = in[i];
    for (int a = 0; a < v; a++) {
        int b = v;
        do {
            acc = (int)((uint)acc * 5u + (uint)b);
            if (acc & 64) break;
            b--;
        } while (b > a);
        if ((acc & 7) == 3) continue;
        acc ^= a;
        if ((acc & 255) == 77) break;
        for (int c = 0; c < m; c++) acc ^= c * 3 + a;
    }
    out[i] = acc;
}

kernel void branches(global const int *in, global int *out, int n, int m)
{
    int i = get_global_id(0);
    if (i >= n) return;
    int v = in[i], acc = 1;
    if (v > 0) {
        int k = v & 63;
        while (k > 0) { acc += k * v; k -= 3; }
        acc ^= 5;
    } else if (v & 1) {
        for (int k = 0; k < m; k++) { int acc2 = acc + k; acc += acc2 & 3; }
    } else {
        acc = -v;
    }
    { int v = acc * 2; int k = 0; while (v > 3 && k < 40) { v >>= 1; k++; } acc += k; }
    out[i] = acc + v;
}

kernel void rows_of_loops(global const float *u, global int *v, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    float s = u[y * w + x];
    int turns = 0;
    while (s < 10.0f && turns < 50 + (x & 3)) { s = s * 1.25f + 0.125f; turns++; }
    v[y * w + x] = turns;
}

/* Borders as people write them: no annotation, no length, nothing read outside. */
kernel void convolve(global const float *u, global float *v, int w, int h, int r)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    float s = 0.0f;
    for (int j = -r; j <= r; j++)
        for (int i = -1; i <= 1; i++)
            if (x + i >= 0 && x + i < w && y + j >= 0 && y + j < h) s += u[(y + j) * w + x + i];
    v[y * w + x] = s + u[y * w + x];
}

int at_least(int a, int b) { return a < b ? b : a; }

kernel void edges(global const float *u, global float *v, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    int left = x > 0 ? x - 1 : 0, right = x < w - 1 ? x + 1 : w - 1;
    int up = y == 0 ? 0 : y - 1, down = y == h - 1 ? y : y + 1;
    int far = clamp(y + 2, 0, h - 1), round = (x + w - 1) % w;
    v[y * w + x] = u[y * w + left] + u[y * w + right] + u[up * w + x] + u[down * w + x] + 0.5f * u[far * w + x] +
                   0.25f * u[y * w + round] + u[y * w + x];
}

/* What is made of ids and arguments alone, some of it the same in a row; and what is not. */
kernel void derived(global const float *u, global float *v, int w, int h, int m)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    const int at = y * w + x, turns = y < m ? y : m, odd = at & 1;
    int changes = at;
    global const float *row = u + y * w;
    float s = 0.0f;
    for (int j = 0; j < turns; j++) {
        s += row[x] * (float)(x & 3);
        changes ^= j + odd;
    }
    for (int j = turns; j < m + (x & 1); j++) {
        int x = j + at;
        s += (float)(x & 7);
    }
    v[at] = s + (float)(changes & 1023);
}

/* Conditions that matter at the border alone, in a loop that runs in lanes: zeros beyond
 * the border, and what is the same for a whole row. */
kernel void padded(global const float *u YK_LEN(w * h), global float *v, int w, int h, int r)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    float s = u[y * w + x];
    for (int j = -r; j <= r; j++) {
        int row = y + j, there = row >= 0 && row < h;
        for (int i = -20; i <= 20; i++) {
            int column = x - i;
            if (there && column >= 0 && w - 1 >= column && x != 3) s += u[row * w + column];
        }
        s += x == w - 1 ? 1.0f : 0.5f;
    }
    v[y * w + x] = s;
}

/* The same on a line, which is cut anywhere. */
kernel void ends(global const float *u, global float *v, ulong n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    float s = u[i];
    if (i > 0) s += 2.0f * u[i - 1];
    if (i + 2 < n) s += 3.0f * u[i + 2];
    if (i != 0 && i < n - 1) s *= 0.5f;
    v[i] = s;
}

kernel void near_ends(global const float *u, global float *v, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    v[i] = u[i] + u[clamp(i - 1, 0, n - 1)] + 2.0f * u[clamp(i + 5, 0, n - 1)];
}

/* Across the grain: read, written, both, and of several sizes. */
kernel void columns_to_rows(global const double *in, global double *out, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    out[y * w + x] = 2.0 * in[x * h + y] + (double)(x - y);
}

kernel void into_columns(global const short *in, global short *sum, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    sum[x * h + y] += in[y * w + x];
}

kernel void turned_twice(global const float *u, global const uchar *bytes, global float *v, global uchar *flags,
                         int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    float s = u[x * h + y] - u[y * w + x];
    v[x * h + y] = s;
    flags[x * h + y] = (uchar)((s > 0.0f) ^ (bytes[y * w + x] & 1));
}

/* Not for sure: in rows, as written. */
kernel void some_turned(global const float *in, global float *out YK_LEN(w * h), int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    if (in[y * w + x] > 0.0f) out[x * h + y] = in[y * w + x];
}

/* Several rows at a time: loops that turn alike in all of them. */
kernel void product(global const float *u, global float *v, int w, int h, int m)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    float s = 0.0f;
    for (int j = 0; j < m; j++) s += u[y * w + x] * (float)(x + j * y);
    v[y * w + x] = s;
}

kernel void product_double(global const double *u, global double *v, int w, int h, int m)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    if (x >= (size_t)w || y >= (size_t)h) return;
    double s = 0.0;
    for (int j = 0; j < m; j++)
        for (int i = j; i < m; i++) s += u[y * w + x] * (double)(i + j * 3);
    v[y * w + x] = s;
}

/* Loops that do not, and one whose passes share what a row alone has. */
kernel void triangle(global const float *u, global float *v, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    float s = 0.0f;
    for (int j = 0; j <= y; j++) s += u[y * w + x] * (float)(j + 1);
    v[y * w + x] = s;
}

kernel void row_values(global const float *u, global float *v, int w, int h, int m)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= w || y >= h) return;
    float s = 0.0f;
    for (int j = 0; j < m; j++) {
        int here = y * 5 + j;
        for (int i = 0; i < m; i++) s += u[y * w + x] * (float)(here + i);
    }
    v[y * w + x] = s;
}

kernel void layers(global const float *u, global float *v, int nx, int ny, int nz, int m)
{
    int x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
    if (x >= nx || y >= ny || z >= nz) return;
    int at = (z * ny + y) * nx + x;
    float s = 1.0f;
    for (int j = 0; j < m; j++) s = s * 0.5f + u[at] * (float)(j + z);
    v[at] = s;
}

/* Arrays of an item's own that live from one loop to the next. */
kernel void lattice(global const float *u, global float *v, int n, float k)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float s = u[i], own[21];
    for (int j = 0; j <= 20; j++) own[j] = s + (float)j;
    for (int level = 20; level > 0; level -= 5) {
        float later[5] = {k};
        for (int j = level; j >= 0; j--) {
            float x = own[j];
            for (int t = 0; t < 5; t++) {
                float y = k * later[t] + 0.5f * x;
                later[t] = x;
                x = y > s ? y : s;
            }
            own[j] = x;
        }
    }
    v[i] = own[0];
}

/* ... written by some, at places of their own. */
kernel void drawers(global const int *in, global int *out, int n, int m)
{
    int i = get_global_id(0);
    if (i >= n) return;
    int v = in[i] & 1023, own[24] = {3, 1, 4}, turns = 0;
    while (turns < 40) {
        own[v % 24] += turns;
        for (int k = 0; k < m; k++) {
            if ((v + k) & 1) own[(v + k) & 15] ^= k + turns;
        }
        v = (v * 5 + own[v & 7] + 1) & 1023;
        turns++;
        if ((v & 31) == 7) break;
    }
    int sum = turns;
    for (int k = 0; k < 24; k++) sum = (sum * 31 + own[k]) & 0xffffff;
    out[i] = sum;
}

/* Elements fetched by those only whose loop still turns. */
kernel void fetch(global const int *in YK_ALL YK_LEN(n), global const float *u YK_ALL YK_LEN(n),
                  global float *v, int n, int m)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float sum = 0.0f;
    int at = i, turns = in[i] & 15;
    for (int k = 0; k < turns; k++) {
        float near = 0.0f;
        for (int j = 0; j < n; j += 37) {
            float d = u[j] * 0.5f + (float)at;
            if (d > near) near = d;
        }
        if (near > 900.0f) {
            sum += 1.0f;
            break;
        }
        float here = u[at], other = u[n - 1 - at];
        sum += here * near - other;
        if (m > 0) {
            for (int j = 0; j < m; j++) sum += 0.125f * (float)(in[at] & j);
        }
        at = at + 3 < n ? at + 3 : 0;
    }
    v[i] = sum;
}

/* Rows of varying length. */
kernel void rows(global const int *in YK_ALL YK_LEN(n), global float *v, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float sum = 0.0f;
    for (int k = in[i] & 15, end = k + (in[i] >> 4 & 31); k < end; k++) {
        int at = k < n ? k : n - 1;
        sum += (float)(in[in[at] & 0] & 255);
    }
    v[i] = sum;
}

/* 32-bit ids do not wrap in a guard's small sums, so that it bounds them. */
kernel void unsigned_inside(global const float *u, global float *v, uint w, uint h)
{
    uint x = get_global_id(0), y = get_global_id(1);
    if (x < 1 || x + 1 >= w || y < 2 || y + 2 >= h) return;
    v[y * w + x] = u[y * w + x - 1] + (x + 2 < w ? u[y * w + x + 2] : u[(y + 2) * w + x]);
}

/* No guard, and no length but what the condition leaves. */
kernel void unguarded(global const float *u, global float *v, int w)
{
    int x = get_global_id(0), y = get_global_id(1);
    float s = 0.0f;
    for (int j = -2; j <= 3; j++)
        if (x + j >= 0 && x + j < w) s += u[y * w + x + j];
    v[y * w + x] = s;
}
