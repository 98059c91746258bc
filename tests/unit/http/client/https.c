/* SPDX-License-Identifier: MIT */
/*
 * https: the client and the server over TLS.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/http_versions.h>
#include <coil/tls.h>

#include "http_client_test.h"
#include "tls_test.h"

static struct coil_http_server *server;
static struct coil_task *serving;
static struct coil_http_client *client;
static char url[64];

static int answer(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return coil_http_respond(x, 200, "text/plain", "secret\n", 7);
}

static int answer_much(struct coil_http_exchange *x, void *arg)
{
    enum { SIZE = 200000 };
    unsigned char *bytes = make_bytes(SIZE);
    int rc = coil_http_respond(x, 200, NULL, bytes, SIZE);

    (void)arg;
    free(bytes);
    return rc;
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static void open_server(struct coil_tls_context *context)
{
    struct coil_address address;

    ASSERT_EQ(
        coil_http_server_new(
            &server, &(struct coil_http_server_options){ .tls = context }),
        0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/", answer, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/much", answer_much, NULL),
              0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    serving = start(serve, NULL);
}

static void close_server(void)
{
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

static void open_all(void)
{
    tls_world_open();
    open_server(world.server_context);
    ASSERT_EQ(coil_http_client_new(&client,
                                   &(struct coil_http_client_options){
                                       .tls = world.client_context }),
              0);
}

static void close_all(void)
{
    coil_http_client_free(client);
    close_server();
    tls_world_close();
}

static void fetch_and_check(void)
{
    struct coil_http_response *response;

    ASSERT_EQ(coil_http_get(client, url, &response), 0);
    ASSERT_EQ(response->status, 200);
    ASSERT_STR_EQ(response->body, "secret\n");
    coil_http_response_free(response);
}

SOCKET_TEST(https_is_fetched_over_one_connection)
{
    open_all();
    fetch_and_check();
    fetch_and_check();
    settle();
    fetch_and_check();
    ASSERT_EQ(coil_http_client_connections(client), 1);
    close_all();
}

SOCKET_TEST(https_reports_when_it_was_secure)
{
    struct coil_http_report report;
    struct coil_http_request request = { .report = &report };
    struct coil_http_response *response;

    open_all();
    request.url = url;
    ASSERT_EQ(coil_http_request(client, &request, &response), 0);
    ASSERT_GE(report.secured, report.connected);
    ASSERT_GE(report.sent, report.secured);
    ASSERT_STR_EQ(coil_http_moment_name(COIL_HTTP_SECURED), "secured");
    ASSERT_STR_EQ(coil_http_moment_name((enum coil_http_moment)99), "");
    coil_http_response_free(response);
    close_all();
}

SOCKET_TEST(https_carries_much)
{
    struct coil_http_response *response;

    open_all();
    strcat(url, "much");
    ASSERT_EQ(coil_http_get(client, url, &response), 0);
    ASSERT_EQ(response->body_size, 200000);
    check_bytes((const unsigned char *)response->body, 0, response->body_size);
    coil_http_response_free(response);
    close_all();
}

SOCKET_TEST(https_of_a_server_that_nobody_trusts_fails)
{
    struct coil_http_response *response;
    struct coil_http_client *other;

    open_all();
    ASSERT_EQ(coil_http_client_new(&other, NULL), 0);
    ASSERT_EQ(coil_http_get(other, url, &response),
              COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER);
    ASSERT_EQ(coil_http_client_connections(other), 0);
    coil_http_client_free(other);
    fetch_and_check();
    close_all();
}

SOCKET_TEST(https_by_a_context_of_the_client_itself)
{
    const struct coil_tls_client_options tls = { .without_verification = true };
    struct coil_http_client *other;
    struct coil_http_response *response;

    open_all();
    ASSERT_EQ(coil_http_client_new(
                  &other,
                  &(struct coil_http_client_options){
                      .tls = world.client_context, .tls_options = &tls }),
              -EINVAL);
    ASSERT_EQ(coil_http_client_new(&other,
                                   &(struct coil_http_client_options){
                                       .tls_options =
                                           &(struct coil_tls_client_options){
                                               .ca_file = "/nonexistent" } }),
              -ENOENT);
    ASSERT_EQ(
        coil_http_client_new(
            &other, &(struct coil_http_client_options){ .tls_options = &tls }),
        0);
    ASSERT_EQ(coil_http_get(other, url, &response), 0);
    ASSERT_EQ(response->status, 200);
    coil_http_response_free(response);
    coil_http_client_free(other);
    ASSERT_NULL(coil_http_missing_tls());
    close_all();
}

SOCKET_TEST(https_of_a_server_without_tls_fails)
{
    struct coil_http_response *response;

    open_all();
    close_server();
    open_server(NULL);
    ASSERT_EQ(coil_http_get(client, url, &response), COIL_ETLS_NOT_TLS);
    close_all();
}

SOCKET_TEST(https_clients_that_say_nothing_are_sent_home)
{
    struct coil_address address;
    struct coil_stream *silent;
    char byte;

    open_all();
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    ASSERT_EQ(coil_tcp_connect_address(&silent, &address), 0);
    settle();
    close_all();
    ASSERT_EQ(coil_stream_read(silent, &byte, 1), 0);
    coil_stream_abort(silent);
}

SOCKET_TEST(https_resumes_the_session_of_an_earlier_connection)
{
    open_all();
    fetch_and_check();
    for (int i = 0; i < 3; i++) {
        coil_http_client_close_idle(client);
        fetch_and_check();
    }
    close_all();
}

static int redirect(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Location", arg);

    return rc < 0 ? rc : coil_http_respond(x, 302, NULL, "", 0);
}

/* Another server, of plain HTTP or of https, whose "/" leads to `where`. */
struct leader {
    struct coil_http_server *server;
    struct coil_task *serving;
    char url[64];
};

