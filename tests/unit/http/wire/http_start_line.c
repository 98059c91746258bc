/* SPDX-License-Identifier: MIT */
/*
 * The first line of a head, with each byte in each place, and the names of the fields
 * that say something about the message.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil/http.h>

#include "http/wire/head.h"
#include "http/wire/parse.h"
#include "http/wire/scan.h"
#include "http/wire/text.h"
#include "test.h"

static struct coil_http_header headers[8];

/* Whether a head of this line is good.  The line has no NUL of its own. */
static bool is_good(enum coil__http_kind kind, const char *line, size_t size,
                    struct coil__http_head *head)
{
    static char text[200];
    static const char rest[] = "\r\nHost: h\r\n\r\n";
    struct coil__http_scan scan = { 0 };
    size_t whole = size + sizeof rest - 1;
    size_t used;

    memcpy(text, line, size);
    memcpy(text + size, rest, sizeof rest);
    if (coil__http_scan(&scan, kind, 4096, 64, text, whole, &used) != 1 ||
        used != whole)
        return false;
    return coil__http_head_parse(head, kind, text, whole, headers) == 0;
}

/* "PUT /ab HTTP/1.1" with another byte in one place. */
static bool may_be_in_request(size_t place, char c)
{
    if (place < 3)
        return coil__http_is(c, COIL__HTTP_TOKEN);
    if (place > 4 && place < 7)
        return coil__http_is(c, COIL__HTTP_VISIBLE);
    if (place == 15)
        return c == '0' || c == '1';
    return c == "PUT /ab HTTP/1.1"[place];
}

TEST(http_start_line_of_a_request_has_each_byte_in_its_place)
{
    static const char good[] = "PUT /ab HTTP/1.1";
    struct coil__http_head head;

    for (size_t place = 0; place < sizeof good - 1; place++) {
        for (int byte = 1; byte < 256; byte++) {
            char line[sizeof good];
            bool expected = may_be_in_request(place, (char)byte);

            /* Other targets than a path are not for this test. */
            if (place == 4)
                continue;
            memcpy(line, good, sizeof good);
            line[place] = (char)byte;
            if (is_good(COIL__HTTP_REQUEST, line, sizeof good - 1, &head) !=
                expected)
                FAIL("byte %d at %zu", byte, place);
            if (!expected)
                continue;
            line[3] = line[7] = '\0';
            ASSERT_STR_EQ(head.method, line);
            ASSERT_STR_EQ(head.target, line + 4);
            ASSERT_EQ(head.minor, line[15] - '0');
        }
    }
}

TEST(http_start_line_of_a_request_may_lack_nothing)
{
    static const char good[] = "PUT /ab HTTP/1.1";
    struct coil__http_head head;

    for (size_t lost = 0; lost < sizeof good - 1; lost++) {
        char line[sizeof good];
        bool is_shorter_word = lost < 3 || lost == 5 || lost == 6;

        if (lost == 4)
            continue;
        memcpy(line, good, lost);
        memcpy(line + lost, good + lost + 1, sizeof good - lost - 1);
        if (is_good(COIL__HTTP_REQUEST, line, sizeof good - 2, &head) !=
            is_shorter_word)
            FAIL("without byte %zu", lost);
        if (is_good(COIL__HTTP_REQUEST, good, lost, &head))
            FAIL("the first %zu bytes", lost);
    }
}

TEST(http_start_line_has_an_answer_for_another_version)
{
    static const char *const lines[] = { "GET /a HTTP/1.2", "GET /a HTTP/2.0",
                                         "get /a HTTP/3.1", "X /a HTTP/9.9" };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct coil__http_head head = { .answer = 0 };

        if (is_good(COIL__HTTP_REQUEST, lines[i], strlen(lines[i]), &head) ||
            head.answer != 505)
            FAIL("\"%s\": %d", lines[i], head.answer);
    }
}

TEST(http_start_line_of_another_form_is_refused)
{
    static const char *const lines[] = {
        "GET /a HTTP/1.10",
        "GET /a HTTX/1.1",
        "GET /a b HTTP/1.1",
        "GET  /a HTTP/1.1",
        "GET /a  HTTP/1.1",
        "GET /a HTTP/1.1 ",
        "GET /a",
        "/a HTTP/1.1",
        " /a HTTP/1.1",
        "GET",
        "GET /a HTTP/1.1 HTTP/1.1",
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct coil__http_head head;

        if (is_good(COIL__HTTP_REQUEST, lines[i], strlen(lines[i]), &head))
            FAIL("\"%s\" is taken", lines[i]);
    }
}

