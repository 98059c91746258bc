/* SPDX-License-Identifier: MIT */
#include <coil/executor.h>
#include <coil/thread.h>

#include "base/platform.h"

int coil_to_thread(coil_fn fn, void *arg)
{
    return coil__keep_frame(coil_executor_run(NULL, fn, arg));
}

int coil_to_thread_sized(coil_fn fn, void *arg, size_t arg_size)
{
    return coil__keep_frame(coil_executor_run_sized(NULL, fn, arg, arg_size));
}
