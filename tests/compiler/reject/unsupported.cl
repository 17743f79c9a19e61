constant sampler_t S = 0;
kernel void a(global float4 *y, local float *scratch, read_only image2d_t img)
{
    local int shared[64];
    barrier(CLK_LOCAL_MEM_FENCE);
    float3 v = vload3(0, y);
    atomic_inc(y);
    goto out;
    printf("%d", 1);
    async_work_group_copy(scratch, y, 16, 0);
    half h = 1.0h;
out:
    return;
}
float (*table[4])(float);
float apply(float (*f)(float), float x) { return f(x); }
