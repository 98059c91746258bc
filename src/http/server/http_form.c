/* SPDX-License-Identifier: MIT */
#include <coil/http_form.h>

#include <errno.h>
#include <string.h>

#include "http/server/form.h"
#include "http/server/http_exchange.h"
#include "http/server/json_check.h"
#include "http/server/multipart.h"
#include "http/server/parameter.h"
#include "http/server/part_head.h"

/* ---- several parts ---------------------------------------------------- */

static const char *keep(struct coil_http_form *form, const char *at,
                        size_t size)
{
    char *begin = form->free;

    memcpy(begin, at, size);
    begin[size] = '\0';
    form->free += size + 1;
    return begin;
}

/* A window that holds the whole body has the whole data of a part, too. */
static int take_event(struct coil_http_form *form,
                      enum coil__multipart_event event,
                      const struct coil__http_slice *slice,
                      struct coil_http_field *field)
{
    struct coil__part_head head;
    int rc;

    switch (event) {
    case COIL__PART_BEGINS:
        rc = coil__part_head_take(&head, *slice, true, &form->free);
        *field = (struct coil_http_field){ .name = head.name,
                                           .value = "",
                                           .file_name = head.file_name,
                                           .content_type = head.content_type };
        return rc;
    case COIL__PART_DATA:
        field->value = keep(form, slice->at, slice->size);
        field->size = slice->size;
        return 0;
    case COIL__PART_ENDS:
        return coil__http_form_add(form, field);
    case COIL__MULTIPART_ENDS:
        return 0;
    default:
        return COIL_EHTTP_MALFORMED;
    }
}

static int take_multipart(struct coil_http_form *form, const char *at,
                          size_t size, const char *boundary)
{
    struct coil__multipart parser;
    struct coil_http_field field = { 0 };
    enum coil__multipart_event event;
    int rc;

    coil__multipart_begin(&parser, boundary);
    do {
        struct coil__http_slice slice;
        size_t used;

        event = coil__multipart_run(&parser, at, size, &used, &slice);
        rc = take_event(form, event, &slice, &field);
        at += used;
        size -= used;
    } while (rc == 0 && event != COIL__MULTIPART_ENDS);
    return rc;
}

/* ---- the exchange ----------------------------------------------------- */

int coil_http_exchange_form(struct coil_http_exchange *x,
                            const struct coil_http_form **form)
{
    const char *type = coil_http_exchange_header(x, "Content-Type");
    bool is_urlencoded =
        type && coil__http_is_type(type, "application/x-www-form-urlencoded");
    char boundary[COIL__BOUNDARY_SIZE];
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    if (rc < 0)
        return rc;
    if (!is_urlencoded &&
        !(type && coil__http_is_type(type, "multipart/form-data")))
        return coil__http_exchange_blame(x, -EPROTOTYPE);
    if (!is_urlencoded && !coil__http_boundary(type, boundary))
        return coil__http_exchange_blame(x, COIL_EHTTP_MALFORMED);
    if (!x->form) {
        struct coil_http_form *made = coil__http_form_new(2 * size + 2);

        if (!made)
            return -ENOMEM;
        rc = is_urlencoded ? coil__http_form_decode(made, body, size)
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

    return coil__http_is_type(value, "application/json") ||
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
