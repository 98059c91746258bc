/* SPDX-License-Identifier: MIT */
#include "fetch/support/schema.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

/* Where in the value one is, and in which schema `$ref` is looked up. */
struct place {
    const json_t *root;
    char path[256];
    char *why;
    size_t size;
};

static bool allows(struct place *place, const json_t *schema,
                   const json_t *value);

static bool refuse(struct place *place, const char *keyword)
{
    snprintf(place->why, place->size, "%s: %s", place->path, keyword);
    return false;
}

/* The same one step further down. */
static bool allows_below(struct place *place, const char *name,
                         const json_t *schema, const json_t *value)
{
    size_t length = strlen(place->path);
    bool is_allowed;

    snprintf(place->path + length, sizeof place->path - length, "/%s", name);
    is_allowed = allows(place, schema, value);
    place->path[length] = '\0';
    return is_allowed;
}

static bool is_type(const char *type, const json_t *value)
{
    return (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(type, "number") == 0 && json_is_number(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "null") == 0 && json_is_null(value));
}

static bool check_type(struct place *place, const json_t *types,
                       const json_t *value)
{
    size_t i;
    json_t *type;

    (void)place;
    if (json_is_string(types))
        return is_type(json_string_value(types), value);
    json_array_foreach(types, i, type)
    {
        if (is_type(json_string_value(type), value))
            return true;
    }
    return false;
}

static bool check_const(struct place *place, const json_t *wanted,
                        const json_t *value)
{
    (void)place;
    return json_equal(wanted, value);
}

static bool check_enum(struct place *place, const json_t *list,
                       const json_t *value)
{
    size_t i;
    json_t *wanted;

    json_array_foreach(list, i, wanted)
    {
        if (check_const(place, wanted, value))
            return true;
    }
    return false;
}

static bool check_minimum(struct place *place, const json_t *limit,
                          const json_t *value)
{
    (void)place;
    return !json_is_number(value) ||
           json_number_value(value) >= json_number_value(limit);
}

static bool check_maximum(struct place *place, const json_t *limit,
                          const json_t *value)
{
    (void)place;
    return !json_is_number(value) ||
           json_number_value(value) <= json_number_value(limit);
}

static bool check_min_length(struct place *place, const json_t *limit,
                             const json_t *value)
{
    (void)place;
    return !json_is_string(value) ||
           (json_int_t)json_string_length(value) >= json_integer_value(limit);
}

static bool check_pattern(struct place *place, const json_t *pattern,
                          const json_t *value)
{
    regex_t regex;
    int rc;

    (void)place;
    if (!json_is_string(value))
        return true;
    ASSERT_EQ(
        regcomp(&regex, json_string_value(pattern), REG_EXTENDED | REG_NOSUB),
        0);
    rc = regexec(&regex, json_string_value(value), 0, NULL, 0);
    regfree(&regex);
    return rc == 0;
}

static bool check_items(struct place *place, const json_t *schema,
                        const json_t *value)
{
    size_t i;
    json_t *item;

    json_array_foreach(value, i, item)
    {
        if (!allows_below(place, "0", schema, item))
            return false;
    }
    return true;
}

static bool check_min_items(struct place *place, const json_t *limit,
                            const json_t *value)
{
    (void)place;
    return !json_is_array(value) ||
           (json_int_t)json_array_size(value) >= json_integer_value(limit);
}

static bool check_max_items(struct place *place, const json_t *limit,
                            const json_t *value)
{
    (void)place;
    return !json_is_array(value) ||
           (json_int_t)json_array_size(value) <= json_integer_value(limit);
}

static bool check_required(struct place *place, const json_t *names,
                           const json_t *value)
{
    size_t i;
    json_t *name;

    (void)place;
    json_array_foreach(names, i, name)
    {
        if (json_is_object(value) &&
            !json_object_get(value, json_string_value(name)))
            return false;
    }
    return true;
}

static bool check_properties(struct place *place, const json_t *schemas,
                             const json_t *value)
{
    const char *name;
    json_t *schema;

    json_object_foreach((json_t *)schemas, name, schema)
    {
        const json_t *property = json_object_get(value, name);

        if (property && !allows_below(place, name, schema, property))
            return false;
    }
    return true;
}

static bool check_not(struct place *place, const json_t *schema,
                      const json_t *value)
{
    char why[256];
    struct place inner = *place;

    inner.why = why;
    inner.size = sizeof why;
    return !allows(&inner, schema, value);
}

