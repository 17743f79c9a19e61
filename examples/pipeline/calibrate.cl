/* calibrate.cl: a sensor's counts as volts */
kernel void calibrate(global const short *counts, global float *volts, float zero, float gain,
                      ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) volts[i] = (counts[i] - zero) * gain;
}
