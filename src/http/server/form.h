/* SPDX-License-Identifier: MIT */
/*
 * http/server/form.h - fields, and the text that they point to
 */
#ifndef COIL_HTTP_SERVER_FORM_H
#define COIL_HTTP_SERVER_FORM_H

#include <coil/http_form.h>

struct coil_http_form {
    struct coil_http_field *fields;
    size_t count;
    size_t capacity;
    char *text; /* all that is not in the body */
    char *free; /* what is not used of it */
    char *end;
};

/* Make a form with room for `size` bytes of text.  Returns NULL: no memory. */
struct coil_http_form *coil__http_form_new(size_t size);

/* 0, -ENOMEM, or COIL_EHTTP_BODY_TOO_LARGE: there are too many. */
int coil__http_form_add(struct coil_http_form *form,
                        const struct coil_http_field *field);

/*
 * Decode "a=1&b=2", for which the form has room for 2 * size + 2 bytes.  As
 * coil__http_form_add(), or COIL_EHTTP_MALFORMED: there is a NUL in a name.
 */
int coil__http_form_decode(struct coil_http_form *form, const char *at,
                           size_t size);

/* NULL is allowed. */
void coil__http_form_free(struct coil_http_form *form);

#endif
