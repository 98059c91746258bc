/* SPDX-License-Identifier: MIT */
/*
 * Programs over HTTP, cancelled wherever they suspend: cancel_points.h.
 */
#include <coil/http_client.h>

#include "cancel_points.h"

#include "scenarios_http.h"
