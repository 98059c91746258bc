/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Sloppy servers: what a strict client refuses, and a lenient one takes.  After
 * each of these responses the connection is closed.
 */
#include <coil/http_client.h>

#include "http_client_test.h"

#define STATUS "HTTP/1.1 200 OK\r\n"
#define SIZED "Content-Length: 5\r\n\r\nhello"
#define CODED STATUS "Transfer-Encoding: chunked\r\n\r\n"

struct sloppy {
    const char *text;
    const char *reason;
    const char *x; /* the header X; NULL: there is none */
    const char *body;
};

static const struct sloppy sloppies[] = {
    /* lines */
    { "HTTP/1.1 200 OK\nX: y\nContent-Length: 5\n\nhello", "OK", "y", "hello" },
    { STATUS "X: y\nContent-Length: 5\r\n\r\nhello", "OK", "y", "hello" },
    { STATUS "X: y\r\nContent-Length: 5\r\n\nhello", "OK", "y", "hello" },
    { "HTTP/1.1 200 OK\r\r\nX: y\r\r\r\nContent-Length: 5\r\r\n\r\r\nhello",
      "OK", "y", "hello" },
    { "\r\n\n\r\r\n" STATUS SIZED, "OK", NULL, "hello" },

    /* the status line */
    { "http/1.1 200 Ok\r\n" SIZED, "Ok", NULL, "hello" },
    { "HTTP/1.1 \t200 OK\r\n" SIZED, "OK", NULL, "hello" },
    { "HTTP/1.1\t200\tOK\r\n" SIZED, "", NULL, "hello" },
    { "HTTP/1.1 200\tOK\r\n" SIZED, "", NULL, "hello" },
    { "HTTP/1.1 200 O\001K\r\n" SIZED, "", NULL, "hello" },
    { "HTTP/1.7 200 OK\r\n" SIZED, "OK", NULL, "hello" },
    { "ICY 200 OK\r\nX: y\r\n\r\nhello", "OK", "y", "hello" },
    { "ICY 200\n\nhello", "", NULL, "hello" },
    { "icy  200 OK\r\n" SIZED, "OK", NULL, "hello" },

    /* fields */
    { STATUS "what\r\n" SIZED, "OK", NULL, "hello" },
    { STATUS "what\r\n with: a fold\r\nX: y\r\n" SIZED, "OK", "y", "hello" },
    { STATUS " X: y\r\n" SIZED, "OK", NULL, "hello" },
    { STATUS ": y\r\nA B: c\r\n(: d\r\nX: y\r\n" SIZED, "OK", "y", "hello" },
    { STATUS "X : y\r\n" SIZED, "OK", "y", "hello" },
    { STATUS "X \t: y\r\n" SIZED, "OK", "y", "hello" },
    { STATUS "Content-Length : 5\r\n\r\nhello", "OK", NULL, "hello" },
    { STATUS "X: a\001b\r\nX: \177\r\nX: c\r\n" SIZED, "OK", "c", "hello" },
    { STATUS "X: a\r\n b\001\r\nX: y\r\n" SIZED, "OK", "a", "hello" },
    { STATUS "X: a\rContent-Length: 3\r\n" SIZED, "OK", NULL, "hello" },

    /* codings */
    { "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello", "OK",
      NULL, "5\r\nhello" },
    { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n"
      "Connection: keep-alive\r\n\r\nhello",
      "OK", NULL, "hello" },
    { STATUS "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n"
             "5\r\nhello\r\n0\r\n\r\n",
      "OK", NULL, "hello" },
    { STATUS "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello\r\n0\r\n\r\n",
      "OK", NULL, "hello" },
    { STATUS "Transfer-Encoding: identity\r\n" SIZED, "OK", NULL, "hello" },
    { STATUS "Transfer-Encoding:\r\n" SIZED, "OK", NULL, "hello" },

    /* chunks */
    { CODED "5\nhello\n0\n\n", "OK", NULL, "hello" },
    { CODED "5\r\r\nhello\r\r\n0\r\r\n\r\r\n", "OK", NULL, "hello" },
    { CODED "5;a=\001\r\nhello\r\n0\r\n\r\n", "OK", NULL, "hello" },
    { CODED "5 \nhello\r\n0;x\n\r\n", "OK", NULL, "hello" },
    { CODED "5\r\nhello\r\n0\r\nwhat\r\nT: a\001\nA B: c\n: x\r\n\r\n", "OK",
      NULL, "hello" },
    { CODED "5\r\nhello\r\n0\r\nwhat\n\r\n", "OK", NULL, "hello" },
};

