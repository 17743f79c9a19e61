/* Corners of the language and names that C or C++ keep for themselves: translated and compiled,
 * not run. */
typedef union { float f; uint u; } both;
typedef struct { int m[2][3]; both b; } nest;
enum kind { A = 3, B };
constant int table[2][2] = {{1, 2}, {3, 4}};
kernel void empty(void) { }
kernel void one(global int *a) { a[get_global_id(0)] = 1; }
float sq(float x);
float mean(float a, float b) { return sq(a) + sq(b); }
float sq(float x) { return x * x; }
kernel void words(global float *new, float class, int errno, int linux, ulong unix, char bool_, int n)
{
    constant float inner[3] = {1.0f, 2.0f, 3.0f};
    int i = get_global_id(0), int64_t = 3, register_ = 2, NULL_ = 4;
    if (i >= n) return;
    float asm = mean(class, 2.0f);
    both b; b.f = asm;
    nest x = {{{1, 2, 3}, {4}}, {1.5f}};
    const float k[3] = {1, 2, 3};
    unsigned short us = (unsigned short)i;
    us += 3; us <<= 2;
    char c = (char)i; c++;
    bool t = i > 3, f = !t;
    x.m[1][2] += table[i & 1][0] + (int)sizeof(nest) + B;
    nest y = x;
    nest *p = &y;
    p->m[0][0] = us + c + t + f;
    int z = i + 1;
    new[i] = inner[i % 3] + asm + errno + linux + unix + int64_t + register_ + NULL_ + b.u % 3 + y.m[0][0] + p->m[1][2] + k[i & 1] + z + bool_;
}
kernel void dim(global ulong *o, uint d) { o[get_global_id(0)] = get_global_id(d) + get_global_size(d & 1); }
kernel void strided(global const float *a, global float *o, int n, int s) { int i = get_global_id(0); if (i >= n) return; o[i * s] = a[i * s + 1]; }
kernel void three(global float *o) { size_t x = get_global_id(0), y = get_global_id(1), z = get_global_id(2); o[(z * get_global_size(1) + y) * get_global_size(0) + x] = x + y * z; }
kernel void ptr(global const float *a, global float *o, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    global const float *p = a + i * 4;
    global float *q = o + i;
    *q = p[0] + p[1] * p[2] - *(p + 3);
}
kernel void charmin(global const char *a, global char *o, long n) { long i = get_global_id(0); if (i < n) o[i] = min(a[i], (char)3) + max((uchar)a[i], (uchar)7) + abs(a[i]); }
