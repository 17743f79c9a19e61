/* Waiting for a driver without trusting it: the event's callback sets a word on which
 * the caller sleeps with a deadline, since some drivers spin in clFinish and some never
 * come back from it.  Entered by the device's thread; the callback runs on a driver's. */
#include "device/opencl/opencl_int.h"

#include <time.h>

static void CL_CALLBACK on_end(cl_event event, cl_int status, void *user)
{
    (void)event;
    cl_waiter *waiter = user;
    waiter->status = status;
    waiter->done_ns = yki_now_ns();
    /* Pairs with the acquire in yki_cl_sleep; from here on *waiter may be gone, and a
     * wake-up of a word that is gone finds no sleeper. */
    atomic_store_explicit(&waiter->done, 1, memory_order_release);
    yki_futex_wake(&waiter->done, 1);
}

cl_int yki_cl_watch(cl_event event, cl_waiter *waiter)
{
    return clSetEventCallback(event, CL_COMPLETE, on_end, waiter);
}

bool yki_cl_sleep(cl_waiter *waiter, uint64_t deadline_ns)
{
    while (atomic_load_explicit(&waiter->done, memory_order_acquire) == 0)
        if (!yki_futex_wait(&waiter->done, 0, deadline_ns))
            return atomic_load_explicit(&waiter->done, memory_order_acquire) != 0;
    return true;
}

static yk_status hung(cl_dev *dev, const char *call, yk_diag *diag)
{
    dev->base.abandoned = true;
    yk_status st = yki_fail(diag, YK_E_TIMEOUT, "%s: no answer from the driver after %s",
                            dev->base.info.id, call);
    if (diag) yki_copy_text(diag->device, sizeof diag->device, dev->base.info.id);
    return st;
}

yk_status yki_cl_await(cl_dev *dev, cl_command_queue queue, cl_event event, const char *call,
                       yk_diag *diag)
{
    yk_status st = YK_OK;
    cl_waiter *waiter = yki_alloc(1, sizeof *waiter);
    if (!waiter) {
        st = yki_fail(diag, YK_E_NOMEM, "no memory to wait for %s", call);
        (void)clFlush(queue);
        if (!yki_cl_drain(dev, &event, 1)) return hung(dev, call, diag);
        goto done;
    }
    cl_int err = yki_cl_watch(event, waiter);
    const bool watched = err == CL_SUCCESS;
    if (watched) err = clFlush(queue);
    if (err != CL_SUCCESS) {
        st = yki_cl_fail(diag, &dev->base.info, err, call);
        (void)clFlush(queue);       /* what is queued should end, not lie there */
        if (!yki_cl_drain(dev, &event, 1)) return hung(dev, call, diag);
    }
    if (watched && !yki_cl_sleep(waiter, yki_now_ns() + YKI_CL_PATIENCE_NS))
        return hung(dev, call, diag);
    if (st == YK_OK && waiter->status < 0)
        st = yki_cl_fail(diag, &dev->base.info, waiter->status, call);
done:
    clReleaseEvent(event);
    yki_free(waiter);
    return st;
}

bool yki_cl_drain(cl_dev *dev, const cl_event *events, size_t count)
{
    const struct timespec nap = {.tv_nsec = 500000};
    const uint64_t deadline = yki_now_ns() + YKI_CL_PATIENCE_NS / 5;
    for (size_t i = 0; i < count; i++) {
        cl_int status = CL_QUEUED;
        for (;;) {
            cl_int err = clGetEventInfo(events[i], CL_EVENT_COMMAND_EXECUTION_STATUS,
                                        sizeof status, &status, NULL);
            if (err == CL_SUCCESS && status <= CL_COMPLETE) break;
            if (err != CL_SUCCESS || yki_now_ns() > deadline) {
                dev->base.abandoned = true;
                return false;
            }
            nanosleep(&nap, NULL);
        }
    }
    return true;
}
