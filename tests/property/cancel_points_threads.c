/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* TIMEOUT: 120 */
/*
 * Programs with other threads, with signals and on foreign loops, cancelled
 * wherever they suspend, in every way: cancel_points.h, outside.h.
 */
#include "cancel_points.h"

#include "scenarios_kernel.h"
#include "scenarios_loops.h"
