/* SPDX-License-Identifier: MIT */
/*
 * schema.h - whether a text is JSON as a JSON Schema says
 *
 * Of draft 2020-12 it knows what the schemas in docs/ use, and fails the test at a
 * keyword that it does not know.  Patterns are extended regular expressions of
 * POSIX.
 */
#ifndef COIL_TESTS_FETCH_SCHEMA_H
#define COIL_TESTS_FETCH_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The schema of records; json_decref() it. */
json_t *schema_of_records(void);

/*
 * Whether `value` is as `schema` says; else `why` has where it is not, for
 * example "/phases/dns: type".
 */
bool schema_allows(const json_t *schema, const json_t *value, char *why,
                   size_t size);

/*
 * Each line of the text is a record, or the test fails.  Returns how many there
 * are.
 */
size_t expect_records(const char *text, size_t size);

#endif
