kernel void spmv_csr(const uint rows, global const uint *restrict ptr YK_WINDOW(1, 0, 2) YK_LEN(rows + 1),
                     global const uint *restrict col YK_ALL YK_LEN(nnz),
                     global const double *restrict val YK_ALL YK_LEN(nnz),
                     global const double *restrict x YK_ALL YK_LEN(cols), global double *restrict y YK_OUT,
                     uint nnz, uint cols)
{
    uint row = get_global_id(0);
    if (row < rows) {
        double sum = 0;
        for (uint j = ptr[row], end = ptr[row + 1]; j < end; j++) sum += val[j] * x[col[j]];
        y[row] = sum;
    }
}
