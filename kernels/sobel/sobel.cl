/* Sobel's edge detector: the length of the grey levels' gradient, times 8, rounded.
 * Beyond the border, the image goes on with the border's pixels. */
kernel void sobel(global const uchar *grey, global ushort *edges, int width, int height)
{
    int x = get_global_id(0), y = get_global_id(1);
    if (x >= width || y >= height) return;
    int left = max(x - 1, 0), right = min(x + 1, width - 1);
    global const uchar *above = grey + max(y - 1, 0) * width;
    global const uchar *here = grey + y * width;
    global const uchar *below = grey + min(y + 1, height - 1) * width;
    int gx = above[right] - above[left] + 2 * (here[right] - here[left]) + below[right] -
             below[left];
    int gy = below[left] - above[left] + 2 * (below[x] - above[x]) + below[right] - above[right];
    edges[y * width + x] = (ushort)(sqrt((float)(gx * gx + gy * gy)) + 0.5f);
}
