/* SPDX-License-Identifier: MIT */
#include <coil/http_form.h>

#include <errno.h>
#include <string.h>

#include "http/server/form.h"
#include "http/server/http_exchange.h"
#include "http/server/json_check.h"
#include "http/server/multipart.h"

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
        } else if (c == '%' && i + 2 < from &&
                   coil__http_is(at[i + 1], COIL__HTTP_HEX) &&
                   coil__http_is(at[i + 2], COIL__HTTP_HEX)) {
            c = (char)(coil__http_hex(at[i + 1]) << 4 |
                       coil__http_hex(at[i + 2]));
            i += 2;
        }
        *form->free++ = c;
    }
    *size = (size_t)(form->free - begin);
    *form->free++ = '\0';
    return begin;
}

static int take_urlencoded(struct coil_http_form *form, const char *at,
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

/* ---- several parts ---------------------------------------------------- */

/* The value of a part's header, of which `lines` are whole lines. */
static struct coil__http_slice find_header(struct coil__http_slice lines,
                                           const char *name)
{
    const char *at = lines.at;
    const char *end = at + lines.size;
    size_t size = strlen(name);

    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        const char *stop = lf ? lf : end;

        if ((size_t)(stop - at) > size && at[size] == ':' &&
            coil__http_equal_n(at, name, size)) {
            at += size + 1;
            while (at < stop && (*at == ' ' || *at == '\t'))
                at++;
            while (stop > at && (stop[-1] == '\r' || stop[-1] == ' '))
                stop--;
            return (struct coil__http_slice){ at, (size_t)(stop - at) };
        }
        at = stop + 1;
    }
    return (struct coil__http_slice){ NULL, 0 };
}

/* Put a parameter of a header into the text.  NULL: there is none. */
static const char *take_parameter(struct coil_http_form *form,
                                  struct coil__http_slice header,
                                  const char *name)
{
    char *begin = form->free;

    if (!coil__http_parameter(header.at, header.size, name, begin,
                              (size_t)(form->end - begin)))
        return NULL;
    form->free += strlen(begin) + 1;
    return begin;
}

static const char *keep(struct coil_http_form *form, const char *at,
                        size_t size)
{
    char *begin = form->free;

    memcpy(begin, at, size);
    begin[size] = '\0';
    form->free += size + 1;
    return begin;
}

static int take_part(struct coil_http_form *form,
                     const struct coil__http_part *part)
{
    struct coil__http_slice disposition =
        find_header(part->headers, "Content-Disposition");
    struct coil__http_slice type = find_header(part->headers, "Content-Type");
    struct coil_http_field field = { .size = part->data.size };

    if (disposition.size < 9 ||
        !coil__http_equal_n(disposition.at, "form-data", 9))
        return COIL_EHTTP_MALFORMED;
    field.name = take_parameter(form, disposition, "name");
    if (!field.name)
        return COIL_EHTTP_MALFORMED;
    field.file_name = take_parameter(form, disposition, "filename");
    if (type.at)
        field.content_type = keep(form, type.at, type.size);
    field.value = keep(form, part->data.at, part->data.size);
    return coil__http_form_add(form, &field);
}

static int take_multipart(struct coil_http_form *form, const char *at,
                          size_t size, const char *boundary)
{
    const char *end = at + size;
    struct coil__http_part part;
    int rc;

    while ((rc = coil__http_next_part(&at, end, boundary, &part)) > 0) {
        rc = take_part(form, &part);
        if (rc < 0)
            return rc;
    }
    return rc < 0 ? COIL_EHTTP_MALFORMED : 0;
}

/* ---- the exchange ----------------------------------------------------- */

/* Whether `value` is of the media type, perhaps with parameters. */
static bool is_type(const char *value, const char *type)
{
    size_t size = strcspn(value, "; \t");

    return size == strlen(type) && coil__http_equal_n(value, type, size);
}

int coil_http_exchange_form(struct coil_http_exchange *x,
                            const struct coil_http_form **form)
{
    const char *type = coil_http_exchange_header(x, "Content-Type");
    bool is_urlencoded =
        type && is_type(type, "application/x-www-form-urlencoded");
    char boundary[COIL__BOUNDARY_SIZE];
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    if (rc < 0)
        return rc;
    if (!is_urlencoded && !(type && is_type(type, "multipart/form-data")))
        return coil__http_exchange_blame(x, -EPROTOTYPE);
    if (!is_urlencoded && (!coil__http_parameter(type, strlen(type), "boundary",
                                                 boundary, sizeof boundary) ||
                           !boundary[0]))
        return coil__http_exchange_blame(x, COIL_EHTTP_MALFORMED);
    if (!x->form) {
        struct coil_http_form *made = coil__http_form_new(2 * size + 2);

        if (!made)
            return -ENOMEM;
        rc = is_urlencoded ? take_urlencoded(made, body, size)
                           : take_multipart(made, body, size, boundary);
        if (rc < 0) {
            coil__http_form_free(made);
            return coil__http_exchange_blame(x, rc);
        }
        x->form = made;
    }
    *form = x->form;
    return 0;
}

const struct coil_http_field *
coil_http_form_at(const struct coil_http_form *form, size_t i)
{
    return i < form->count ? &form->fields[i] : NULL;
}

const struct coil_http_field *
coil_http_form_field(const struct coil_http_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return &form->fields[i];
    return NULL;
}

static bool is_json_type(const char *value)
{
    size_t size = strcspn(value, "; \t");

    return is_type(value, "application/json") ||
           (size > 5 && coil__http_equal_n(value + size - 5, "+json", 5));
}

int coil_http_exchange_json(struct coil_http_exchange *x, const char **text,
                            size_t *size)
{
    const char *type = coil_http_exchange_header(x, "Content-Type");
    const char *body;
    int rc = coil_http_exchange_body(x, &body, size);

    if (rc < 0)
        return rc;
    if (!type || !is_json_type(type))
        return coil__http_exchange_blame(x, -EPROTOTYPE);
    if (!coil__is_json(body, *size))
        return coil__http_exchange_blame(x, COIL_EHTTP_MALFORMED);
    *text = body;
    return 0;
}
