/* SPDX-License-Identifier: MIT */
#include "http/http2/head.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/platform.h"
#include "http/wire/text.h"

enum {
    OVERHEAD = 32, /* of a field, as the limit counts (RFC 9113, 6.5.2) */
    JOINT = 2,     /* "; " between cookies */
};

/* ---- receiving -------------------------------------------------------- */

struct coil__http2_head *coil__http2_head_new(void)
{
    return coil__alloc(sizeof(struct coil__http2_head));
}

void coil__http2_head_free(struct coil__http2_head *head)
{
    if (!head)
        return;
    coil__buffer_fini(&head->text);
    coil__free(head);
}

void coil__http2_head_free_all(struct coil_list *heads)
{
    while (heads->head)
        coil__http2_head_free(coil__container_of(
            coil__list_take_first(heads), struct coil__http2_head, link));
}

static int append(struct coil_buffer *text, const void *bytes, size_t size)
{
    int rc = coil__buffer_reserve(text, size + 1);

    if (rc == 0)
        rc = coil__buffer_append(text, bytes, size);
    if (rc == 0)
        rc = coil__buffer_append(text, "", 1);
    return rc;
}

int coil__http2_head_add(struct coil__http2_head *head,
                         const struct coil__http2_head_limits *limits,
                         const void *name, size_t name_size, const void *value,
                         size_t value_size)
{
    size_t before = head->text.size;
    int rc;

    head->size += name_size + value_size + OVERHEAD;
    if (head->size > limits->size || head->fields >= limits->fields)
        head->is_too_large = true;
    if (head->is_too_large)
        return 0;
    rc = append(&head->text, name, name_size);
    if (rc == 0)
        rc = append(&head->text, value, value_size);
    if (rc < 0) {
        head->text.size = before;
        return rc;
    }
    head->fields++;
    return 0;
}

/* ---- the fields of a head that was received --------------------------- */

/* A walk over the fields. */
struct walk {
    char *at;
    char *end;
    char *name;
    char *value;
};

static struct walk walk_through(const struct coil__http2_head *head)
{
    char *begin = (char *)coil__buffer_bytes(&head->text);

    return (struct walk){ .at = begin, .end = begin + head->text.size };
}

static bool next(struct walk *w)
{
    if (w->at == w->end)
        return false;
    w->name = w->at;
    w->value = w->name + strlen(w->name) + 1;
    w->at = w->value + strlen(w->value) + 1;
    return true;
}

static bool is_cookie(const char *name)
{
    return strcmp(name, "cookie") == 0;
}

/* ---- placing ---------------------------------------------------------- */

/* Where the next text goes. */
struct place {
    struct coil__http_head *head;
    char *text;
};

static char *put(struct place *p, const char *text)
{
    char *begin = p->text;
    size_t size = strlen(text) + 1;

    memcpy(begin, text, size);
    p->text += size;
    return begin;
}

static void put_field(struct place *p, const char *name, const char *value)
{
    struct coil__http_head *head = p->head;

    head->headers[head->header_count++] =
        (struct coil_http_header){ .name = put(p, name),
                                   .value = put(p, value) };
}

/* All cookies as one field, if there are some. */
static void put_cookies(struct place *p, const struct coil__http2_head *from)
{
    struct coil__http_head *head = p->head;
    struct walk w = walk_through(from);
    struct coil_http_header *field = NULL;

    while (next(&w)) {
        if (!is_cookie(w.name))
            continue;
        if (field) {
            memcpy(p->text - 1, "; ", JOINT);
            p->text += JOINT - 1;
            put(p, w.value);
            continue;
        }
        field = &head->headers[head->header_count++];
        field->name = put(p, w.name);
        field->value = put(p, w.value);
    }
}

