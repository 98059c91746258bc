/* SPDX-License-Identifier: MIT */
/*
 * http/client/request_head.h - what may be sent, and the head of a request
 */
#ifndef COIL_HTTP_CLIENT_REQUEST_HEAD_H
#define COIL_HTTP_CLIENT_REQUEST_HEAD_H

#include "http/client/call.h"
#include "http/wire/write.h"

/*
 * Look through the method, the headers and the body.  Returns 0;
 * COIL_EHTTP_BAD_HEADER: they must not be sent; -EINVAL: there are two bodies.
 */
int coil__http_check_request(struct coil__http_call *call);

/* Use another method, after a redirect. */
void coil__http_set_method(struct coil__http_call *call, const char *method);

/* Write what HTTP/2 has as ":authority" and ":path". */
void coil__http_put_authority(struct coil__http_writer *w,
                              const struct coil__http_url *url);
void coil__http_put_path(struct coil__http_writer *w,
                         const struct coil__http_url *url);

/*
 * Write the lines of the head of the call's next request, which the blank line
 * ends.
 */
void coil__http_put_lines(struct coil__http_writer *w,
                          struct coil__http_call *call);

/* Write the head of the call's next request. */
void coil__http_put_head(struct coil__http_writer *w,
                         struct coil__http_call *call);

#endif
