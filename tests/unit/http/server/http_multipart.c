/* SPDX-License-Identifier: MIT */
/*
 * Forms that are taken part by part, while they arrive.
 */
#include <coil/http_form.h>
#include <coil/http_multipart.h>
#include <coil/http_server.h>
#include <coil/testing.h>

#include "http_server_test.h"

static struct coil_http_multipart_limits limits;

static void write_bytes(struct coil_stream *s, const void *bytes, size_t size)
{
    ASSERT_EQ(coil_stream_write(s, bytes, size), 0);
}

/* Note name(file:type)=data; of each part, of which "skip" is not read. */
static int note_parts(struct coil_http_exchange *x, void *arg)
{
    struct coil_http_multipart *parts;
    struct coil_http_multipart *again;
    const struct coil_http_body_part *part;
    char piece[7];
    char *out = seen;
    ptrdiff_t n = 0;
    int rc = coil_http_exchange_multipart(x, &limits, &parts);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_http_exchange_multipart(x, NULL, &again), 0);
    ASSERT_PTR_EQ(parts, again);
    ASSERT_EQ(coil_http_multipart_read(parts, piece, sizeof piece), 0);
    *out = '\0';
    while ((rc = coil_http_multipart_next(parts, &part)) > 0) {
        out += sprintf(out, "%s(%s:%s)=", part->name ? part->name : "-",
                       part->file_name ? part->file_name : "",
                       part->content_type ? part->content_type : "");
        ASSERT_EQ(coil_http_multipart_read(parts, piece, 0), 0);
        if (part->name && strcmp(part->name, "skip") == 0)
            continue;
        while ((n = coil_http_multipart_read(parts, piece, sizeof piece)) > 0)
            out += sprintf(out, "%.*s", (int)n, piece);
        out += sprintf(out, ";");
        if (n < 0)
            break;
        ASSERT_EQ(coil_http_multipart_read(parts, piece, sizeof piece), 0);
    }
    /* An error stays. */
    if (rc < 0)
        ASSERT_EQ(coil_http_multipart_read(parts, piece, 1), rc);
    if (n < 0)
        ASSERT_EQ(coil_http_multipart_next(parts, &part), n);
    if (rc < 0 || n < 0)
        return rc < 0 ? rc : (int)n;
    ASSERT_EQ(coil_http_multipart_next(parts, &part), 0);
    return coil_http_respond(x, 200, NULL, "ok", 2);
}

/* Takes the text of each part, which has no more than 7 bytes. */
static int note_texts(struct coil_http_exchange *x, void *arg)
{
    struct coil_http_multipart *parts;
    const struct coil_http_body_part *part;
    char text[8];
    char *out = seen;
    int rc = coil_http_exchange_multipart(x, NULL, &parts);

    (void)arg;
    ASSERT_EQ(rc, 0);
    while ((rc = coil_http_multipart_next(parts, &part)) > 0) {
        ptrdiff_t n = coil_http_multipart_text(parts, text, sizeof text);

        if (n < 0)
            return (int)n;
        ASSERT_EQ(n, (ptrdiff_t)strlen(text));
        out += sprintf(out, "%s=%s;", part->name, text);
    }
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "ok", 2);
}

/* A body is read in one way. */
static int read_twice(struct coil_http_exchange *x, void *arg)
{
    struct coil_http_multipart *parts;
    const char *body;
    size_t size;

    if (strcmp(coil_http_exchange_path(x), "/three") == 0) {
        char byte;

        ASSERT_EQ(coil_http_exchange_read(x, &byte, 1), 1);
        ASSERT_EQ(coil_http_exchange_multipart(x, NULL, &parts), -EBUSY);
    } else if (arg) {
        ASSERT_EQ(coil_http_exchange_body(x, &body, &size), 0);
        ASSERT_EQ(coil_http_exchange_multipart(x, NULL, &parts), -EBUSY);
    } else {
        ASSERT_EQ(coil_http_exchange_multipart(x, NULL, &parts), 0);
        ASSERT_EQ(coil_http_exchange_body(x, &body, &size), -EBUSY);
    }
    return coil_http_respond(x, 200, NULL, "ok", 2);
}

static void begin(void)
{
    limits = (struct coil_http_multipart_limits){ 0 };
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "POST", "/parts", note_parts, NULL), 0);
    ASSERT_EQ(
        coil_http_server_route(server, "POST", "/texts", note_texts, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/one", read_twice, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/two", read_twice, ""),
              0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/three", read_twice, ""),
              0);
}

