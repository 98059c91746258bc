/* SPDX-License-Identifier: MIT */
/*
 * http_parts.c - a form as a source
 *
 * The form is a row of pieces: bytes in memory, some of them the form's own, and
 * the sources of the parts.
 */
#include <coil/http_parts.h>

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <coil/error.h>
#include <coil/time.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { BOUNDARY = 32 };

/* Bytes, or a source. */
struct piece {
    const char *bytes;
    size_t at; /* of the form's own text, if there are no bytes */
    uint64_t size;
    const struct coil_http_source *source;
};

struct coil_http_parts {
    struct coil_http_source source;
    struct coil_http_header header;
    char type[sizeof "multipart/form-data; boundary=" + BOUNDARY];
    char boundary[BOUNDARY + 1];
    struct coil_buffer text; /* what stands between the bodies */
    struct piece *pieces;
    size_t count;

    /* What is read next. */
    size_t piece;
    uint64_t done; /* of it */
};

/* ---- reading ---------------------------------------------------------- */

static const char *bytes_of(const struct coil_http_parts *form,
                            const struct piece *piece)
{
    return piece->bytes
               ? piece->bytes
               : (const char *)coil__buffer_bytes(&form->text) + piece->at;
}

/* Returns bytes; 0: the piece has been read; or an error. */
static ptrdiff_t read_piece(struct coil_http_parts *form, void *buffer,
                            size_t size)
{
    const struct piece *piece = &form->pieces[form->piece];
    const struct coil_http_source *source = piece->source;
    ptrdiff_t n;

    if (!source || source->size >= 0) {
        uint64_t left = piece->size - form->done;

        size = left < size ? (size_t)left : size;
        if (size == 0)
            return 0;
    }
    if (!source) {
        memcpy(buffer, bytes_of(form, piece) + form->done, size);
        return (ptrdiff_t)size;
    }
    n = source->read(source->arg, buffer, size);
    if (n == 0 && source->size >= 0)
        return COIL_EHTTP_SHORT_SOURCE;
    return n > (ptrdiff_t)size ? (ptrdiff_t)size : n;
}

static ptrdiff_t read_form(void *arg, void *buffer, size_t size)
{
    struct coil_http_parts *form = arg;

    while (form->piece < form->count) {
        ptrdiff_t n = read_piece(form, buffer, size);

        if (n > 0)
            form->done += (uint64_t)n;
        if (n != 0)
            return n;
        form->piece++;
        form->done = 0;
    }
    return 0;
}

static int rewind_form(void *arg)
{
    struct coil_http_parts *form = arg;

    for (size_t i = 0; i < form->count; i++) {
        const struct coil_http_source *source = form->pieces[i].source;
        /* What was not begun need not begin again. */
        bool is_used = i < form->piece || (i == form->piece && form->done > 0);
        int rc = source && is_used ? source->rewind(source->arg) : 0;

        if (rc < 0)
            return rc;
    }
    form->piece = 0;
    form->done = 0;
    return 0;
}

/* ---- making ----------------------------------------------------------- */

static void choose_boundary(struct coil_http_parts *form)
{
    uint64_t words[2] = { (uint64_t)coil_now(), (uint64_t)(uintptr_t)form };

    (void)!getrandom(words, sizeof words, 0);
    snprintf(form->boundary, sizeof form->boundary, "%016llx%016llx",
             (unsigned long long)words[0], (unsigned long long)words[1]);
    snprintf(form->type, sizeof form->type, "multipart/form-data; boundary=%s",
             form->boundary);
    form->header = (struct coil_http_header){ "Content-Type", form->type };
}

/* A name between double quotes. */
static int put_name(struct coil_buffer *out, const char *key, const char *name)
{
    int rc = coil__buffer_printf(out, "; %s=\"", key);

    while (rc == 0 && *name) {
        size_t size = strcspn(name, "\"\r\n");

        rc = coil__buffer_append(out, name, size);
        name += size;
        if (rc == 0 && *name)
            rc = coil__buffer_printf(out, "%%%02X", (unsigned)*name++);
    }
    return rc < 0 ? rc : coil__buffer_append(out, "\"", 1);
}

