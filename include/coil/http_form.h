/* SPDX-License-Identifier: MIT */
/*
 * coil/http_form.h - what forms and scripts send: fields, files, JSON
 *
 *     const struct coil_http_form *form;
 *     const struct coil_http_field *name;
 *
 *     rc = coil_http_exchange_form(exchange, &form);
 *     if (rc < 0)
 *         return rc;
 *     name = coil_http_form_field(form, "name");
 *
 * The body is read whole, so the server's max_body_size and max_buffered limit
 * it.  coil/http_multipart.h takes larger ones part by part.
 */
#ifndef COIL_HTTP_FORM_H
#define COIL_HTTP_FORM_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;
struct coil_http_form;

/* A form has no more fields than these; more are refused by 413. */
#define COIL_HTTP_MAX_FIELDS 1000

/* One field.  Text that ends with a NUL lives until the handler returns. */
struct coil_http_field {
    const char *name;
    const char *value; /* with a NUL behind it, which is not counted */
    size_t size;
    const char *file_name;    /* as the client says: never use it as a path */
    const char *content_type; /* NULL, as file_name: the client does not say */
};

/*
 * Read a body of the type application/x-www-form-urlencoded or
 * multipart/form-data.  A second call returns the same.  `*form` lives until the
 * handler returns.
 *
 * Returns 0, else as coil_http_exchange_body(), and
 *   -EPROTOTYPE  the body has another type: 415, if the handler returns this
 *   COIL_EHTTP_MALFORMED  the body is not what its type says
 *   COIL_EHTTP_BODY_TOO_LARGE  too many fields, too
 */
COIL_API int coil_http_exchange_form(struct coil_http_exchange *exchange,
                                     const struct coil_http_form **form)
    COIL_SUSPENDS;

/* The first field called `name`, or NULL. */
COIL_API const struct coil_http_field *
coil_http_form_field(const struct coil_http_form *form, const char *name);

/* The i-th field in the order of the form, or NULL. */
COIL_API const struct coil_http_field *
coil_http_form_at(const struct coil_http_form *form, size_t i);

/*
 * Read a body that is JSON: application/json, or a type that ends with "+json".
 * `*text` is one value as RFC 8259 has it, in UTF-8, nested at most 64 deep, and
 * can be given to a library.  The text has a NUL behind it, which is not counted,
 * and lives until the handler returns.
 *
 * Returns 0, else as coil_http_exchange_body(), and
 *   -EPROTOTYPE  the body has another type: 415, if the handler returns this
 *   COIL_EHTTP_MALFORMED  it is not JSON, or nested deeper
 */
COIL_API int coil_http_exchange_json(struct coil_http_exchange *exchange,
                                     const char **text, size_t *size)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
