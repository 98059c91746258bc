/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * A kept connection that has died since the loop looked outside last: who may
 * find that out by using it, and for whom the kernel is asked.
 */
#include <coil/http_client.h>
#include <coil/testing.h>

#include "http_test.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* ---- a server in the hands of the test ---------------------------------- */

static struct coil_http_client *client;
static struct coil_listener *listener;
static char url[64];
static size_t repeats;

static void note_repeat(void *arg, const struct coil_http_event *event)
{
    (void)arg;
    if (event->moment == COIL_HTTP_REPEATED)
        repeats++;
}

static void begin(void)
{
    struct coil_address address;

    simulated = true;
    repeats = 0;
    listener = listening(&address);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/",
             coil_address_port(&address));
    ASSERT_EQ(coil_http_client_new(
                  &client,
                  &(struct coil_http_client_options){ .watch = note_repeat }),
              0);
}

static void end(void)
{
    coil_http_client_free(client);
    coil_listener_close(listener);
}

static int accept_and_answer(void *arg)
{
    struct coil_stream **out = arg;
    char head[1000];
    size_t size;
    int rc = coil_listener_accept(listener, out);

    if (rc == 0)
        rc = coil_stream_read_until(*out, "\r\n\r\n", 4, head, sizeof head,
                                    &size);
    if (rc == 0)
        rc = coil_stream_write(*out, OK, strlen(OK));
    return rc < 0 ? rc : coil_stream_flush(*out);
}

/* Ask, over a new connection.  Returns the server's end of it. */
static struct coil_stream *ask(const char *method)
{
    struct coil_http_request request = { .url = url, .method = method };
    struct coil_http_response *response;
    struct coil_stream *far;
    struct coil_task *server = start(accept_and_answer, &far);

    ASSERT_EQ(coil_http_request(client, &request, &response), 0);
    ASSERT_STR_EQ(response->body, "ok");
    coil_http_response_free(response);
    ASSERT_EQ(end_of(server), 0);
    return far;
}

/* The server's end goes, and nobody looks before something is asked for again. */
static void ask_after_death(const char *method, coil_time work)
{
    coil_stream_abort(ask("GET"));
    coil_test_compute(work);
    coil_stream_abort(ask(method));
}

/* ---- who may guess ------------------------------------------------------ */

static int repeat_what_may_be_repeated(void *arg)
{
    (void)arg;
    begin();
    ask_after_death("GET", 0);
    ASSERT_EQ(repeats, 1);
    /* Once is enough: of this origin, the kernel is asked from now on. */
    ask_after_death("GET", 0);
    ASSERT_EQ(repeats, 1);
    end();
    return 0;
}

TEST(http_pool_guess_is_made_until_it_was_wrong)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(repeat_what_may_be_repeated, NULL, seed), 0);
}

static int ask_for_what_may_not(void *arg)
{
    (void)arg;
    begin();
    ask_after_death("POST", 0);
    settle(); /* the last connection, which has died too, is heard of */
    ask_after_death("PATCH", 0);
    ASSERT_EQ(repeats, 0);
    end();
    return 0;
}

TEST(http_pool_guess_is_not_made_for_what_may_have_an_effect)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(ask_for_what_may_not, NULL, seed), 0);
}

static int work_for_long(void *arg)
{
    (void)arg;
    begin();
    ask_after_death("GET", COIL_SECOND);
    ASSERT_EQ(repeats, 0);
    end();
    return 0;
}

TEST(http_pool_guess_is_not_made_of_what_was_idle_for_longer)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(work_for_long, NULL, seed), 0);
}
