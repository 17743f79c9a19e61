kernel void groups(global uint *out)
{
    size_t i = get_global_id(0) - get_global_offset(0);
    out[i] = (uint)(get_group_id(0) * get_local_size(0) + get_local_id(0)) + get_num_groups(0) * 0 +
             get_work_dim() + (get_global_size(0) == 0);
}
