/* The model device, inside. */
#ifndef YKI_DEVICE_MODEL_INT_H
#define YKI_DEVICE_MODEL_INT_H

#include "device/device_int.h"
#include "device/model/model.h"

struct yki_buffer {
    unsigned char *bytes;
    size_t size;
};

/* A job with copies of everything that the submitter may let go of. */
typedef struct model_job {
    yki_ticket base;
    struct model_job *next;
    _Atomic uint32_t done;      /* release by the thread, acquire by the waiter */
    size_t number;              /* from 1 */
    yki_job job;
    yki_transfer *transfers;    /* up, then down */
    yki_job_arg *args;
    void *reduce[YK_MAX_ARGS];
    unsigned char block[];      /* the argument block with the device's pointers */
} model_job;

/* Executes a job: transfers, the kernel's host function, transfers. */
void yki_model_execute(model_job *mj);

#endif