/* What a pseudo-field of a request says. */
static void take_pseudo(struct place *p, const char *name, const char *value)
{
    struct coil__http_head *head = p->head;

    if (strcmp(name, ":method") == 0)
        head->method = put(p, value);
    else if (strcmp(name, ":path") == 0)
        head->target = put(p, value);
    else if (strcmp(name, ":protocol") == 0)
        head->protocol = put(p, value);
    else if (strcmp(name, ":status") == 0)
        head->status = atoi(value);
}

/* What a field says about the message itself. */
static void note_field(struct coil__http_head *head,
                       const struct coil_http_header *field)
{
    if (strcmp(field->name, "content-length") == 0)
        head->content_length = strtoll(field->value, NULL, 10);
    else if (strcmp(field->name, "expect") == 0 &&
             coil__http_equal(field->value, "100-continue"))
        head->is_expecting = true;
}

/*
 * The host of a request: ":authority" has it, or the field "host".  If they
 * differ, another program may take the request for another host's.
 */
static bool put_host(struct place *p, const struct coil__http2_head *from)
{
    struct walk w = walk_through(from);
    const char *authority = NULL;
    const char *host = NULL;

    while (next(&w)) {
        bool is_host = strcmp(w.name, "host") == 0;

        if (is_host && host)
            return false;
        if (is_host)
            host = w.value;
        else if (strcmp(w.name, ":authority") == 0)
            authority = w.value;
    }
    if (authority && host && !coil__http_equal(authority, host))
        return false;
    if (!authority)
        authority = host;
    if (!authority)
        return true;
    put_field(p, "host", authority);
    p->head->host = p->head->headers[0].value;
    return true;
}

/* Room for all text, for a second copy of the host, and between cookies. */
static size_t room_for(const struct coil__http2_head *from)
{
    return from->text.size + sizeof "host" + JOINT * from->fields;
}

int coil__http2_head_place(const struct coil__http2_head *from,
                           enum coil__http_kind kind,
                           struct coil__http_block *block,
                           const struct coil__http_layout *layout,
                           struct coil__http_head *out)
{
    size_t front = coil__http_block_align(layout->front);
    size_t table = (from->fields + 1) * sizeof(struct coil_http_header);
    size_t room = room_for(from);
    struct place p = { .head = out };
    struct walk w = walk_through(from);
    int rc = coil__http_block_reserve(
        block, front + table + room + layout->back + layout->back_heads * room);

    *out = (struct coil__http_head){ .minor = 1,
                                     .is_http2 = true,
                                     .content_length = -1,
                                     .reason = "",
                                     .answer = 400 };
    if (rc < 0)
        return rc;
    out->headers = (struct coil_http_header *)(void *)(block->memory + front);
    p.text = block->memory + front + table;
    block->spare = p.text + room;
    if (kind == COIL__HTTP_REQUEST && !put_host(&p, from))
        return COIL_EHTTP_MALFORMED;
    while (next(&w)) {
        if (w.name[0] == ':') {
            take_pseudo(&p, w.name, w.value);
        } else if (!is_cookie(w.name) && (kind != COIL__HTTP_REQUEST ||
                                          strcmp(w.name, "host") != 0)) {
            put_field(&p, w.name, w.value);
            note_field(out, &out->headers[out->header_count - 1]);
        }
    }
    put_cookies(&p, from);
    if (out->status > 0)
        out->reason = coil_http_reason(out->status);
    return 0;
}

/* ---- trailers --------------------------------------------------------- */

int coil__http2_head_take_trailers(struct coil__http2_head *head,
                                   struct coil__http_trailers *trailers)
{
    struct walk w = walk_through(head);

    if (head->fields == 0)
        return 0;
    trailers->fields = coil__alloc(head->fields * sizeof *trailers->fields);
    if (!trailers->fields)
        return -ENOMEM;
    while (next(&w))
        if (coil__http_may_trail(w.name))
            trailers->fields[trailers->count++] =
                (struct coil_http_header){ .name = w.name, .value = w.value };
    coil__buffer_fini(&trailers->text);
    trailers->text = head->text;
    head->text = (struct coil_buffer){ 0 };
    return 0;
}
