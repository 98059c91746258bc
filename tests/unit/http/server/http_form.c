/* SPDX-License-Identifier: MIT */
/*
 * Forms, files and JSON that clients send.
 */
#include <coil/http_form.h>
#include <coil/http_server.h>

#include "http/server/json_check.h"

#include "http_server_test.h"

/* Notes all fields as name=value(file:type); a NUL is "0". */
static int note_form(struct coil_http_exchange *x, void *arg)
{
    const struct coil_http_form *form;
    const struct coil_http_form *again;
    const struct coil_http_field *f;
    int rc = coil_http_exchange_form(x, &form);

    (void)arg;
    seen[0] = '\0';
    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_http_exchange_form(x, &again), 0);
    ASSERT_PTR_EQ(form, again);
    for (size_t i = 0; (f = coil_http_form_at(form, i)); i++) {
        size_t size = strlen(seen);

        size += (size_t)sprintf(seen + size, "%s=", f->name);
        for (size_t j = 0; j < f->size; j++)
            seen[size++] = f->value[j] ? f->value[j] : '0';
        ASSERT_EQ(f->value[f->size], '\0');
        sprintf(seen + size, "(%s:%s);", f->file_name ? f->file_name : "",
                f->content_type ? f->content_type : "");
    }
    f = coil_http_form_field(form, "a");
    ASSERT_NULL(coil_http_form_field(form, "no such"));
    return coil_http_respond(x, 200, NULL, f ? f->value : "-", f ? f->size : 1);
}

static int note_json(struct coil_http_exchange *x, void *arg)
{
    const char *text;
    size_t size;
    int rc = coil_http_exchange_json(x, &text, &size);

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, text, size);
}

static void begin(void)
{
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "POST", "/form", note_form, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/json", note_json, NULL),
              0);
}

static const char *post(const char *target, const char *type, const char *body,
                        size_t size)
{
    char request[4096];
    size_t head = (size_t)snprintf(request, sizeof request,
                                   "POST %s HTTP/1.1\r\n" HOST CLOSE
                                   "Content-Type: %s\r\n"
                                   "Content-Length: %zu\r\n\r\n",
                                   target, type, size);

    memcpy(request + head, body, size);
    return ask_bytes(request, head + size);
}

#define POST(target, type, body) post(target, type, body, sizeof(body) - 1)
#define URLENCODED "application/x-www-form-urlencoded"

STREAM_TEST(http_form_of_a_line_is_decoded)
{
    begin();
    ASSERT_STR_EQ(
        body_in(POST("/form", URLENCODED,
                     "b=1+2&a=%c3%A4%26&a=2&&c&=d&e=f=g&h=%zz%4z%4&")),
        "\xc3\xa4&");
    ASSERT_STR_EQ(seen, "b=1 2(:);a=\xc3\xa4&(:);a=2(:);c=(:);=d(:);e=f=g(:);"
                        "h=%zz%4z%4(:);");
    ASSERT_EQ(status_in(POST("/form", URLENCODED "; charset=utf-8", "")), 200);
    ASSERT_STR_EQ(seen, "");
    ASSERT_EQ(status_in(POST("/form", URLENCODED, "x=a%00b")), 200);
    ASSERT_STR_EQ(seen, "x=a0b(:);");
    ASSERT_EQ(status_in(POST("/form", URLENCODED, "a%00b=c")), 400);
    ASSERT_EQ(status_in(POST("/form", "text/plain", "a=b")), 415);
    ASSERT_EQ(
        status_in(POST("/form", "application/x-www-form-urlencodex", "a=b")),
        415);
    ASSERT_EQ(status_in(POST("/form", "multipart/form-datx", "--x--")), 415);
    ASSERT_EQ(status_in(ask("POST /form HTTP/1.1\r\n" HOST CLOSE
                            "Content-Length: 3\r\n\r\na=b")),
              415);
    ASSERT_EQ(report_count, 0);
    end_server();
}

STREAM_TEST(http_form_has_no_more_than_so_many_fields)
{
    char body[3000];
    size_t size = 0;

    begin();
    for (int i = 0; i < 1000; i++)
        size += (size_t)sprintf(body + size, "x&");
    ASSERT_EQ(status_in(post("/form", URLENCODED, body, size)), 200);
    body[size++] = 'y';
    ASSERT_EQ(status_in(post("/form", URLENCODED, body, size)), 413);
    ASSERT_EQ(report_count, 0);
    end_server();
}

