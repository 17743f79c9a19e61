#define AT(x, y) cells[((y) + h) % h * w + ((x) + w) % w]
kernel void life(global const uchar *cells YK_ALL YK_LEN(w *h), global uchar *next YK_OUT, int w, int h)
{
    int x = get_global_id(0), y = get_global_id(1);
    int n = AT(x - 1, y - 1) + AT(x, y - 1) + AT(x + 1, y - 1) + AT(x - 1, y) + AT(x + 1, y) +
            AT(x - 1, y + 1) + AT(x, y + 1) + AT(x + 1, y + 1);
    next[y * w + x] = n == 3 || (n == 2 && AT(x, y));
}
