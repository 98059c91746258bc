/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Programs over HTTP, of which every allocation and every call of the network
 * fails in its turn: failures.h.
 */
#include <coil/http_client.h>

#include "failures.h"

#include "scenarios_http.h"
