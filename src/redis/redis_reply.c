/* SPDX-License-Identifier: MIT */
#include "redis/redis_reply.h"

#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "redis/errors.h"

/* An array has room for so many at first, if it is told of more. */
enum { FIRST_ROOM = 16 };

struct node {
    struct coil_redis_reply reply; /* first */
    size_t room;                   /* of an array */
    unsigned depth;
    char text[];
};

static struct node *node_of(struct coil_redis_reply *reply)
{
    return (struct node *)(void *)reply;
}

/* Whether the reply may take `size` bytes more. */
static bool take(struct coil__redis_making *making, size_t size)
{
    if (size > making->most - making->used) {
        making->error = COIL_EREDIS_TOO_LARGE;
        return false;
    }
    making->used += size;
    return true;
}

static bool grow(struct coil__redis_making *making, struct node *array,
                 size_t expected)
{
    size_t room = array->room ? 2 * array->room : FIRST_ROOM;
    void *elements;

    if (room > expected)
        room = expected;
    if (!take(making, (room - array->room) * sizeof *array->reply.elements))
        return false;
    elements = coil__realloc(array->reply.elements,
                             room * sizeof *array->reply.elements);
    if (!elements) {
        making->error = -ENOMEM;
        return false;
    }
    array->reply.elements = elements;
    array->room = room;
    return true;
}

static struct node *make(struct coil__redis_making *making,
                         enum coil_redis_type type, const char *text,
                         size_t size)
{
    size_t bytes = sizeof(struct node) + (text ? size + 1 : 0);
    struct node *node = take(making, bytes) ? coil__alloc(bytes) : NULL;

    if (!node) {
        if (making->error == 0)
            making->error = -ENOMEM;
        return NULL;
    }
    node->reply.type = type;
    if (text) {
        memcpy(node->text, text, size);
        node->reply.text = node->text;
        node->reply.size = size;
    }
    if (type == COIL_REDIS_ERROR)
        node->reply.error = coil__redis_error_of(text, size);
    return node;
}

struct coil_redis_reply *
coil__redis_reply_make(struct coil__redis_making *making,
                       struct coil_redis_reply *parent, size_t expected,
                       enum coil_redis_type type, const char *text, size_t size)
{
    struct node *array = parent ? node_of(parent) : NULL;
    struct node *node;

    making->error = 0;
    if (array && array->depth >= COIL__REDIS_DEPTH) {
        making->error = COIL_EREDIS_MALFORMED;
        return NULL;
    }
    if (array && parent->count == array->room && !grow(making, array, expected))
        return NULL;
    node = make(making, type, text, size);
    if (!node)
        return NULL;
    if (array) {
        node->depth = array->depth + 1;
        parent->elements[parent->count++] = &node->reply;
    }
    return &node->reply;
}

struct coil_redis_reply *coil__redis_reply_array(size_t count)
{
    struct node *node = coil__alloc(sizeof *node);

    if (!node)
        return NULL;
    node->reply.type = COIL_REDIS_ARRAY;
    node->room = count;
    node->reply.elements =
        coil__alloc((count ? count : 1) * sizeof *node->reply.elements);
    if (!node->reply.elements) {
        coil__free(node);
        return NULL;
    }
    return &node->reply;
}

void coil__redis_reply_empty(struct coil_redis_reply *array)
{
    for (size_t i = 0; i < array->count; i++)
        coil_redis_reply_free(array->elements[i]);
    array->count = 0;
}

void coil_redis_reply_free(struct coil_redis_reply *reply)
{
    if (!reply)
        return;
    coil__redis_reply_empty(reply);
    coil__free(reply->elements);
    coil__free(reply);
}

bool coil_redis_reply_is(const struct coil_redis_reply *reply, const char *text)
{
    size_t size = strlen(text);

    return reply &&
           (reply->type == COIL_REDIS_STATUS ||
            reply->type == COIL_REDIS_STRING) &&
           reply->size == size && memcmp(reply->text, text, size) == 0;
}
