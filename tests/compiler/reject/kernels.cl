kernel int a(global int *y) { return y[0]; }
kernel void b(float *y, bool flag, global void *p, global int *global *pp, global bool *bb) { }
struct linked { struct linked *next; int v; };
kernel void c(struct linked s, global struct linked *t) { }
float shared = 1;
constant float a_constant;
constant int computed = sizeof(int) + get_global_id(0);
kernel float d;
void e(global int x) { }
void f(void x) { }
void g(void) { global int x; constant int k = 1; void v; int open[]; extern int z; }
kernel __attribute__((reqd_work_group_size(0, 1, 1))) void h(global int *y) { return 1; }
int i(void) { return; }
constant int zero = 1 / 0;
constant int *pointer = 0;
