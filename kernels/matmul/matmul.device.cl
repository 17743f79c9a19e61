/* matmul on a device: the program that a GPU wants, in the place of the one that yokec
 * makes of matmul.cl.  Parameters as yoke/kernel.h promises them.
 *
 * A group of 16 x 8 work-items computes a tile of 128 columns by 64 rows of C, each of
 * them 8 x 8 elements in registers.  The sums proceed by 16 terms at a time: their part
 * of A and B is brought to local memory, where each element is then used 128 or 64
 * times.  What lies outside the matrices counts as zero, and is not written.
 *
 * Global memory: neighbours read whole rows of B and, of A, sectors of 32 bytes.
 * Local memory (32 banks): A lies there by columns, 4 elements longer than a tile is
 * high, so that the 8 terms by 4 rows that 32 neighbours write lie in 32 banks; rows of
 * B are read as neighbouring quads, quads of A by everybody at once. */
#define TERMS 16
#define ROWS 64
#define COLUMNS 128
#define A_PITCH ((ROWS + 4) / 4)    /* in quads */
#define B_PITCH (COLUMNS / 4)

/* The quad at column `at` of a row of C, as far as there are columns. */
void put(global float *c, float4 v, ulong at, ulong end)
{
    if (at < end) c[at] = v.x;
    if (at + 1 < end) c[at + 1] = v.y;
    if (at + 2 < end) c[at + 2] = v.z;
    if (at + 3 < end) c[at + 3] = v.w;
}

kernel __attribute__((reqd_work_group_size(16, 8, 1)))
void tiled(global const float *a, ulong a_base, global const float *b, ulong b_base,
           global float *c, ulong c_base, ulong m, ulong n, ulong k,
           ulong lo0, ulong hi0, ulong size0, ulong offset0, ulong local0,
           ulong lo1, ulong hi1, ulong size1, ulong offset1, ulong local1)
{
    local float4 a_tile[TERMS * A_PITCH], b_tile[TERMS * B_PITCH];
    local float *a_put = (local float *)a_tile, *b_put = (local float *)b_tile;
    const uint x = get_local_id(0), y = get_local_id(1), t = y * 16 + x;
    const ulong column = lo0 + get_group_id(0) * COLUMNS, row = lo1 + get_group_id(1) * ROWS;
    const uint term = t & 7, line = t >> 3;     /* what it brings of A; of B, column t */
    const bool mine = column + t < hi0;
    float4 sum[8][2];
#pragma unroll
    for (int i = 0; i < 8; i++) sum[i][0] = sum[i][1] = (float4)(0.0f);

    for (ulong k0 = 0; k0 < k; k0 += TERMS) {
#pragma unroll
        for (uint i = 0; i < 8; i++) {
            const uint p = term + 8 * (i & 1), q = line + 16 * (i >> 1);
            const bool there = row + q < hi1 && k0 + p < k;
            a_put[p * (A_PITCH * 4) + q] = there ? a[(row + q) * k + k0 + p - a_base] : 0.0f;
        }
#pragma unroll 8
        for (uint p = 0; p < TERMS; p++) {
            const bool there = mine && k0 + p < k;
            b_put[p * COLUMNS + t] = there ? b[(k0 + p) * n + column + t - b_base] : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll 2
        for (uint p = 0; p < TERMS; p++) {
            const float4 top = a_tile[p * A_PITCH + 2 * y], low = a_tile[p * A_PITCH + 2 * y + 1];
            const float4 left = b_tile[p * B_PITCH + x], right = b_tile[p * B_PITCH + 16 + x];
            sum[0][0] += top.x * left, sum[0][1] += top.x * right;
            sum[1][0] += top.y * left, sum[1][1] += top.y * right;
            sum[2][0] += top.z * left, sum[2][1] += top.z * right;
            sum[3][0] += top.w * left, sum[3][1] += top.w * right;
            sum[4][0] += low.x * left, sum[4][1] += low.x * right;
            sum[5][0] += low.y * left, sum[5][1] += low.y * right;
            sum[6][0] += low.z * left, sum[6][1] += low.z * right;
            sum[7][0] += low.w * left, sum[7][1] += low.w * right;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

#pragma unroll
    for (int i = 0; i < 8; i++) {
        const ulong r = row + 8 * y + i;
        if (r >= hi1) break;
        global float *to = c + (r * n - c_base);
        put(to, sum[i][0], column + 4 * x, hi0);
        put(to, sum[i][1], column + 64 + 4 * x, hi0);
    }
}
