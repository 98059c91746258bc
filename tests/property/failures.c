/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Programs, of which every allocation and every call of the network fails in
 * its turn: failures.h.
 */
#include "failures.h"

#include "scenarios_core.h"
#include "scenarios_io.h"
#include "scenarios_sync.h"