/* The same with "HTTP/1.1 200 OK". */
static bool may_be_in_status(size_t place, char c)
{
    if (place == 7)
        return c == '0' || c == '1';
    if (place == 9)
        return c >= '1' && c <= '9';
    if (place == 10 || place == 11)
        return c >= '0' && c <= '9';
    if (place > 12)
        return coil__http_is(c, COIL__HTTP_VALUE);
    return c == "HTTP/1.1 200 OK"[place];
}

TEST(http_start_line_of_a_response_has_each_byte_in_its_place)
{
    static const char good[] = "HTTP/1.1 200 OK";
    struct coil__http_head head;

    for (size_t place = 0; place < sizeof good - 1; place++) {
        for (int byte = 1; byte < 256; byte++) {
            char line[sizeof good];
            bool expected = may_be_in_status(place, (char)byte);

            memcpy(line, good, sizeof good);
            line[place] = (char)byte;
            if (is_good(COIL__HTTP_RESPONSE, line, sizeof good - 1, &head) !=
                expected)
                FAIL("byte %d at %zu", byte, place);
            if (!expected)
                continue;
            ASSERT_EQ(head.status, atoi(line + 9));
            ASSERT_EQ(head.minor, line[7] - '0');
            ASSERT_STR_EQ(head.reason, line + 13);
        }
    }
}

TEST(http_start_line_of_a_response_may_lack_its_reason)
{
    static const char good[] = "HTTP/1.1 200 OK";
    struct coil__http_head head;

    for (size_t size = 0; size < sizeof good; size++) {
        ASSERT_EQ(is_good(COIL__HTTP_RESPONSE, good, size, &head), size >= 12);
        if (size >= 12)
            ASSERT_STR_EQ(head.reason,
                          size > 13 ? (size > 14 ? "OK" : "O") : "");
    }
}

/* ---- names -------------------------------------------------------------- */

/* What a request with this field says about itself. */
static struct coil__http_head with_field(const char *name, const char *value,
                                         int *rc)
{
    static char text[200];
    struct coil__http_head head;
    int size = snprintf(text, sizeof text, "GET / HTTP/1.0\r\n%s: %s\r\n\r\n",
                        name, value);

    *rc = coil__http_head_parse(&head, COIL__HTTP_REQUEST, text, (size_t)size,
                                headers);
    return head;
}

/* Whether the field says anything. */
static bool says_something(const char *name, const char *value)
{
    int rc;
    struct coil__http_head head = with_field(name, value, &rc);

    return rc < 0 || head.host || head.content_length >= 0 || head.is_chunked ||
           head.is_close || head.is_expecting;
}

static const struct {
    const char *name;
    const char *value;
} fields[] = {
    { "Host", "h" },
    { "Expect", "100-continue" },
    { "Connection", "close" },
    { "Content-Length", "7" },
    { "Transfer-Encoding", "chunked" }, /* refused in HTTP/1.0 */
};

TEST(http_start_line_names_of_fields_are_known_in_any_case)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        size_t size = strlen(fields[i].name);
        char name[32];

        ASSERT(says_something(fields[i].name, fields[i].value));
        for (size_t at = 0; at < size; at++) {
            strcpy(name, fields[i].name);
            if (name[at] != '-')
                name[at] = (char)(name[at] ^ 0x20);
            ASSERT(says_something(name, fields[i].value));
        }
        for (size_t at = 0; at < size; at++)
            name[at] = (char)(name[at] >= 'A' ? name[at] | 0x20 : name[at]);
        ASSERT(says_something(name, fields[i].value));
    }
}

TEST(http_start_line_other_names_say_nothing)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        size_t size = strlen(fields[i].name);
        char name[32];

        for (size_t at = 0; at < size; at++) {
            for (int byte = 1; byte < 256; byte++) {
                char own = fields[i].name[at];

                if (!coil__http_is((char)byte, COIL__HTTP_TOKEN) ||
                    coil__http_lower((char)byte) == coil__http_lower(own))
                    continue;
                strcpy(name, fields[i].name);
                name[at] = (char)byte;
                if (says_something(name, fields[i].value))
                    FAIL("%s is taken for %s", name, fields[i].name);
            }
        }
        /* One byte more or less. */
        snprintf(name, sizeof name, "%sx", fields[i].name);
        ASSERT(!says_something(name, fields[i].value));
        name[size - 1] = '\0';
        ASSERT(!says_something(name, fields[i].value));
        ASSERT(!says_something(fields[i].name + 1, fields[i].value));
    }
}

TEST(http_start_line_names_of_each_length_say_nothing)
{
    char name[20];

    for (size_t size = 1; size <= 18; size++) {
        memset(name, 'x', size);
        name[size] = '\0';
        ASSERT(!says_something(name, "7"));
    }
}
