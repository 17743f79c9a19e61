typedef struct rng_state { ulong s[2]; } rng_state;

static ulong next(rng_state *r)
{
    ulong a = r->s[0], b = r->s[1];
    r->s[0] = b;
    a ^= a << 23;
    r->s[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
    return r->s[1] + b;
}

static uint hash(uint x)
{
    x = (x ^ 61u) ^ (x >> 16);
    x *= 9u;
    x = x ^ (x >> 4);
    return (x * 0x27d4eb2dU) ^ (x >> 15);
}

kernel void monte_carlo_pi(global uint *hits YK_OUT, uint samples, ulong seed)
{
    uint id = (uint)get_global_id(0), inside = 0;
    rng_state r = {.s = {seed ^ hash(id), 0x9E3779B97F4A7C15UL}};
    for (uint k = 0; k < samples; k++) {
        float x = (float)(next(&r) >> 40) * 0x1p-24f, y = (next(&r) >> 40) * 0x1p-24f;
        inside += x * x + y * y <= 1.0f;
    }
    hits[id] = inside;
}
