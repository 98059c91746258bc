/* SPDX-License-Identifier: MIT */
/* loop_shared_test.h - what the programs loop and loop_close share */
#ifndef COIL_TESTS_LOOP_SHARED_TEST_H
#define COIL_TESTS_LOOP_SHARED_TEST_H

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/stream.h>
#include <coil/testing.h>

#include "loop_test.h"

/* ---- running -------------------------------------------------------------- */

int return_arg(void *arg);

extern struct coil_event event;

#endif
