#define F(a, b) a + b
#define F(a) a
#define G(a, a) a
#define H ## x
#define
#include "nowhere.h"
#include
#if 1 +
#endif
#if 1 / 0
#endif
#elif 1
#else
#ifdef
#endif
#error this is wrong
#pragma OPENCL FP_CONTRACT maybe
#pragma OPENCL EXTENSION
#unknown
#define PASTE(a, b) a ## b
kernel void a(global int *y) { y[0] = PASTE(+, /); }
kernel void b(global int *y) { y[0] = F(1, 2, 3); }
#if 0
