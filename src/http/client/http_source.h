/* SPDX-License-Identifier: MIT */
/*
 * http/client/http_source.h - which sources are files
 */
#ifndef COIL_HTTP_CLIENT_HTTP_SOURCE_H
#define COIL_HTTP_CLIENT_HTTP_SOURCE_H

#include <coil/http_source.h>

/* The file that `source` is of, or NULL. */
struct coil_http_file *
coil__http_file_of(const struct coil_http_source *source);

#endif