/* What even a lenient client refuses. */
static const char *const refused[] = {
    "hello",
    "HTTP/2 200 OK\r\n" SIZED,
    "HTTP/1 200 OK\r\n" SIZED,
    "HTTP/1.1 20 OK\r\n" SIZED,
    "HTTP/1.1 200OK\r\n" SIZED,
    "HTTP/1.1\r\n" SIZED,
    "ICY\r\n" SIZED,
    "ICYx200 OK\r\n" SIZED,
    "HTTP/1.x 200 OK\r\n" SIZED,
    "HTTP/1.1x200 OK\r\n" SIZED,
    "HTTP/1.1 \r\n" SIZED,
    "HTTP/1.1 2a0 OK\r\n" SIZED,
    "HTTP/1.1 20a OK\r\n" SIZED,
    "HTTP/1.1 a00 OK\r\n" SIZED,
    "IC\r\n" SIZED,
    STATUS "Transfer-Encoding: chunkex\r\n" SIZED,
    STATUS "Transfer-Encoding: identitx\r\n" SIZED,
    CODED "5;a\r\nhello\r\n0\r\nT: a\r\n\rx",
    "ICY OK\r\n" SIZED,
    "\r\nhello\r\n\r\n",
    "HTTX/1.1 200 OK\r\n" SIZED,
    STATUS "Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello",
    STATUS "Content-Length: five\r\n\r\nhello",
    STATUS "Content-Length: -5\r\n\r\nhello",
    STATUS "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    STATUS "Transfer-Encoding: deflate\r\n\r\n",
    STATUS "Transfer-Encoding: compress\r\n\r\n",
    "HTTP/1.x 200 OK\r\n" SIZED,
    "HTTP/1./ 200 OK\r\n" SIZED,
    "HTTP/1.12 200 OK\r\n" SIZED,
    "HTTP/2.1 200 OK\r\n" SIZED,
    "HTTP/1.1 2x0 OK\r\n" SIZED,
    "HTTP/1.1 20x OK\r\n" SIZED,
    "HTTP/1.1 x00 OK\r\n" SIZED,
    "HTTP/1.1 \r\n" SIZED,
    "ICY \r\n" SIZED,
    "ICY 2\r\n" SIZED,
    "HTTPS\r\n" SIZED,
    CODED "x\r\nhello\r\n0\r\n\r\n",
    CODED "5\rhello\r\n0\r\n\r\n",
    CODED "5\r\nhello!\r\n0\r\n\r\n",
    CODED "5\r\nhello\r0\r\n\r\n",
    CODED "\n5\r\nhello\r\n0\r\n\r\n",
    CODED "5\r\nhello\r\n0\r\nT: a\rb\r\n\r\n",
    CODED "5\r\nhello\r\n0\r\n\rx",
};

/* And what it has too little of. */
static const char *const truncated[] = {
    "HTTP/1.1 200 OK\n",
    STATUS "what\n",
    STATUS "Content-Length: 6\n\nhello",
    CODED "5\nhello",
    CODED "5\nhello\n",
    CODED "5\nhello\n0",
    CODED "5\nhello\n0\r",
};

static const struct coil_http_client_options lenient = {
    .lenient = true, .idle_limit = COIL_NEVER /* a byte a second comes */
};

static const char *asked;

static void say_text(void)
{
    fprintf(stderr, "%s\n", asked);
}

/* Returns what it comes to; a response, if any, is `*r`. */
static int ask(const struct coil_http_client_options *options, bool is_slow,
               const char *text, struct coil_http_response **r)
{
    struct line lines[] = { { text, CLOSE } };
    struct coil_http_client *client;
    struct fake fake;
    int rc;

    asked = text;
    test_on_failure = say_text;
    fake_start(&fake, lines, 1);
    fake.is_slow = is_slow;
    ASSERT_EQ(coil_http_client_new(&client, options), 0);
    rc = coil_http_get(client, fake.url, r);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
    return rc;
}

static void take_sloppy(const struct sloppy *s, bool is_slow)
{
    struct coil_http_response *r;

    ASSERT_EQ(ask(NULL, is_slow, s->text, &r), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(ask(&lenient, is_slow, s->text, &r), 0);
    ASSERT_EQ(r->status, 200);
    ASSERT_STR_EQ(r->reason, s->reason);
    if (s->x)
        ASSERT_STR_EQ(coil_http_response_header(r, "X"), s->x);
    else
        ASSERT_NULL(coil_http_response_header(r, "X"));
    ASSERT_STR_EQ(r->body, s->body);
    ASSERT_EQ(r->body_size, strlen(s->body));
    coil_http_response_free(r);
}

STREAM_TEST(http_lenient_takes_what_strict_refuses)
{
    for (size_t i = 0; i < sizeof sloppies / sizeof sloppies[0]; i++)
        take_sloppy(&sloppies[i], false);
}

static int take_slowly(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof sloppies / sizeof sloppies[0]; i++)
        take_sloppy(&sloppies[i], true);
    return 0;
}

