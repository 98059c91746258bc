/* SPDX-License-Identifier: MIT */
/*
 * coil/http_metrics.h - serve the page of metrics, and count requests
 *
 *     struct coil_http_metrics *metrics;
 *
 *     rc = coil_http_metrics_new(&metrics, NULL);
 *     if (rc == 0)
 *         rc = coil_http_router_use(coil_http_server_router(server),
 *                                   coil_http_metrics_count, metrics);
 *     if (rc == 0)
 *         rc = coil_http_server_route(server, "GET", "/metrics",
 *                                     coil_http_metrics_page, NULL);
 *
 * The page is that of coil/metrics.h.  What is counted of requests:
 *
 *     http_requests_total{method, status}     status: "2xx"; "none": there was no
 *                                             response.  method: "other" if it is
 *                                             not one of the usual ones
 *     http_requests_in_flight
 *     http_request_duration_seconds           a histogram
 *     http_response_body_bytes_total
 *
 * A request counts when its response has been handed to the connection, and a
 * WebSocket or a tunnel when that has ended.
 */
#ifndef COIL_HTTP_METRICS_H
#define COIL_HTTP_METRICS_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;
struct coil_http_metrics;

/*
 * Make counters.  Servers of several loops may share them.  `server`, which is
 * copied, becomes the label "server" of all of them; NULL: there is none.
 *
 * Returns 0; -ENOMEM; -EEXIST: there are counters with this label already.  `*out`
 * is returned: release it with coil_http_metrics_free().
 */
COIL_API int coil_http_metrics_new(struct coil_http_metrics **out,
                                   const char *server)
    COIL_MUST_CHECK COIL_ANY_THREAD;

/*
 * A middleware.  `metrics` is a struct coil_http_metrics, which is kept as long as
 * the router.  As the first one of the server's own router it counts all requests,
 * also those that the server refuses before it looks for a route; these have no
 * duration.
 */
COIL_API int coil_http_metrics_count(struct coil_http_exchange *exchange,
                                     void *metrics) COIL_SUSPENDS;

/*
 * A handler: respond with the page.  `unused` may be anything.  Who may read the
 * page knows how much the program does: let a middleware ask who it is.
 */
COIL_API int coil_http_metrics_page(struct coil_http_exchange *exchange,
                                    void *unused) COIL_SUSPENDS;

/* Take the counters from the page, and free them; NULL is allowed. */
COIL_API void coil_http_metrics_free(struct coil_http_metrics *metrics)
    COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
