/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Proxies that ask for Digest, and servers that say the next nonce.
 */
#include <coil/http_auth.h>
#include <coil/http_client.h>

#include "http_client_test.h"

#define WHO(nonce, more)                                                       \
    "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"r\"\r\n"            \
    "Proxy-Authenticate: Digest realm=\"r\", nonce=\"" nonce                   \
    "\", qop=\"auth\", algorithm=MD5" more "\r\nContent-Length: 0\r\n\r\n"
#define CONNECTED "HTTP/1.1 200 Connected\r\n\r\n"

static struct fake fake;
static struct coil_http_client *client;

static void begin_proxy(const struct line *lines, size_t count, bool is_tunnel)
{
    struct coil_http_client_options options = { .proxy_tunnel = is_tunnel };
    char proxy[128];

    fake_start(&fake, lines, count);
    snprintf(proxy, sizeof proxy, "http://u:p@127.0.0.1:%d",
             atoi(strrchr(fake.url, ':') + 1));
    options.proxy = proxy;
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
}

static void end_proxy(size_t connections)
{
    ASSERT_EQ(fake.said, fake.count);
    ASSERT_EQ(fake.connections, connections);
    coil_http_client_free(client);
    fake_end(&fake);
}

static int ask(void)
{
    struct coil_http_response *r;
    int rc = coil_http_get(client, "http://site.test/a?b", &r);

    if (rc == 0) {
        rc = r->status;
        coil_http_response_free(r);
    }
    return rc;
}

static bool was_heard(const char *text)
{
    return strstr(fake.heard, text);
}

/* ---- asked itself ------------------------------------------------------- */

STREAM_TEST(http_proxy_auth_answers_by_digest)
{
    static const struct line lines[] = {
        { WHO("n", ""), KEEP }, { OK(2) "ok", KEEP },
        { OK(2) "ok", KEEP },   { WHO("m", ", stale=true"), KEEP },
        { OK(2) "ok", KEEP },
    };

    begin_proxy(lines, 5, false);
    ASSERT_EQ(ask(), 200);
    ASSERT(was_heard("\r\nProxy-Authorization: Digest username=\"u\""));
    ASSERT(was_heard("uri=\"http://site.test/a?b\""));
    ASSERT(was_heard("nonce=\"n\""));
    ASSERT(was_heard("nc=00000001"));
    ASSERT(!was_heard("Basic"));
    /* Later it is not asked for. */
    ASSERT_EQ(ask(), 200);
    ASSERT(was_heard("nc=00000002"));
    ASSERT_EQ(ask(), 200);
    ASSERT(was_heard("nonce=\"m\""));
    ASSERT(was_heard("nc=00000001"));
    end_proxy(1);
}

STREAM_TEST(http_proxy_auth_gives_up)
{
    static const struct line refused[] = { { WHO("n", ""), KEEP },
                                           { WHO("m", ""), KEEP } };
    static const struct line stale[] = { { WHO("n", ""), KEEP },
                                         { WHO("m", ", stale=true"), KEEP },
                                         { WHO("o", ", stale=true"), KEEP } };
    static const struct line basic[] = {
        { "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"r\"\r\n"
          "Content-Length: 0\r\n\r\n",
          KEEP },
    };

    begin_proxy(refused, 2, false);
    ASSERT_EQ(ask(), 407);
    end_proxy(1);
    begin_proxy(stale, 3, false);
    ASSERT_EQ(ask(), 407);
    end_proxy(1);
    begin_proxy(basic, 1, false);
    ASSERT_EQ(ask(), 407);
    ASSERT(was_heard("\r\nProxy-Authorization: Basic dTpw\r\n"));
    end_proxy(1);
}

/* Who is cancelled while the question is passed over asks no more. */
STREAM_TEST(http_proxy_auth_is_cancelled_before_it_answers)
{
    static const struct line lines[] = {
        { "HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"r\", "
          "nonce=\"n\", qop=\"auth\"\r\nContent-Length: 5\r\n\r\nab",
          HANG },
        { OK(2) "ok", KEEP },
    };
    struct coil_timeout timeout;
    int rc;

    begin_proxy(lines, 2, false);
    ASSERT_EQ(coil_timeout_begin(&timeout, 50 * COIL_MILLISECOND), 0);
    rc = ask();
    ASSERT_EQ(coil_timeout_end(&timeout, rc), -ETIMEDOUT);
    ASSERT_EQ(fake.said, 1);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(ask(), 200);
    end_proxy(2);
}

/* ---- a tunnel ----------------------------------------------------------- */

STREAM_TEST(http_proxy_auth_of_a_tunnel)
{
    static const struct line lines[] = {
        { WHO("n", ""), KEEP },
        { CONNECTED, KEEP },
        { OK(2) "ok", CLOSE },
        { "HTTP/1.1 403 No\r\n\r\n", CLOSE },
    };

    begin_proxy(lines, 4, true);
    ASSERT_EQ(ask(), 200);
    ASSERT(!was_heard("Proxy-Authorization")); /* by the origin */
    coil_http_client_close_idle(client);
    ASSERT_EQ(ask(), COIL_EHTTP_PROXY_REFUSED);
    ASSERT(was_heard("CONNECT site.test:80 HTTP/1.1\r\n"));
    ASSERT(was_heard("uri=\"site.test:80\""));
    ASSERT(was_heard("nc=00000002"));
    end_proxy(3);
}

