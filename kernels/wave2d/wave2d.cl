/* A step of the acoustic wave equation, second order in time and fourth in space.  The
 * range is the interior, two points away from each border, where the field stays zero.
 * before: the field one step back, becomes the field one step on.
 * courant: (speed * dt / dx)^2 of each point.  Rows are `pitch` points apart. */
kernel void wave2d(global const float *now YK_WINDOW(pitch, -2 * pitch, 3 * pitch)
                       YK_LEN(pitch * rows),
                   global const float *courant YK_OWN(pitch) YK_LEN(pitch * rows),
                   global float *before YK_OWN(pitch) YK_LEN(pitch * rows),
                   int pitch, int rows)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    size_t k = y * pitch + x;
    float near = now[k - 1] + now[k + 1] + now[k - pitch] + now[k + pitch];
    float far = now[k - 2] + now[k + 2] + now[k - 2 * pitch] + now[k + 2 * pitch];
    float laplacian = (16.0f * near - far - 60.0f * now[k]) * (1.0f / 12.0f);
    before[k] = 2.0f * now[k] - before[k] + courant[k] * laplacian;
}