static int serve_leader(void *arg)
{
    return coil_http_server_serve(arg);
}

static void open_leader(struct leader *leader, struct coil_tls_context *tls,
                        char *where)
{
    struct coil_address address;

    ASSERT_EQ(
        coil_http_server_new(&leader->server,
                             &(struct coil_http_server_options){ .tls = tls }),
        0);
    ASSERT_EQ(
        coil_http_server_route(leader->server, "GET", "/", redirect, where), 0);
    ASSERT_EQ(coil_http_server_listen(leader->server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(leader->server, &address), 0);
    snprintf(leader->url, sizeof leader->url, "%s://127.0.0.1:%u/",
             tls ? "https" : "http", (unsigned)coil_address_port(&address));
    leader->serving = start(serve_leader, leader->server);
}

static void close_leader(struct leader *leader)
{
    coil_http_server_stop(leader->server, 0);
    ASSERT_EQ(end_of(leader->serving), 0);
    coil_http_server_free(leader->server);
}

SOCKET_TEST(https_is_where_a_redirect_leads)
{
    struct coil_http_response *response;
    struct leader leader;

    open_all();
    open_leader(&leader, NULL, url);
    ASSERT_EQ(coil_http_get(client, leader.url, &response), 0);
    ASSERT_STR_EQ(response->body, "secret\n");
    ASSERT_EQ(response->hop_count, 1);
    ASSERT_STR_EQ(response->url, url);
    coil_http_response_free(response);
    close_leader(&leader);
    /* From https to https as well. */
    open_leader(&leader, world.server_context, url);
    ASSERT_EQ(coil_http_get(client, leader.url, &response), 0);
    ASSERT_STR_EQ(response->body, "secret\n");
    ASSERT_EQ(response->hop_count, 1);
    coil_http_response_free(response);
    close_leader(&leader);
    close_all();
}

/* Down to http only if that was asked for, and without what was secret. */
SOCKET_TEST(https_is_not_left_for_http)
{
    static const struct coil_http_header secrets[] = {
        { "Authorization", "secret" },
        { "Cookie", "secret=1" },
        { "Proxy-Authorization", "secret" },
    };
    static const struct line lines[] = { { OK(2) "ok", KEEP } };
    struct coil_http_request request = { .headers = secrets,
                                         .header_count = 3 };
    struct coil_http_response *response;
    struct coil_http_client *careless;
    struct leader leader;
    struct fake fake;

    open_all();
    fake_start(&fake, lines, 1);
    open_leader(&leader, world.server_context, fake.url);
    request.url = leader.url;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_DOWNGRADE);
    ASSERT_EQ(fake.connections, 0);
    fetch_and_check();

    ASSERT_EQ(coil_http_client_new(
                  &careless,
                  &(struct coil_http_client_options){
                      .tls = world.client_context, .allow_downgrade = true }),
              0);
    response = send_request(careless, &request);
    ASSERT_STR_EQ(response->body, "ok");
    ASSERT_STR_EQ(response->url, fake.url);
    ASSERT(!strstr(fake.heard, "secret"));
    coil_http_response_free(response);
    coil_http_client_free(careless);
    close_leader(&leader);
    fake_end(&fake);
    close_all();
}