STREAM_TEST(http_proxy_auth_of_a_tunnel_gives_up)
{
    static const struct line refused[] = { { WHO("n", ""), CLOSE },
                                           { WHO("m", ""), CLOSE } };
    static const struct line stale[] = { { WHO("n", ""), CLOSE },
                                         { WHO("m", ", stale=true"), CLOSE },
                                         { WHO("o", ", stale=true"), CLOSE } };

    begin_proxy(refused, 2, true);
    ASSERT_EQ(ask(), COIL_EHTTP_PROXY_AUTH);
    end_proxy(2);
    begin_proxy(stale, 3, true);
    ASSERT_EQ(ask(), COIL_EHTTP_PROXY_AUTH);
    end_proxy(3);
}

/* A user whom Digest cannot tell is told by Basic. */
STREAM_TEST(http_proxy_auth_of_an_odd_user)
{
    static const struct line lines[] = { { WHO("n", ""), KEEP } };
    struct coil_http_client_options options = { 0 };
    char proxy[128];

    fake_start(&fake, lines, 1);
    snprintf(proxy, sizeof proxy, "http://a%%01b@127.0.0.1:%d",
             atoi(strrchr(fake.url, ':') + 1));
    options.proxy = proxy;
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    ASSERT_EQ(ask(), 407);
    ASSERT(was_heard("\r\nProxy-Authorization: Basic YQFiOg==\r\n"));
    end_proxy(1);
}

/* There is no proxy, or what was sent cannot be sent again. */
static ptrdiff_t supply_nothing(void *arg, void *buffer, size_t size)
{
    (void)arg;
    (void)buffer;
    (void)size;
    return 0;
}

STREAM_TEST(http_proxy_auth_is_for_proxies)
{
    static const struct line lines[] = { { WHO("n", ""), CLOSE } };
    const struct coil_http_source source = { .read = supply_nothing,
                                             .size = COIL_HTTP_CHUNKED };
    struct coil_http_request request = { .method = "PUT", .source = &source };
    struct coil_http_response *r;

    fake_start(&fake, lines, 1);
    client = new_client();
    request.url = fake.url;
    ASSERT_EQ(coil_http_request(client, &request, &r), 0);
    ASSERT_EQ(r->status, 407);
    coil_http_response_free(r);
    end_proxy(1);

    begin_proxy(lines, 1, false);
    request.url = "http://site.test/";
    ASSERT_EQ(coil_http_request(client, &request, &r), 0);
    ASSERT_EQ(r->status, 407);
    coil_http_response_free(r);
    end_proxy(1);
}

static int ask_without_memory(void *arg)
{
    static const struct line lines[] = { { WHO("n", ""), KEEP },
                                         { OK(2) "ok", KEEP } };

    (void)arg;
    for (size_t n = 1; n < 60; n++) {
        begin_proxy(lines, 2, false);
        coil_test_fail_allocation(n, false);
        (void)ask();
        coil_test_fail_allocation(0, false);
        coil_http_client_free(client);
        fake_end(&fake);
    }
    return 0;
}

TEST(http_proxy_auth_without_memory)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(ask_without_memory, NULL, 0), 0);
}

/* ---- the next nonce ----------------------------------------------------- */

STREAM_TEST(http_proxy_auth_takes_the_next_nonce)
{
    static const struct line lines[] = {
        { "HTTP/1.1 401 Who\r\nWWW-Authenticate: Digest realm=\"r\", "
          "nonce=\"n\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n",
          KEEP },
        { "HTTP/1.1 200 OK\r\nAuthentication-Info: qop=auth, "
          "nextnonce=\"next\", nc=00000001\r\nContent-Length: 0\r\n\r\n",
          KEEP },
        { "HTTP/1.1 200 OK\r\nAuthentication-Info: Digest nextnonce=\"\"\r\n"
          "Content-Length: 0\r\n\r\n",
          KEEP },
        { OK(2) "ok", KEEP },
    };
    const struct coil_http_header info = { "Proxy-Authentication-Info",
                                           "nextnonce=p" };
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct coil_http_auth *auth;
    char *value;

    fake_start(&fake, lines, 4);
    client = new_client();
    request.url = fake.url;
    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_DIGEST), 0);
    coil_http_auth_take_info(auth, &info, 1, true); /* nothing was asked yet */
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_http_auth_request(auth, client, &request, &r), 0);
        ASSERT_EQ(r->status, 200);
        coil_http_response_free(r);
        ASSERT(was_heard(i == 0 ? "nonce=\"n\"" : "nonce=\"next\""));
        ASSERT(was_heard(i == 2 ? "nc=00000002" : "nc=00000001"));
    }
    coil_http_auth_take_info(auth, &info, 1, false);
    coil_http_auth_take_info(auth, &info, 1, true);
    ASSERT_EQ(coil_http_auth_header(auth, "GET", "/", &value), 0);
    ASSERT(strstr(value, "nonce=\"p\""));
    coil_http_auth_free_text(value);
    coil_http_auth_free(auth);
    end_proxy(1);
}
