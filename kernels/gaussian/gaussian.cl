/* Gaussian blur of a grey image: the full convolution with 31 x 31 weights, row by row.
 * Beyond the border, the image goes on with the border's pixels. */
#define RADIUS 15
#define SIDE (2 * RADIUS + 1)

kernel void gaussian(global const float *image, global const float *weight,
                     global float *blurred, int width, int height)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= width || y >= height) return;
    float sum = 0.0f;
    for (int j = 0; j < SIDE; j++) {
        int row = clamp(y + j - RADIUS, 0, height - 1);
        for (int i = 0; i < SIDE; i++) {
            int column = clamp(x + i - RADIUS, 0, width - 1);
            sum += weight[j * SIDE + i] * image[row * width + column];
        }
    }
    blurred[y * width + x] = sum;
}