TEST(http_lenient_takes_it_byte_by_byte)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(take_slowly, NULL, 0), 0);
}

STREAM_TEST(http_lenient_is_not_blind)
{
    struct coil_http_response *r;

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ASSERT_EQ(ask(&lenient, false, refused[i], &r), COIL_EHTTP_MALFORMED);
    for (size_t i = 0; i < sizeof truncated / sizeof truncated[0]; i++)
        ASSERT_EQ(ask(&lenient, false, truncated[i], &r), COIL_EHTTP_TRUNCATED);
}

/* The blank line at the end may lack, of the trailers as well. */
STREAM_TEST(http_lenient_takes_a_body_without_its_last_line)
{
    static const char *const texts[] = {
        CODED "5\r\nhello\r\n0\r\n",
        CODED "5\r\nhello\r\n0\r\nT: x\r\n",
        CODED "5\r\nhello\r\n0\r\nT: x",
        CODED "5\r\nhello\r\n0\r\n\r",
    };
    struct coil_http_response *r;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ASSERT_EQ(ask(NULL, false, texts[i], &r), COIL_EHTTP_TRUNCATED);
        ASSERT_EQ(ask(&lenient, false, texts[i], &r), 0);
        ASSERT_STR_EQ(r->body, "hello");
        coil_http_response_free(r);
    }
}

/* ---- connections ------------------------------------------------------ */

/* What `text` says is taken, and the connection is kept or not. */
static void expect_kept(const char *text, bool is_kept)
{
    struct line lines[] = { { text, KEEP }, { OK(2) "ok", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .lenient = true };
    struct coil_http_response *r;
    struct fake fake;

    asked = text;
    test_on_failure = say_text;
    fake_start(&fake, lines, 2);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_EQ(r->status, 200);
    ASSERT_EQ(coil_http_client_idle(client), is_kept);
    ASSERT_EQ(coil_http_client_connections(client), is_kept);
    coil_http_response_free(r);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    coil_http_response_free(r);
    ASSERT_EQ(fake.connections, is_kept ? 1 : 2);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_lenient_keeps_connections_of_good_servers_only)
{
    expect_kept(OK(5) "hello", true);
    expect_kept(STATUS "X: a\r\n b\r\n" SIZED, true);
    expect_kept(CODED "5\r\nhello\r\n0\r\n\r\n", true);
    expect_kept("HTTP/1.1 103 Hints\r\n\r\n" OK(5) "hello", true);

    expect_kept("HTTP/1.1 200 OK\n" SIZED, false);
    expect_kept(STATUS "what\r\n" SIZED, false);
    expect_kept(CODED "5\nhello\r\n0\r\n\r\n", false);
    expect_kept("HTTP/1.1 103 Hints\n\r\n" OK(5) "hello", false);
    expect_kept(STATUS "Transfer-Encoding: identity\r\n" SIZED, false);
}

/* The next request over a connection is as strict as it asks to be. */
STREAM_TEST(http_lenient_is_said_of_a_request)
{
    struct line lines[] = { { OK(5) "hello", KEEP },
                            { "HTTP/1.1 200 OK\n" SIZED, KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .lenient = true };
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_STR_EQ(r->body, "hello");
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    request.lenient = false;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(fake.connections, 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- limits ----------------------------------------------------------- */

static int ask_for_lines(size_t lines, size_t limit, const char *end)
{
    const struct coil_http_client_options options = { .lenient = true,
                                                      .max_header_lines =
                                                          limit };
    size_t size = strlen(STATUS) + lines * 4 + 64;
    char *text = malloc(size);
    struct coil_http_response *r;
    int rc;

    strcpy(text, STATUS);
    for (size_t i = 0; i + 1 < lines; i++)
        strcat(strcat(text, "a:"), end);
    strcat(text, SIZED);
    rc = ask(&options, false, text, &r);
    if (rc == 0)
        coil_http_response_free(r);
    free(text);
    return rc;
}

STREAM_TEST(http_lenient_has_the_limits_of_all)
{
    ASSERT_EQ(ask_for_lines(256, 0, "\n"), 0);
    ASSERT_EQ(ask_for_lines(257, 0, "\n"), COIL_EHTTP_HEADERS_TOO_LARGE);
    ASSERT_EQ(ask_for_lines(300, 300, "\n"), 0);
    ASSERT_EQ(ask_for_lines(301, 300, "\n"), COIL_EHTTP_HEADERS_TOO_LARGE);
    ASSERT_EQ(ask_for_lines(5, 4, "\n"), COIL_EHTTP_HEADERS_TOO_LARGE);
}
