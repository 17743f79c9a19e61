kernel void a(global float *value, int count)
{
    size_t i = get_globalid(0);
    if (i < cuont) value[i] = sqr(vaule[i]);
    value[i] = undeclared + i.x;
    int i;
    int count;
    helper(1);
    count(2);
    value[i] = get_global_id;
}
float helper(float x) { return x; }
float helper(float x) { return x + 1; }
int helper(float x);
strct foo { int a; };
flaot v(void) { return 1; }
kernel void value_names(global float *) { }
