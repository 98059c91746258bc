/* SPDX-License-Identifier: MIT */
/*
 * json.h - read, make and write JSON
 *
 * As much of the jansson library as the programs here need, by its names, so
 * that they need no library.  A program of your own better uses the real one.
 *
 * Values have references.  Functions that take a reference take it even if they
 * fail; a NULL value makes them fail.  A function that makes a value returns
 * NULL for want of memory.
 */
#ifndef EXAMPLES_COMMON_JSON_H
#define EXAMPLES_COMMON_JSON_H

#include <stddef.h>

typedef struct json_value json_t;
typedef long long json_int_t;

typedef struct {
    char text[160];
} json_error_t;

/* ---- making; all return a new reference ---- */

json_t *json_true(void);
json_t *json_null(void);
json_t *json_integer(json_int_t number);
json_t *json_string(const char *text);
/* The bytes are UTF-8; a NUL among them is a character. */
json_t *json_stringn_nocheck(const char *bytes, size_t size);
json_t *json_array(void);
json_t *json_object(void);

json_t *json_incref(json_t *value);
void json_decref(json_t *value); /* NULL is nothing */

/* ---- arrays and objects; 0 or -1 ---- */

/* Take the reference to `value`. */
int json_array_append_new(json_t *array, json_t *value);
int json_object_set_new(json_t *object, const char *key, json_t *value);
int json_object_setn_new_nocheck(json_t *object, const char *key, size_t size,
                                 json_t *value);

/* Borrowed; NULL: it has no such key, or is no object. */
json_t *json_object_get(const json_t *object, const char *key);
json_t *json_object_getn(const json_t *object, const char *key, size_t size);

/* ---- looking ---- */

int json_is_array(const json_t *value);
/* NULL: it is no string.  Valid as long as the value is. */
const char *json_string_value(const json_t *value);
size_t json_string_length(const json_t *value);

/* ---- text ---- */

enum {
    JSON_REJECT_DUPLICATES =
        1,               /* of a key in one object; else the last counts */
    JSON_DECODE_ANY = 2, /* not only an array or an object */
    JSON_ALLOW_NUL = 4,  /* \u0000 in strings, but never in keys */
};

/*
 * Read all of the text.  NULL: `error` says why.  It goes at most 200 deep,
 * since it recurses on the stack of a task.
 */
json_t *json_loadb(const char *text, size_t size, unsigned flags,
                   json_error_t *error);

enum {
    JSON_COMPACT = 8,       /* no blanks */
    JSON_SORT_KEYS = 16,    /* else in the order in which they were set */
    JSON_ENSURE_ASCII = 32, /* other characters as \u1234 */
};

/* To be freed by free(); NULL: no memory, or `value` is NULL. */
char *json_dumps(const json_t *value, unsigned flags);

#endif
