/* A sparse matrix in compressed rows times a vector, one row an item.  Which columns a row
 * reads only the data can tell, so any part of the rows needs all of cols, vals and x. */
kernel void spmv(global const uint *row YK_LEN(rows + 1),
                 global const uint *cols YK_ALL YK_LEN(entries),
                 global const float *vals YK_ALL YK_LEN(entries),
                 global const float *x YK_ALL YK_LEN(rows), global float *y YK_OUT, ulong rows,
                 ulong entries)
{
    size_t i = get_global_id(0);
    if (i >= rows) return;
    float sum = 0.0f;
    for (uint k = row[i]; k < row[i + 1]; k++) sum += vals[k] * x[cols[k]];
    y[i] = sum;
}
