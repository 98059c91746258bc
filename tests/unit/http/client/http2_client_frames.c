/* SPDX-License-Identifier: MIT */
/*
 * What a client makes of the frames of a server: a response, or an error, and the
 * next request is answered all the same.
 */
#include <coil/error.h>
#include <coil/http_client.h>

#include "http2_fake.h"
#include "http2_script.h"
#include "http_client_test.h"

/* A server that plays a script on each connection. */
static struct coil_listener *listener;
static const char *script;

static int play(void *arg)
{
    struct h2_raw *peer = calloc(1, sizeof *peer);
    char preface[24];

    ASSERT_NOT_NULL(peer);
    h2_meet(peer, arg);
    peer->is_quiet = true;
    ASSERT_EQ(coil_stream_read_exactly(arg, preface, sizeof preface, NULL), 0);
    h2_send(peer, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
    h2_play(peer, script);
    h2_read_away(peer);
    h2_part(peer);
    free(peer);
    return 0;
}

static int serve_scripts(void *arg)
{
    struct coil_stream *stream;
    int rc;

    (void)arg;
    for (;;) {
        rc = coil_listener_accept(listener, &stream);
        if (rc < 0)
            return rc;
        rc = coil_task_create(NULL, play, stream);
        ASSERT_EQ(rc, 0);
    }
}

struct row {
    const char *name;
    const char *script;
    int outcome;      /* the status, or an error */
    const char *body; /* of a response */
};

static coil_time idle_limit; /* of the client; 0: the usual */


#define ALL_WELL "headers +eh @1 f::status=200; data +es @1 t:ok"
#define ASKED "await @1; "

static void check(const struct row *row, const char *url)
{
    const struct coil_http_client_options options = {
        .http2_prior_knowledge = true,
        .max_header_size = 1000,
        .idle_limit = idle_limit,
    };
    struct coil_http_client *client;
    struct coil_http_response *r = NULL;
    int rc;

    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    script = row->script;
    rc = coil_http_get(client, url, &r);
    if (rc == 0)
        rc = r->status;
    if (rc != row->outcome)
        fprintf(stderr, "%s: %s\n", row->name, coil_strerror(rc));
    ASSERT_EQ(rc, row->outcome);
    if (row->body)
        ASSERT_STR_EQ(r->body, row->body);
    coil_http_response_free(r);
    coil_http_client_free(client);
    settle();
}

static void check_all(const struct row *rows, size_t count)
{
    struct coil_address address;
    struct coil_task *server;
    char url[64];

    listener = listening(&address);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    server = start(serve_scripts, NULL);
    for (size_t i = 0; i < count; i++)
        check(&rows[i], url);
    end_cancelled(server);
    coil_listener_close(listener);
}

#define CHECK_ALL(rows) check_all((rows), sizeof(rows) / sizeof(rows)[0])

STREAM_TEST(http2_client_frames_of_responses)
{
    static const struct row rows[] = {
        { "a response", ASKED ALL_WELL, 200, "ok" },
        { "without a body", ASKED "headers +es +eh @1 f::status=204", 204, "" },
        { "behind interim ones",
          ASKED "headers +eh @1 f::status=103 f:link=x; " ALL_WELL, 200, "ok" },
        { "with empty trailers",
          ASKED
          "headers +eh @1 f::status=200; data @1 t:ok; headers +es +eh @1",
          200, "ok" },
        { "in pieces",
          ASKED "headers @1 f::status=200; cont +eh @1 f:x=y; "
                "data @1; data +pad @1 x:02 t:o z:2; "
                "data +es @1 t:k",
          200, "ok" },
        { "with a field that is empty",
          ASKED "headers +eh @1 f::status=200 f:x=; data +es @1 t:ok", 200,
          "ok" },
    };

    CHECK_ALL(rows);
}

#define SLOWLY                                                                 \
    ASKED "headers @1 f::status=200; wait @500; cont +eh @1 f:x=y; "           \
          "wait @500; data +es @1 t:ok"

STREAM_TEST(http2_client_frames_that_come_slowly)
{
    static const struct row good[] = { { "in time", SLOWLY, 200, "ok" } };
    static const struct row bad[] = { { "too late", SLOWLY,
                                        COIL_EHTTP_IDLE_TIMEOUT, NULL } };

    if (!simulated)
        return;
    idle_limit = 700 * COIL_MILLISECOND;
    CHECK_ALL(good);
    idle_limit = COIL_NEVER;
    CHECK_ALL(good);
    idle_limit = 300 * COIL_MILLISECOND;
    CHECK_ALL(bad);
    idle_limit = 0;
}

STREAM_TEST(http2_client_frames_that_make_a_response_none)
{
    static const struct row rows[] = {
        { "no status", ASKED "headers +eh @1 f:x=y; data +es @1 t:ok",
          COIL_EHTTP_MALFORMED, NULL },
        { "a name in upper case",
          ASKED "headers +eh @1 f::status=200 f:X=y; data +es @1 t:ok",
          COIL_EHTTP_MALFORMED, NULL },
        { "a head without a field", ASKED "headers +eh @1; data +es @1 t:ok",
          COIL_EHTTP_MALFORMED, NULL },
        { "a head that is too large",
          ASKED "headers +eh @1 f::status=200 x:00 x:0178 x:7fe907 a:1128; "
                "data +es @1 t:ok",
          COIL_EHTTP_HEADERS_TOO_LARGE, NULL },
        { "trailers that are too large",
          ASKED "headers +eh @1 f::status=200; data @1 t:ok; "
                "headers +es +eh @1 x:00 x:0178 x:7fe907 a:1128",
          COIL_EHTTP_HEADERS_TOO_LARGE, NULL },
        { "a second head behind the body",
          ASKED "headers +eh @1 f::status=200; data @1 t:ok; "
                "headers +eh @1 f:x=y",
          COIL_EHTTP_MALFORMED, NULL },
        { "a priority of nothing", ASKED "priority @0 x:0000000000",
          COIL_EHTTP_MALFORMED, NULL },
        { "DATA before the head", ASKED "data +es @1 t:ok",
          COIL_EHTTP_MALFORMED, NULL },
    };

    CHECK_ALL(rows);
}

/*
 * A server that has not read yet that nothing is to be pushed may push.  What was
 * pushed is dropped, and the response comes.
 */
STREAM_TEST(http2_client_frames_of_a_server_that_pushes)
{
    static const struct row rows[] = {
        { "a promise", ASKED "push +eh @1 x:00000002 get; " ALL_WELL, 200,
          "ok" },
        { "a promise that is kept",
          ASKED "push +eh @1 x:00000002 get; headers +eh @2 f::status=200; "
                "data +es @2 t:pushed; " ALL_WELL,
          200, "ok" },
        { "a promise that is none",
          ASKED "push +eh @1 x:00000002 get f:X=y; " ALL_WELL, 200, "ok" },
        { "a promise with a field that must not be",
          ASKED "push +eh @1 x:00000002 get f:x=_y; " ALL_WELL, 200, "ok" },
        { "behind the settings",
          ASKED "settings +ack; push +eh @1 x:00000002 get; " ALL_WELL,
          COIL_EHTTP_MALFORMED, NULL },
    };

    CHECK_ALL(rows);
}
