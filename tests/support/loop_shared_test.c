/* SPDX-License-Identifier: MIT */
/* loop_shared_test.c - what the programs loop and loop_close share */
#include "loop_shared_test.h"

/* ---- running -------------------------------------------------------------- */

int return_arg(void *arg)
{
    int rc = coil_yield();

    return rc < 0 ? rc : *(int *)arg;
}
struct coil_event event;
