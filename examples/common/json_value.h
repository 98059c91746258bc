/* SPDX-License-Identifier: MIT */
/*
 * json_value.h - what json.c, json_read.c and json_write.c share
 */
#ifndef EXAMPLES_COMMON_JSON_VALUE_H
#define EXAMPLES_COMMON_JSON_VALUE_H

#include "json.h"

enum json_type {
    JSON_NULL,
    JSON_TRUE,
    JSON_FALSE,
    JSON_INTEGER,
    JSON_REAL,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_member {
    json_t *key; /* a string; NULL in an array */
    json_t *value;
};

struct json_value {
    enum json_type type;
    size_t references;
    json_int_t integer;
    double real;
    char *bytes; /* of a string, with a NUL behind them */
    size_t size; /* how many bytes, or how many members */
    size_t capacity;
    struct json_member *members; /* in order */
    size_t *slots;               /* of an object: by hash, 1 + its index or 0 */
    size_t slot_count;           /* a power of two, or 0 */
};

json_t *json_value_new(enum json_type type);

/* Like json_object_setn_new_nocheck(), with a key that is taken as well. */
int json_object_set_key(json_t *object, json_t *key, json_t *value);

#endif
