/* Stands in for the executor where tests call a kernel's functions by themselves. */
#include <yoke/run.h>

yk_status yk_launch(yk_engine *engine, const yk_kernel *kernel, const yk_range *range, const void *args,
                    const yk_run_opts *opts)
{
    (void)engine, (void)kernel, (void)range, (void)args, (void)opts;
    return YK_E_UNSUPPORTED;
}

yk_status yk_submit(yk_engine *engine, const yk_kernel *kernel, const yk_range *range, const void *args,
                    const yk_run_opts *opts, yk_event **event)
{
    (void)engine, (void)kernel, (void)range, (void)args, (void)opts, (void)event;
    return YK_E_UNSUPPORTED;
}