/* ---- connections that are cut off --------------------------------------- */

static struct coil_listener *cutter;
static size_t cuts; /* how many requests meet the end of their connection */
static size_t answers;

/* Answer a request, and end the connection without a word at the next one. */
static int answer_or_cut(struct coil_stream *s)
{
    const struct coil_tls_start start = { .context = world.server_context };
    char head[1000];
    size_t size;
    int rc = coil_tls_start_server(s, &start);

    while (rc == 0) {
        rc = coil_stream_read_until(s, "\r\n\r\n", 4, head, sizeof head, &size);
        if (rc < 0 || (cuts > 0 && cuts-- > 0))
            break;
        answers++;
        rc = coil_stream_write(s, OK(2) "ok", strlen(OK(2) "ok"));
        if (rc == 0)
            rc = coil_stream_flush(s);
    }
    return rc == -ECANCELED ? rc : 0;
}

static int serve_and_cut(void *arg)
{
    int rc;

    (void)arg;
    do {
        struct coil_stream *s;

        rc = coil_listener_accept(cutter, &s);
        if (rc < 0)
            break;
        rc = answer_or_cut(s);
        coil_stream_abort(s);
    } while (rc == 0);
    return rc;
}

/* It is a loss like that of a connection without TLS. */
SOCKET_TEST(https_is_asked_again_where_a_connection_was_cut_off)
{
    static const struct coil_http_retry soon = { .repeats = 3,
                                                 .first_delay =
                                                     COIL_MILLISECOND };
    struct coil_http_request request = { .url = url };
    struct coil_address address;
    struct coil_task *task;

    tls_world_open();
    ASSERT_EQ(coil_http_client_new(&client,
                                   &(struct coil_http_client_options){
                                       .tls = world.client_context }),
              0);
    cutter = listening(&address);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    task = start(serve_and_cut, NULL);
    answers = cuts = 0;
    coil_http_response_free(send_request(client, &request));
    /* Of a connection that was used before, at once. */
    cuts = 1;
    coil_http_response_free(send_request(client, &request));
    ASSERT_EQ(answers, 2);
    /* Of a new one, as the policy says. */
    coil_http_client_close_idle(client);
    cuts = 1;
    ASSERT_EQ(fail_request(client, &request), COIL_ETLS_TRUNCATED);
    cuts = 2;
    request.retry = &soon;
    coil_http_response_free(send_request(client, &request));
    ASSERT_EQ(answers, 3);
    coil_http_client_free(client);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    coil_listener_close(cutter);
    tls_world_close();
}
