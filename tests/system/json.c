/* SPDX-License-Identifier: MIT */
/*
 * The JSON of the examples and of coil-httpbin (examples/common/json.h): what
 * it reads it writes again, and text that is not JSON is refused with a reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "test.h"

static json_error_t error;

static json_t *load(const char *text, unsigned flags)
{
    return json_loadb(text, strlen(text), flags, &error);
}

/* The text that is written after `text` was read. */
static void check(const char *text, unsigned flags, const char *expected)
{
    json_t *value = load(text, JSON_DECODE_ANY | JSON_ALLOW_NUL);
    char *written = json_dumps(value, flags);

    if (!written)
        FAIL("%s: %s", text, error.text);
    ASSERT_STR_EQ(written, expected);
    free(written);
    json_decref(value);
}

static void refuse(const char *text, unsigned flags, const char *why)
{
    json_t *value = load(text, flags);

    if (value)
        FAIL("%s is not refused", text);
    ASSERT_STR_CONTAINS(error.text, why);
}

TEST(json_is_written_as_it_was_read)
{
    static const char *const same[] = {
        "null",   "true",        "false",
        "0",      "-1",          "1.5",
        "[]",     "{}",          "[1, [2, [3]]]",
        "\"\"",   "\"a\"",       "1e+22",
        "[null]", "{\"a\": {}}", "9223372036854775807",
    };

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        check(same[i], 0, same[i]);
    check(" [ 1 ,\t2\r\n] ", JSON_COMPACT, "[1,2]");
    check("{\"b\":1,\"a\":2,\"\":3}", JSON_COMPACT, "{\"b\":1,\"a\":2,\"\":3}");
    check("{\"b\":1,\"a\":2,\"\":3}", JSON_COMPACT | JSON_SORT_KEYS,
          "{\"\":3,\"a\":2,\"b\":1}");
    check("[1.0, 1E2, -0.5e-1]", JSON_COMPACT,
          "[1.0,100.0,-0.050000000000000003]");
}

TEST(json_strings_keep_every_character)
{
    check("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\"", 0,
          "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\"");
    check("\"\\u00e4\\u20ac\\ud83d\\ude00\"", 0,
          "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
    check("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"", JSON_ENSURE_ASCII,
          "\"\\u00E4\\u20AC\\uD83D\\uDE00\"");
    check("\"a\\u0000b\"", 0, "\"a\\u0000b\"");
}

TEST(json_refuses_what_is_none)
{
    static const char *const texts[] = {
        "",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[1 2]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}",
        "{1:2}",
        "[01]",
        "[+1]",
        "[-]",
        "[1.]",
        "[.5]",
        "[1e]",
        "[1e+]",
        "[nul]",
        "[nulls]",
        "[True]",
        "[\"]",
        "[\"\\x\"]",
        "[\"\\u12\"]",
        "[\"\\\"]",
        "[\"\t\"]",
        "[\"\xff\"]",
        "[\"\xc0\x80\"]",
        "[\"\xed\xa0\x80\"]",
        "[\"\\ud800\"]",
        "[\"\\ud800x\"]",
        "[\"\\udc00\"]",
        "[] []",
        "[]x",
        "[9223372036854775808]",
        "[1e999]",
        "['a']",
        "[1]\v",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        refuse(texts[i], JSON_DECODE_ANY, "");
    refuse("1", 0, "'[' or '{' expected");
    refuse("[\n\n1 2]", 0, "',' or ']' expected in line 3");
    refuse("[\"a\\u0000\"]", 0, "a NUL in a string");
    refuse("{\"a\\u0000\":1}", JSON_ALLOW_NUL, "a NUL in a string");
}

TEST(json_of_a_key_that_comes_twice)
{
    refuse("{\"a\":1,\"a\":2}", JSON_REJECT_DUPLICATES, "duplicate object key");
    check("{\"a\":1,\"b\":0,\"a\":2}", JSON_COMPACT, "{\"a\":2,\"b\":0}");
}

TEST(json_goes_to_a_bounded_depth)
{
    char text[2 * 1000 + 1];

    for (size_t depth = 1; depth <= 1000; depth++) {
        json_t *value;

        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        value = load(text, 0);
        if (depth <= 200)
            ASSERT_NOT_NULL(value);
        else
            ASSERT_NULL(value);
        json_decref(value);
    }
    ASSERT_STR_CONTAINS(error.text, "maximum parsing depth");
}

TEST(json_objects_find_each_of_many_keys)
{
    enum { COUNT = 10000 };
    json_t *object = json_object();
    char key[16];

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < COUNT; i++) {
            snprintf(key, sizeof key, "key %d", i);
            ASSERT_EQ(json_object_set_new(object, key, json_string(key)), 0);
        }
    for (int i = 0; i < COUNT; i++) {
        snprintf(key, sizeof key, "key %d", i);
        ASSERT_STR_EQ(json_string_value(json_object_get(object, key)), key);
    }
    ASSERT_NULL(json_object_get(object, "key"));
    ASSERT_NULL(json_object_getn(object, "key 1x", 3));
    ASSERT_NOT_NULL(json_object_getn(object, "key 1x", 5));
    ASSERT_EQ(json_object_set_new(object, "none", NULL), -1);
    json_decref(object);
}

TEST(json_of_a_value_that_is_another_type)
{
    json_t *array = json_array();

    ASSERT_EQ(json_array_append_new(array, json_integer(7)), 0);
    ASSERT(json_is_array(array));
    ASSERT(!json_is_array(NULL));
    ASSERT_NULL(json_object_get(array, "a"));
    ASSERT_NULL(json_object_get(NULL, "a"));
    ASSERT_NULL(json_string_value(array));
    ASSERT_EQ(json_string_length(array), 0);
    json_decref(array);
    ASSERT_NULL(json_dumps(NULL, 0));
}
