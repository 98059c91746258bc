/* SPDX-License-Identifier: MIT */
/*
 * http/server/parameter.h - the parameters of a header's value
 */
#ifndef COIL_HTTP_SERVER_PARAMETER_H
#define COIL_HTTP_SERVER_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Take the parameter `name` out of a value such as
 * "form-data; name=\"a\"; filename=\"b\"", without quotes and escapes, into `out`,
 * which has room for `size` bytes.  Returns whether it is there, and fits.
 */
bool coil__http_parameter(const char *value, size_t value_size,
                          const char *name, char *out, size_t size);

/* Whether a value such as a Content-Type is `type`, perhaps with parameters. */
bool coil__http_is_type(const char *value, const char *type);

/*
 * Take the boundary out of a Content-Type.  Returns whether it is there, and
 * neither empty nor too long.
 */
enum { COIL__BOUNDARY_SIZE = 71 }; /* with a NUL */
bool coil__http_boundary(const char *type, char boundary[COIL__BOUNDARY_SIZE]);

#endif
