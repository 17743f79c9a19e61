/* A ray tracer: balls that mirror each other under a light, one pixel an item.  Contraction
 * is off, so that processors who round divisions and roots alike see the same picture. */
#pragma OPENCL FP_CONTRACT OFF

#define FAR 1e30f
#define NEAR 1e-3f  /* nearer than that a ray has not left its ball */

/* ball: 8 numbers for each: centre x, y, z; radius; red, green, blue; the share of light that
 * it mirrors.  The eye is at (0, 0, 0); the screen at z = 1 has pixels of size `step`. */
kernel void ray(global const float *ball YK_ALL YK_LEN(8 * balls), global float *image YK_OUT,
                int balls, int bounces, float light_x, float light_y, float light_z,
                uint width, uint height, float step)
{
    size_t px = get_global_id(0), py = get_global_id(1);
    if (px >= width || py >= height) return;
    float dx = ((float)px - 0.5f * (float)(width - 1)) * step;
    float dy = (0.5f * (float)(height - 1) - (float)py) * step;
    float dz = 1.0f / sqrt(dx * dx + dy * dy + 1.0f);
    dx *= dz;
    dy *= dz;
    float ox = 0.0f, oy = 0.0f, oz = 0.0f;
    float red = 0.0f, green = 0.0f, blue = 0.0f, share = 1.0f;
    for (int bounce = 0; bounce < bounces && share > 0.0f; bounce++) {
        /* the nearest ball that the ray meets */
        float nearest = FAR;
        int hit = -1;
        for (int k = 0; k < balls; k++) {
            float x = ball[8 * k] - ox, y = ball[8 * k + 1] - oy, z = ball[8 * k + 2] - oz;
            float r = ball[8 * k + 3];
            float along = x * dx + y * dy + z * dz;
            float gap = r * r - (x * x + y * y + z * z) + along * along;
            float t = along - sqrt(max(gap, 0.0f));
            if (gap > 0.0f && t > NEAR && t < nearest) {
                nearest = t;
                hit = k;
            }
        }
        if (hit < 0) {  /* the sky: paler towards the horizon */
            float pale = 1.0f - fabs(dy);
            red += share * (0.3f + 0.6f * pale);
            green += share * (0.5f + 0.4f * pale);
            blue += share * (0.8f + 0.1f * pale);
            break;
        }
        ox += nearest * dx;
        oy += nearest * dy;
        oz += nearest * dz;
        float r = ball[8 * hit + 3], mirror = ball[8 * hit + 7];
        float nx = (ox - ball[8 * hit]) / r, ny = (oy - ball[8 * hit + 1]) / r;
        float nz = (oz - ball[8 * hit + 2]) / r;
        /* how much light falls there: none where another ball is in its way */
        float lx = light_x - ox, ly = light_y - oy, lz = light_z - oz;
        float away = sqrt(lx * lx + ly * ly + lz * lz);
        lx /= away;
        ly /= away;
        lz /= away;
        float lit = max(nx * lx + ny * ly + nz * lz, 0.0f);
        for (int k = 0; k < balls; k++) {
            float x = ball[8 * k] - ox, y = ball[8 * k + 1] - oy, z = ball[8 * k + 2] - oz;
            float s = ball[8 * k + 3];
            float along = x * lx + y * ly + z * lz;
            float gap = s * s - (x * x + y * y + z * z) + along * along;
            float t = along - sqrt(max(gap, 0.0f));
            if (gap > 0.0f && t > NEAR && t < away) lit = 0.0f;
        }
        float shine = share * (1.0f - mirror) * (0.1f + 0.9f * lit);
        red += shine * ball[8 * hit + 4];
        green += shine * ball[8 * hit + 5];
        blue += shine * ball[8 * hit + 6];
        share *= mirror;
        float back = 2.0f * (dx * nx + dy * ny + dz * nz);
        dx -= back * nx;
        dy -= back * ny;
        dz -= back * nz;
    }
    image[3 * (py * width + px)] = red;
    image[3 * (py * width + px) + 1] = green;
    image[3 * (py * width + px) + 2] = blue;
}