static int put_head(struct coil_http_parts *form,
                    const struct coil_http_part *part)
{
    struct coil_buffer *out = &form->text;
    const char *type = part->type;
    int rc =
        coil__buffer_printf(out, "%s--%s\r\nContent-Disposition: form-data",
                            out->size > 0 ? "\r\n" : "", form->boundary);

    if (!type && part->file_name)
        type = "application/octet-stream";
    if (rc == 0)
        rc = put_name(out, "name", part->name);
    if (rc == 0 && part->file_name)
        rc = put_name(out, "filename", part->file_name);
    if (rc == 0 && type)
        rc = coil__buffer_printf(out, "\r\nContent-Type: %s", type);
    return rc < 0 ? rc : coil__buffer_append(out, "\r\n\r\n", 4);
}

static int add(struct coil_http_parts *form, struct piece piece)
{
    struct coil_http_source *whole = &form->source;
    const struct coil_http_source *source = piece.source;

    if (source && source->size >= 0)
        piece.size = (uint64_t)source->size;
    if (source && source->size < 0)
        whole->size = COIL_HTTP_CHUNKED;
    if (source && !source->rewind)
        whole->rewind = NULL;
    form->pieces[form->count++] = piece;
    if (whole->size < 0)
        return 0;
    if (piece.size > (uint64_t)(INT64_MAX - whole->size))
        return -EOVERFLOW;
    whole->size += (int64_t)piece.size;
    return 0;
}

static int add_part(struct coil_http_parts *form,
                    const struct coil_http_part *part)
{
    size_t at = form->text.size;
    int rc;

    if (part->source && part->size > 0)
        return -EINVAL;
    if (part->type && !coil_http_is_value(part->type))
        return COIL_EHTTP_BAD_HEADER;
    rc = put_head(form, part);
    if (rc == 0)
        rc =
            add(form, (struct piece){ .at = at, .size = form->text.size - at });
    if (rc < 0)
        return rc;
    return add(form, (struct piece){ .bytes = part->source ? NULL : part->body,
                                     .size = part->size,
                                     .source = part->source });
}

static int fill(struct coil_http_parts *form,
                const struct coil_http_part *parts, size_t count)
{
    size_t at;
    int rc;

    form->pieces = coil__alloc((2 * count + 1) * sizeof *form->pieces);
    if (!form->pieces)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        rc = add_part(form, &parts[i]);
        if (rc < 0)
            return rc;
    }
    at = form->text.size;
    rc = coil__buffer_printf(&form->text, "%s--%s--\r\n", at > 0 ? "\r\n" : "",
                             form->boundary);
    if (rc < 0)
        return rc;
    return add(form, (struct piece){ .at = at, .size = form->text.size - at });
}

int coil_http_parts_new(struct coil_http_parts **out,
                        const struct coil_http_part *parts, size_t count)
{
    struct coil_http_parts *form = coil__alloc(sizeof *form);
    int rc;

    *out = NULL;
    if (!form)
        return -ENOMEM;
    form->source = (struct coil_http_source){ .read = read_form,
                                              .rewind = rewind_form,
                                              .arg = form };
    choose_boundary(form);
    rc = fill(form, parts, count);
    if (rc < 0) {
        coil_http_parts_free(form);
        return rc;
    }
    *out = form;
    return 0;
}

void coil_http_parts_free(struct coil_http_parts *form)
{
    if (!form)
        return;
    coil__buffer_fini(&form->text);
    coil__free(form->pieces);
    coil__free(form);
}

const struct coil_http_source *
coil_http_parts_source(struct coil_http_parts *form)
{
    return &form->source;
}

const struct coil_http_header *
coil_http_parts_header(const struct coil_http_parts *form)
{
    return &form->header;
}
