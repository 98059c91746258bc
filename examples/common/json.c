/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_value.h"

json_t *json_value_new(enum json_type type)
{
    json_t *value = calloc(1, sizeof *value);

    if (value) {
        value->type = type;
        value->references = 1;
    }
    return value;
}

json_t *json_true(void)
{
    return json_value_new(JSON_TRUE);
}

json_t *json_null(void)
{
    return json_value_new(JSON_NULL);
}

json_t *json_integer(json_int_t number)
{
    json_t *value = json_value_new(JSON_INTEGER);

    if (value)
        value->integer = number;
    return value;
}

json_t *json_array(void)
{
    return json_value_new(JSON_ARRAY);
}

json_t *json_object(void)
{
    return json_value_new(JSON_OBJECT);
}

json_t *json_stringn_nocheck(const char *bytes, size_t size)
{
    json_t *value = json_value_new(JSON_STRING);

    if (!value)
        return NULL;
    value->bytes = malloc(size + 1);
    if (!value->bytes) {
        free(value);
        return NULL;
    }
    memcpy(value->bytes, bytes, size);
    value->bytes[size] = '\0';
    value->size = size;
    return value;
}

json_t *json_string(const char *text)
{
    return json_stringn_nocheck(text, strlen(text));
}

json_t *json_incref(json_t *value)
{
    if (value)
        value->references++;
    return value;
}

void json_decref(json_t *value)
{
    if (!value || --value->references > 0)
        return;
    for (size_t i = 0; value->members && i < value->size; i++) {
        json_decref(value->members[i].key);
        json_decref(value->members[i].value);
    }
    free(value->members);
    free(value->slots);
    free(value->bytes);
    free(value);
}

/* ---- members -------------------------------------------------------------- */

static size_t hash_of(const char *bytes, size_t size)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return (size_t)(hash ^ hash >> 32);
}

/* The slot of the key, or the free one where it would be; there are slots. */
static size_t *slot_of(const json_t *object, const char *key, size_t size)
{
    size_t mask = object->slot_count - 1;
    size_t at = hash_of(key, size) & mask;

    while (object->slots[at] > 0) {
        const json_t *other = object->members[object->slots[at] - 1].key;

        if (other->size == size && memcmp(other->bytes, key, size) == 0)
            break;
        at = (at + 1) & mask;
    }
    return &object->slots[at];
}

/* Room for one more member; at most half of the slots are in use. */
static int grow(json_t *value)
{
    size_t capacity = value->capacity > 0 ? 2 * value->capacity : 8;
    struct json_member *members;
    size_t *slots = NULL;

    if (value->size < value->capacity)
        return 0;
    if (value->type == JSON_OBJECT) {
        slots = calloc(2 * capacity, sizeof *slots);
        if (!slots)
            return -1;
    }
    members = realloc(value->members, capacity * sizeof *members);
    if (!members) {
        free(slots);
        return -1;
    }
    value->members = members;
    value->capacity = capacity;
    if (!slots)
        return 0;
    free(value->slots);
    value->slots = slots;
    value->slot_count = 2 * capacity;
    for (size_t i = 0; i < value->size; i++)
        *slot_of(value, members[i].key->bytes, members[i].key->size) = i + 1;
    return 0;
}

int json_array_append_new(json_t *array, json_t *value)
{
    if (!value || grow(array) < 0) {
        json_decref(value);
        return -1;
    }
    array->members[array->size++] = (struct json_member){ .value = value };
    return 0;
}

int json_object_set_key(json_t *object, json_t *key, json_t *value)
{
    size_t *slot;

    if (!key || !value || grow(object) < 0) {
        json_decref(key);
        json_decref(value);
        return -1;
    }
    slot = slot_of(object, key->bytes, key->size);
    if (*slot > 0) {
        struct json_member *member = &object->members[*slot - 1];

        json_decref(key);
        json_decref(member->value);
        member->value = value;
        return 0;
    }
    object->members[object->size++] = (struct json_member){ key, value };
    *slot = object->size;
    return 0;
}

int json_object_setn_new_nocheck(json_t *object, const char *key, size_t size,
                                 json_t *value)
{
    return json_object_set_key(object, json_stringn_nocheck(key, size), value);
}

int json_object_set_new(json_t *object, const char *key, json_t *value)
{
    return json_object_set_key(object, json_string(key), value);
}

json_t *json_object_getn(const json_t *object, const char *key, size_t size)
{
    size_t index;

    if (!object || object->type != JSON_OBJECT || object->size == 0)
        return NULL;
    index = *slot_of(object, key, size);
    return index > 0 ? object->members[index - 1].value : NULL;
}

json_t *json_object_get(const json_t *object, const char *key)
{
    return json_object_getn(object, key, strlen(key));
}

/* ---- looking -------------------------------------------------------------- */

int json_is_array(const json_t *value)
{
    return value && value->type == JSON_ARRAY;
}

const char *json_string_value(const json_t *value)
{
    return value && value->type == JSON_STRING ? value->bytes : NULL;
}

size_t json_string_length(const json_t *value)
{
    return value && value->type == JSON_STRING ? value->size : 0;
}