#define MULTIPART "multipart/form-data; boundary=xYx"
#define PART "Content-Disposition: form-data; name="

STREAM_TEST(http_form_of_several_parts)
{
    begin();
    ASSERT_STR_EQ(body_in(POST("/form", MULTIPART,
                               "--xYx\r\n" PART "\"a\"\r\n\r\none\r\n--xYx\r\n"
                               "Content-Type: text/plain\r\n" PART
                               "\"f\"; filename=\"c:\\\\d\\\"e.txt\"\r\n\r\n"
                               "x--xYx\0\r\n-xYx\r\n\r\n--xYx--\r\n")),
                  "one");
    ASSERT_STR_EQ(seen,
                  "a=one(:);f=x--xYx0\r\n-xYx\r\n(c:\\d\"e.txt:text/plain);");
    /* A preamble, an epilogue, blanks, a token, and no data. */
    ASSERT_EQ(status_in(POST("/form",
                             "multipart/form-data; charset=x; "
                             "boundary=\"x Y\"",
                             "before\r\n--x Y \t\r\n" PART
                             "a; filename=\r\n\r\n\r\n--x Y--after")),
              200);
    ASSERT_STR_EQ(seen, "a=(:);");
    ASSERT_EQ(status_in(POST("/form", MULTIPART, "--xYx--")), 200);
    ASSERT_STR_EQ(seen, "");
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* What looks like a boundary, and is none; and odd parameters. */
STREAM_TEST(http_form_of_parts_with_odd_lines)
{
    static const char *const types[] = {
        "multipart/form-data; charset=\"a\\\";b\";\tboundary=xYx",
        "multipart/form-data;charset=a;boundarx=no; boundary=xYx ;c=d",
        "multipart/form-data; boundary=xYx\tx",
        "multipart/form-data; boundary=\"x\\Yx\"; boundary=xYx",
    };

    begin();
    for (size_t i = 0; i < 3; i++)
        ASSERT_STR_EQ(body_in(POST("/form", types[i],
                                   "xYx-xYxa-xYx--xYx\r--xYxa\n--xYx\r\n"
                                   "--xYx\r\n" PART "\"a\"\r\n\r\n1"
                                   "\r\n--xYx--")),
                      "1");
    /* A backslash stands for itself before what needs none. */
    ASSERT_EQ(status_in(POST("/form", types[3], "--xYx--")), 400);
    ASSERT_EQ(status_in(POST("/form", types[3], "--x\\Yx--")), 200);

    /* Blanks around a value, and none. */
    ASSERT_EQ(status_in(POST("/form", MULTIPART,
                             "--xYx\r\nContent-Type: \t\r\nContent-Type2: a\r\n"
                             "Content-Disposition:\t form-data; name=a \r\n"
                             "\r\n1\r\n--xYx--")),
              200);
    ASSERT_STR_EQ(seen, "a=1(:);");
    ASSERT_EQ(report_count, 0);
    end_server();
}

STREAM_TEST(http_form_whose_type_is_broken_is_refused)
{
    static const char *const types[] = {
        "multipart/form-data; boundary",
        "multipart/form-data; boundary; x",
        "multipart/form-data; charset=",
        "multipart/form-data; charset=\"a",
        "multipart/form-data; charset=\"a\\",
        "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=\"a\\",
        "multipart/form-data; boundary=",
        "multipart/form-data; ",
        "multipart/form-data; boundary=0123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789",
    };

    begin();
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (status_in(POST("/form", types[i], "--a--")) != 400)
            FAIL("%s", types[i]);
    ASSERT_EQ(report_count, 0);
    end_server();
}

STREAM_TEST(http_form_that_is_broken_is_refused)
{
    static const char *const bodies[] = {
        "--xYx\r\nContent-Disposition: form-dat2; name=a\r\n\r\n1\r\n"
        "--xYx--",
        "x-xYx",
        "--xYx\r\nContent-Type: \t\nA: b\r\n\r\none\r\n--xYx--",
        "-xYx",
        "abc\n--xYx",
        "\n--xYx",
        "--xYx-",
        "--xYx-a",
        "--xYx\r",
        "--xYx\ra",
        "--xYx\t",
        "--xYx\r\n\r\n--xYx--",
        "--xYx\r\n\r\r\n--xYx--",
        "--xYx\r\n\ra\r\n--xYx--",
        "--xYx\r\na\r\n--xYx--",
        "--xYx\r\nContent-Disposition:\r\n\r\none\r\n--xYx--",
        "",
        "--xYx",
        "--xYx\r\n",
        "--xYx\r\n" PART "\"a\"\r\n\r\none",
        "--xYx\r\n" PART "\"a\"\r\n\r\none\r\n",
        "--xYx\r\n" PART "\"a\"\r\n\r\none\r\n--xYz--",
        "--xYx\r\n" PART "\"a\"\r\none\r\n--xYx--",
        "--xYx\r\n" PART "\"a\r\n\r\none\r\n--xYx--",
        "--xYx\r\nContent-Disposition: form-data\r\n\r\none\r\n--xYx--",
        "--xYx\r\nContent-Disposition: inline; name=a\r\n\r\n1\r\n--xYx--",
        "--xYx\r\n\r\none\r\n--xYx--",
        "--xYx\r\n--xYx--",
        "--xYx\n" PART "\"a\"\n\none\n--xYx--",
    };

    begin();
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        if (status_in(post("/form", MULTIPART, bodies[i], strlen(bodies[i]))) !=
            400)
            FAIL("%s", bodies[i]);
    ASSERT_EQ(status_in(POST("/form", "multipart/form-data", "--xYx--")), 400);
    ASSERT_EQ(
        status_in(POST("/form", "multipart/form-data; boundary=\"\"", "----")),
        400);
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* ---- JSON ------------------------------------------------------------- */

TEST(http_form_knows_json)
{
    static const char *const good[] = {
        "{}",
        "[]",
        " [ ] ",
        "1",
        "-0",
        "0.5e+10",
        "1E-5",
        "2e3",
        "\"\xe0\xa0\x80\"",
        "\"\"",
        "true",
        "null",
        "{\"a\":[1,2,{\"b\":{}}],\"c\":null}",
        "[[],[[]],{}]",
        "\"\\u00e4\\n\\\\\\/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "\t{ \"a\" : 1 , \"b\" : false }\r\n",
    };
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:2}",
        "[1}",
        "{\"a\":1]",
        "01",
        "1.",
        ".5",
        "1e",
        "\"\\",
        "\"\xe0\x80\x80\"",
        "{\"a",
        "{\"\\x\":1}",
        "+1",
        "--1",
        "tru",
        "True",
        "nullx",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xe2\x82\"",
        "1 1",
        "[]]",
        "{}{}",
        "'a'",
        "NaN",
    };
    char deep[200];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!coil__is_json(good[i], strlen(good[i])))
            FAIL("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (coil__is_json(bad[i], strlen(bad[i])))
            FAIL("%s", bad[i]);
    ASSERT(!coil__is_json("1\0 2", 4));
    for (size_t depth = 63; depth < 67; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        deep[2 * depth] = '\0';
        ASSERT_EQ(coil__is_json(deep, 2 * depth), depth <= 64);
    }
}

STREAM_TEST(http_form_takes_json)
{
    begin();
    ASSERT_STR_EQ(body_in(POST("/json", "application/json", "{\"a\": [1]}")),
                  "{\"a\": [1]}");
    ASSERT_EQ(
        status_in(POST("/json", "application/ld+JSON; charset=utf-8", "1")),
        200);
    ASSERT_EQ(status_in(POST("/json", "application/json", "{")), 400);
    ASSERT_EQ(status_in(POST("/json", "text/plain", "{}")), 415);
    ASSERT_EQ(status_in(POST("/json", "application/jsom", "{}")), 415);
    ASSERT_EQ(status_in(POST("/json", "json", "{}")), 415);
    ASSERT_EQ(status_in(ask("POST /json HTTP/1.1\r\n" HOST CLOSE
                            "Content-Length: 2\r\n\r\n{}")),
              415);
    ASSERT_EQ(report_count, 0);
    end_server();
}
