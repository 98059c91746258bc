/* SPDX-License-Identifier: MIT */
#include "http/server/form.h"

#include <errno.h>

#include <coil/http.h>

#include "base/memory.h"

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
