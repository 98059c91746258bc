/* SPDX-License-Identifier: MIT */
/*
 * http/server/http_respond_file.h - a large file as a part of a response
 */
#ifndef COIL_HTTP_SERVER_HTTP_RESPOND_FILE_H
#define COIL_HTTP_SERVER_HTTP_RESPOND_FILE_H

#include "http/server/http_exchange.h"

/*
 * Send `size` bytes of a file from `at` on as a part of the body, which has a
 * length and is not encoded.  Returns as coil_http_write(), or an error of the
 * file.
 */
int coil__http_respond_file(struct coil_http_exchange *exchange, int fd,
                            uint64_t at, uint64_t size) COIL_SUSPENDS;

#endif
