/* SPDX-License-Identifier: MIT */
#include "http/server/form.h"

#include <errno.h>
#include <string.h>

#include <coil/http.h>

#include "base/memory.h"
#include "http/wire/url_chars.h"

void coil__http_form_free(struct coil_http_form *form)
{
    if (!form)
        return;
    coil__free(form->fields);
    coil__free(form->text);
    coil__free(form);
}

struct coil_http_form *coil__http_form_new(size_t size)
{
    struct coil_http_form *form = coil__alloc(sizeof *form);

    if (!form)
        return NULL;
    form->text = coil__realloc(NULL, size);
    if (!form->text) {
        coil__free(form);
        return NULL;
    }
    form->free = form->text;
    form->end = form->text + size;
    return form;
}

int coil__http_form_add(struct coil_http_form *form,
                        const struct coil_http_field *field)
{
    if (form->count == COIL_HTTP_MAX_FIELDS)
        return COIL_EHTTP_BODY_TOO_LARGE;
    if (form->count == form->capacity) {
        size_t capacity = form->capacity ? 2 * form->capacity : 8;
        struct coil_http_field *fields =
            coil__realloc(form->fields, capacity * sizeof *fields);

        if (!fields)
            return -ENOMEM;
        form->fields = fields;
        form->capacity = capacity;
    }
    form->fields[form->count++] = *field;
    return 0;
}

/* ---- a=1&b=2 ---------------------------------------------------------- */

/* Decode into the text.  `*size` is how long it gets: a NUL may be a part. */
static const char *decode(struct coil_http_form *form, const char *at,
                          size_t from, size_t *size)
{
    char *begin = form->free;

    for (size_t i = 0; i < from; i++) {
        char c = at[i];

        if (c == '+') {
            c = ' ';
        } else if (coil__url_is_escape(at + i, from - i)) {
            c = (char)coil__url_escaped(at + i);
            i += 2;
        }
        *form->free++ = c;
    }
    *size = (size_t)(form->free - begin);
    *form->free++ = '\0';
    return begin;
}

int coil__http_form_decode(struct coil_http_form *form, const char *at,
                           size_t size)
{
    const char *end = at + size;

    while (at < end) {
        const char *amp = memchr(at, '&', (size_t)(end - at));
        const char *stop = amp ? amp : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *value = equals ? equals + 1 : stop;
        struct coil_http_field field = { 0 };
        size_t name_size;
        int rc;

        if (stop > at) {
            field.name = decode(
                form, at, (size_t)((equals ? equals : stop) - at), &name_size);
            field.value =
                decode(form, value, (size_t)(stop - value), &field.size);
            if (strlen(field.name) != name_size)
                return COIL_EHTTP_MALFORMED;
            rc = coil__http_form_add(form, &field);
            if (rc < 0)
                return rc;
        }
        at = stop + 1;
    }
    return 0;
}
