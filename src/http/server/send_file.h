/* SPDX-License-Identifier: MIT */
/*
 * http/server/send_file.h - answer with a file, or with ranges of it
 */
#ifndef COIL_HTTP_SERVER_SEND_FILE_H
#define COIL_HTTP_SERVER_SEND_FILE_H

#include <stdint.h>

#include "http/server/http_exchange.h"

struct coil__http_file {
    int fd;
    uint64_t size;
};

/*
 * Answer with the file; with what `ranges`, the value of Range, asks for; or with
 * 416.  `ranges` may be NULL.  Returns 0, the error of reading, or as
 * coil_http_write().
 */
int coil__http_send_file(struct coil_http_exchange *exchange,
                         const struct coil__http_file *file, const char *type,
                         const char *ranges) COIL_SUSPENDS;

#endif
