/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Programs over HTTP, cancelled wherever they suspend: cancel_points.h.
 */
#include <coil/http_client.h>

#include "cancel_points.h"

#include "scenarios_http.h"
