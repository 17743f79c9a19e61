kernel void extremes(global const int *a, global int *lo YK_MIN(1), global int *hi YK_MAX(1), int n)
{
    int i = get_global_id(0);
    if (!(i < n)) return;
    lo[0] = min(lo[0], a[i]);
    hi[0] = max(hi[0], a[i]);
}
