/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Programs, cancelled wherever they suspend, in every way: cancel_points.h.
 */
#include "cancel_points.h"

#include "scenarios_core.h"
#include "scenarios_io.h"
#include "scenarios_sync.h"
