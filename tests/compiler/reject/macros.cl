#define INNER(v) ((v) + missing)
#define OUTER(v) (INNER(v) * INNER(2))
kernel void a(global int *y)
{
    y[0] = OUTER(y[1]);
	y[1] = 1;	y[2] = alse;
    y[3] = OUTER(unknown);
    y[4] = OUTER(