static size_t make_head(char *out, const char *target, const char *type,
                        size_t size)
{
    return (size_t)sprintf(out,
                           "POST %s HTTP/1.1\r\n" HOST CLOSE
                           "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                           target, type, size);
}

static int post(const char *target, const char *type, const char *body)
{
    char request[4096];
    size_t head = make_head(request, target, type, strlen(body));

    strcpy(request + head, body);
    return status_in(ask_bytes(request, head + strlen(body)));
}

#define MULTIPART "multipart/form-data; boundary=\"x Y\""
#define PART "--x Y\r\nContent-Disposition: form-data; name="
#define END "\r\n--x Y--\r\n"

static const char three[] =
    "preamble\r\n" PART "a\r\n\r\none\r\n" PART "skip\r\n\r\nmore\r\n" PART
    "\"f\"; filename=\"\\\"b\\\".txt\"\r\nContent-Type: text/plain\r\n\r\n"
    "\r\n--x Z\r\n" END "epilogue";

static const char said_of_three[] = "a(:)=one;skip(:)=f(\"b\".txt:text/plain)="
                                    "\r\n--x Z\r\n;";

STREAM_TEST(http_multipart_gives_part_by_part)
{
    begin();
    ASSERT_EQ(post("/parts", MULTIPART, three), 200);
    ASSERT_STR_EQ(seen, said_of_three);
    ASSERT_EQ(post("/parts", MULTIPART, "--x Y--"), 200);
    ASSERT_STR_EQ(seen, "");
    ASSERT_EQ(post("/parts", "multipart/mixed; boundary=x",
                   "--x\r\n\r\none\r\n--x\r\nA: b\r\n\r\n\r\n--x--"),
              200);
    ASSERT_STR_EQ(seen, "-(:)=one;-(:)=;");
    ASSERT_EQ(post("/texts", MULTIPART,
                   PART "a\r\n\r\n1234567\r\n" PART "b\r\n\r\n" END),
              200);
    ASSERT_STR_EQ(seen, "a=1234567;b=;");
    ASSERT_EQ(post("/texts", MULTIPART, PART "a\r\n\r\n12345678" END), 413);
    ASSERT_EQ(post("/one", MULTIPART, three), 200);
    ASSERT_EQ(post("/two", MULTIPART, three), 200);
    ASSERT_EQ(post("/three", MULTIPART, three), 200);
    limits.max_header_size = COIL_HTTP_UNLIMITED / 2;
    ASSERT_EQ(post("/parts", MULTIPART, three), 503);
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* The client sends a byte at a time, and lets the server run. */
STREAM_TEST(http_multipart_comes_byte_by_byte)
{
    char request[1000];
    size_t head = make_head(request, "/parts", MULTIPART, sizeof three - 1);
    size_t size = head + sizeof three - 1;
    char answer[500];
    struct coil_stream *s;

    begin();
    strcpy(request + head, three);
    s = dial();
    for (size_t i = 0; i < size; i++) {
        write_bytes(s, request + i, 1);
        ASSERT_EQ(coil_stream_flush(s), 0);
        for (int j = 0; j < 3; j++)
            ASSERT_EQ(coil_yield(), 0);
    }
    read_rest(s, answer, sizeof answer);
    coil_stream_abort(s);
    ASSERT_EQ(status_in(answer), 200);
    ASSERT_STR_EQ(seen, said_of_three);
    end_server();
}

STREAM_TEST(http_multipart_that_is_broken_is_refused)
{
    begin();
    ASSERT_EQ(post("/parts", "text/plain", "a"), 415);
    ASSERT_EQ(status_in(ask("POST /parts HTTP/1.1\r\n" HOST CLOSE
                            "Content-Length: 1\r\n\r\na")),
              415);
    ASSERT_EQ(post("/parts", "multipart/form-data", "--x--"), 400);
    ASSERT_EQ(post("/parts", "multipart/form-data; boundary=\"\"", "----"),
              400);
    ASSERT_EQ(post("/parts",
                   "multipart/form-data; boundary="
                   "01234567890123456789012345678901234567890123456789012345678"
                   "901234567890",
                   "--x--"),
              400);
    ASSERT_EQ(post("/parts", MULTIPART, ""), 400);
    ASSERT_EQ(post("/parts", MULTIPART, PART "a\r\n\r\none\r\n"), 400);
    ASSERT_EQ(post("/parts", MULTIPART, PART "skip\r\n\r\none\r\n"), 400);
    ASSERT_EQ(post("/parts", MULTIPART, PART "a\r\n\r\none\r\n--x Yz"), 400);
    ASSERT_EQ(post("/parts", MULTIPART, "--x Y\r\n\r\none" END), 400);
    ASSERT_EQ(post("/parts", MULTIPART, PART "a\r\nB\r\n\r\none" END), 400);
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* Post a part whose headers do not end within `size` bytes. */
static int post_long_header(size_t size)
{
    static const char begin[] = "--x Y\r\nX: ";
    char head[500];
    char answer[500];
    char *body = malloc(size);
    struct coil_stream *s = dial();

    memset(body, 'x', size);
    memcpy(body, begin, sizeof begin - 1);
    write_bytes(s, head, make_head(head, "/parts", MULTIPART, size));
    write_bytes(s, body, size);
    free(body);
    read_rest(s, answer, sizeof answer);
    coil_stream_abort(s);
    return status_in(answer);
}

STREAM_TEST(http_multipart_limits_are_kept)
{
    char body[2000];

    begin();
    limits.max_parts = 2;
    ASSERT_EQ(
        post("/parts", MULTIPART, PART "a\r\n\r\n1\r\n" PART "b\r\n\r\n2" END),
        200);
    ASSERT_EQ(post("/parts", MULTIPART,
                   PART "a\r\n\r\n1\r\n" PART "b\r\n\r\n2\r\n" PART
                        "c\r\n\r\n3" END),
              413);
    limits.max_part_size = 4;
    ASSERT_EQ(post("/parts", MULTIPART, PART "a\r\n\r\n1234" END), 200);
    ASSERT_EQ(post("/parts", MULTIPART, PART "a\r\n\r\n12345" END), 413);
    ASSERT_EQ(post("/parts", MULTIPART, PART "skip\r\n\r\n12345" END), 413);
    limits = (struct coil_http_multipart_limits){ .max_size = 67 };
    ASSERT_EQ(post("/parts", MULTIPART, PART "a\r\n\r\n1234567" END), 200);
    ASSERT_EQ(post("/parts", MULTIPART, PART "a\r\n\r\n12345678" END), 413);
    ASSERT_EQ(post("/parts", MULTIPART, PART "a\r\n\r\n1234567" END "x"), 413);
    limits = (struct coil_http_multipart_limits){ .max_header_size = 100 };
    sprintf(body, PART "a\r\nX: %055d\r\n\r\n1" END, 0);
    ASSERT_EQ(post("/parts", MULTIPART, body), 200);
    sprintf(body, PART "a\r\nX: %056d\r\n\r\n1" END, 0);
    ASSERT_EQ(post("/parts", MULTIPART, body), 413);
    limits.max_header_size = 0;
    ASSERT_EQ(post_long_header(20000), 413);
    limits.max_header_size = 18000;
    ASSERT_EQ(post_long_header(17000), 400);
    ASSERT_EQ(post_long_header(20000), 413);
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* ---- what is kept in memory ------------------------------------------------ */

static size_t most;

static int measure(struct coil_http_exchange *x, void *arg)
{
    struct coil_http_multipart *parts;
    const struct coil_http_body_part *part;
    static char piece[65536];
    size_t size = 0;
    ptrdiff_t n = 0;
    int rc = coil_http_exchange_multipart(x, NULL, &parts);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_http_multipart_next(parts, &part);
    while (rc == 1 &&
           (n = coil_http_multipart_read(parts, piece, sizeof piece)) > 0) {
        size += (size_t)n;
        if (coil_http_server_buffered(server) > most)
            most = coil_http_server_buffered(server);
    }
    ASSERT_EQ(n, 0);
    snprintf(seen, sizeof seen, "%zu", size);
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "ok", 2);
}

static void begin_with(const struct coil_http_server_options *options)
{
    serve_with(options);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/measure", measure, NULL),
              0);
}

/* A file of `size` bytes, sent by one who is slow to close. */
static int send_file(size_t size)
{
    static const char end[] = END;
    char head[500];
    char start[100];
    char answer[500];
    char piece[1000];
    size_t start_size = (size_t)sprintf(start, PART "f; filename=f\r\n\r\n");
    size_t head_size = make_head(head, "/measure", MULTIPART,
                                 start_size + size + sizeof end - 1);
    struct coil_stream *s = dial();

    memset(piece, '\r', sizeof piece);
    write_bytes(s, head, head_size);
    write_bytes(s, start, start_size);
    for (size_t sent = 0; sent < size; sent += sizeof piece)
        if (coil_stream_write(s, piece, sizeof piece) < 0)
            break;
    (void)!coil_stream_write(s, end, sizeof end - 1);
    read_rest(s, answer, sizeof answer);
    coil_stream_abort(s);
    return status_in(answer);
}

STREAM_TEST(http_multipart_keeps_a_window_in_memory)
{
    most = 0;
    begin_with(NULL);
    ASSERT_EQ(send_file(3000000), 200);
    ASSERT_STR_EQ(seen, "3000000");
    ASSERT_GT(most, 16 * 1024);
    ASSERT_LT(most, 40 * 1024);
    ASSERT_EQ(coil_http_server_buffered(server), 0);
    end_server();
}

/* The window is a part of what all requests may keep. */
STREAM_TEST(http_multipart_without_room_is_503)
{
    begin_with(&(struct coil_http_server_options){ .max_buffered = 20000 });
    ASSERT_EQ(send_file(1000), 503);
    ASSERT_EQ(coil_http_server_buffered(server), 0);
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* Without memory there is an error, and then another try. */
static int begin_twice(struct coil_http_exchange *x, void *arg)
{
    struct coil_http_multipart *parts = NULL;
    int rc;

    coil_test_fail_allocation(1, false);
    rc = coil_http_exchange_multipart(x, NULL, &parts);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(rc, -ENOMEM);
    ASSERT_NULL(parts);
    return note_parts(x, arg);
}

STREAM_TEST(http_multipart_begins_when_there_is_memory_again)
{
    begin();
    ASSERT_EQ(
        coil_http_server_route(server, "POST", "/twice", begin_twice, NULL), 0);
    ASSERT_EQ(post("/twice", MULTIPART, three), 200);
    ASSERT_STR_EQ(seen, said_of_three);
    end_server();
}