/* How many of the schemas allow the value. */
static size_t count_allowing(struct place *place, const json_t *schemas,
                             const json_t *value)
{
    size_t count = 0;
    size_t i;
    json_t *schema;

    json_array_foreach(schemas, i, schema)
    {
        count += !check_not(place, schema, value);
    }
    return count;
}

static bool check_any_of(struct place *place, const json_t *schemas,
                         const json_t *value)
{
    return count_allowing(place, schemas, value) > 0;
}

static bool check_one_of(struct place *place, const json_t *schemas,
                         const json_t *value)
{
    return count_allowing(place, schemas, value) == 1;
}

static bool check_ref(struct place *place, const json_t *ref,
                      const json_t *value)
{
    static const char prefix[] = "#/$defs/";
    const char *name = json_string_value(ref);
    const json_t *definition;

    ASSERT_EQ(strncmp(name, prefix, sizeof prefix - 1), 0);
    definition = json_object_get(json_object_get(place->root, "$defs"),
                                 name + sizeof prefix - 1);
    ASSERT_NOT_NULL(definition);
    return allows(place, definition, value);
}

static const struct keyword {
    const char *name;
    bool (*check)(struct place *place, const json_t *argument,
                  const json_t *value);
} keywords[] = {
    { "type", check_type },
    { "const", check_const },
    { "enum", check_enum },
    { "minimum", check_minimum },
    { "maximum", check_maximum },
    { "minLength", check_min_length },
    { "pattern", check_pattern },
    { "items", check_items },
    { "minItems", check_min_items },
    { "maxItems", check_max_items },
    { "required", check_required },
    { "properties", check_properties },
    { "not", check_not },
    { "anyOf", check_any_of },
    { "oneOf", check_one_of },
    { "$ref", check_ref },
    /* These say nothing, or are looked at elsewhere. */
    { "$schema", NULL },
    { "$id", NULL },
    { "$defs", NULL },
    { "title", NULL },
    { "description", NULL },
    { "format", NULL },
    { "contentEncoding", NULL },
    { "additionalProperties", NULL },
};

static bool check_keyword(struct place *place, const char *name,
                          const json_t *argument, const json_t *value)
{
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (strcmp(keywords[i].name, name) != 0)
            continue;
        if (!keywords[i].check)
            return true;
        place->why[0] = '\0';
        if (keywords[i].check(place, argument, value))
            return true;
        /* What is further down has been told already. */
        return place->why[0] != '\0' ? false : refuse(place, name);
    }
    FAIL("a keyword of the schema that nobody checks: %s", name);
}

static bool has_only_known(struct place *place, const json_t *schema,
                           const json_t *value)
{
    const char *name;
    json_t *property;

    if (!json_is_false(json_object_get(schema, "additionalProperties")))
        return true;
    json_object_foreach((json_t *)value, name, property)
    {
        if (!json_object_get(json_object_get(schema, "properties"), name))
            return refuse(place, name);
    }
    return true;
}

static bool allows(struct place *place, const json_t *schema,
                   const json_t *value)
{
    const char *name;
    json_t *argument;

    json_object_foreach((json_t *)schema, name, argument)
    {
        if (!check_keyword(place, name, argument, value))
            return false;
    }
    return has_only_known(place, schema, value);
}

bool schema_allows(const json_t *schema, const json_t *value, char *why,
                   size_t size)
{
    struct place place = { .root = schema, .why = why, .size = size };

    why[0] = '\0';
    return allows(&place, schema, value);
}

json_t *schema_of_records(void)
{
    json_error_t error;
    json_t *schema = json_load_file(FETCH_SCHEMA, 0, &error);

    if (!schema)
        FAIL("%s:%d: %s", FETCH_SCHEMA, error.line, error.text);
    return schema;
}

size_t expect_records(const char *text, size_t size)
{
    json_t *schema = schema_of_records();
    const char *end = text + size;
    size_t count = 0;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        json_error_t error;
        char why[512];
        json_t *record;

        ASSERT_NOT_NULL(newline);
        record = json_loadb(text, (size_t)(newline - text),
                            JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        if (!record)
            FAIL("%s: %.*s", error.text, (int)(newline - text), text);
        if (!schema_allows(schema, record, why, sizeof why))
            FAIL("%s: %.*s", why, (int)(newline - text), text);
        json_decref(record);
        text = newline + 1;
        count++;
    }
    json_decref(schema);
    return count;
}
