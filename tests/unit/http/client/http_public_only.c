/* SPDX-License-Identifier: MIT */
/*
 * A client that connects to public addresses only: which they are, and that
 * nothing gets around it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <coil/http_client.h>
#include <coil/resolver.h>

#include "http/client/public_only.h"
#include "http_client_test.h"

static struct coil_address address_of(const char *text)
{
    struct coil_address a = { .length = sizeof(struct sockaddr_in) };
    struct sockaddr_in *in = (void *)&a.storage;
    struct sockaddr_in6 *in6 = (void *)&a.storage;

    if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
        a.storage.ss_family = AF_INET;
        return a;
    }
    ASSERT_EQ(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
    a.storage.ss_family = AF_INET6;
    a.length = sizeof *in6;
    return a;
}

TEST(http_public_only_knows_public_addresses)
{
    static const char *const texts[] = {
        "1.1.1.1",          "8.8.8.8",         "9.255.255.255",
        "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
        "126.255.255.255",  "128.0.0.0",       "169.253.255.255",
        "172.15.255.255",   "172.32.0.0",      "192.0.1.0",
        "192.167.255.255",  "192.169.0.0",     "198.17.255.255",
        "198.20.0.0",       "223.255.255.255", "2606:4700::1111",
        "2a00::1",          "2001:4860::8888", "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8", "2400:cb00::1",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct coil_address a = address_of(texts[i]);

        if (!coil__http_is_public(&a))
            ASSERT_STR_EQ(texts[i], "public");
    }
}

TEST(http_public_only_knows_special_addresses)
{
    static const char *const texts[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "3fff::1",
        "5f00::1",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct coil_address a = address_of(texts[i]);

        if (coil__http_is_public(&a))
            ASSERT_STR_EQ(texts[i], "special");
    }
}

static int outcome(struct coil_http_client *client, const char *host,
                   unsigned port)
{
    char url[128];

    snprintf(url, sizeof url, "http://%s:%u/", host, port);
    return fail_request(client, &(struct coil_http_request){ .url = url });
}

/* There is a server, and it is never reached. */
TEST(http_public_only_keeps_what_is_public)
{
    struct coil_address a[4] = { { .length = 0 } };
    struct sockaddr_in in = { .sin_family = AF_INET };

    for (size_t i = 0; i < 4; i++) {
        in.sin_addr.s_addr =
            htonl(i % 2 ? 0x08080800 + (uint32_t)i : 0x7f000001);
        memcpy(&a[i].storage, &in, sizeof in);
        a[i].length = sizeof in;
    }
    a[2].storage.ss_family = AF_UNIX;
    ASSERT(!coil__http_is_public(&a[2]));
    ASSERT_EQ(coil__http_keep_public(a, 4), 2);
    memcpy(&in, &a[1].storage, sizeof in);
    ASSERT_EQ(ntohl(in.sin_addr.s_addr), 0x08080803);
}

SOCKET_TEST(http_public_only_connects_nowhere_else)
{
    static const char *const hosts[] = {
        "127.0.0.1",          "localhost", "a.localhost", "[::1]",
        "[::ffff:127.0.0.1]", "127.0.0.2", "0.0.0.0",
    };
    static const struct line lines[] = { { OK(0), KEEP } };
    struct coil_http_client *client;
    struct coil_address address;
    struct fake fake;

    ASSERT_EQ(
        coil_http_client_new(
            &client, &(struct coil_http_client_options){ .public_only = true }),
        0);
    fake_start(&fake, lines, 1);
    coil_listener_address(fake.listener, &address);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        ASSERT_EQ(outcome(client, hosts[i], coil_address_port(&address)),
                  COIL_EHTTP_NOT_PUBLIC);
    settle();
    ASSERT_EQ(fake.connections, 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- names and redirects -------------------------------------------------- */

/* "public.test" first, and another address each time after that. */
static bool has_turned;

static int look_up(struct coil_lookup *lookup, void *arg)
{
    static const struct {
        const char *name;
        const char *addresses[2];
    } names[] = {
        { "public.test", { "93.184.216.34", NULL } },
        { "private.test", { "10.0.0.1", "fd00::1" } },
        { "mapped.test", { "::ffff:10.0.0.1", NULL } },
        { "both.test", { "10.0.0.1", "93.184.216.34" } },
        { "turned.test", { "93.184.216.34", NULL } },
    };
    int rc = 0;

    (void)arg;
    lookup->ttl = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(lookup->host, names[i].name) != 0)
            continue;
        for (size_t n = 0; rc == 0 && n < 2 && names[i].addresses[n]; n++) {
            bool is_turned = has_turned && i == 4;
            struct coil_address a =
                address_of(is_turned ? "10.0.0.1" : names[i].addresses[n]);

            rc = coil_lookup_add(lookup, &a);
        }
    }
    return rc;
}

static struct coil_http_client *make_client(void)
{
    static const struct coil_resolver_source source = { .name = "script",
                                                        .look_up = look_up };
    struct coil_http_client *client;

    ASSERT_EQ(coil_resolver_configure(
                  &(struct coil_resolver_options){ .source = &source }),
              0);
    ASSERT_EQ(
        coil_http_client_new(
            &client, &(struct coil_http_client_options){ .public_only = true }),
        0);
    return client;
}

/* The two servers are on the simulator's network alone. */
static int lead_astray(void *arg)
{
    static const char *const targets[] = {
        "http://10.0.0.1/",          "http://private.test/",
        "http://mapped.test/",       "http://localhost/",
        "http://[::ffff:10.0.0.1]/", "//127.0.0.1/",
        "http://169.254.169.254/",
    };
    struct coil_http_client *client = make_client();
    char text[200];
    struct line lines[] = { { text, KEEP } };
    static const struct line never[] = { { OK(0), KEEP } };
    struct fake outside, inside;

    (void)arg;
    simulated = true;
    fake_start_at(&outside, "93.184.216.34", 80, lines, 1);
    fake_start_at(&inside, "10.0.0.1", 80, never, 1);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        snprintf(text, sizeof text,
                 "HTTP/1.1 302 Found\r\nLocation: %s\r\n"
                 "Content-Length: 0\r\n\r\n",
                 targets[i]);
        outside.said = 0;
        ASSERT_EQ(outcome(client, "public.test", 80), COIL_EHTTP_NOT_PUBLIC);
        ASSERT_EQ(outside.said, 1);
    }
    ASSERT_EQ(outcome(client, "private.test", 80), COIL_EHTTP_NOT_PUBLIC);

    /* Where there is an address that is public, it is taken. */
    snprintf(text, sizeof text, OK(2) "ok");
    outside.said = 0;
    coil_http_response_free(fetch(client, "http://both.test/"));
    ASSERT_EQ(outside.said, 1);

    /* A name that means something else the next time. */
    has_turned = false;
    outside.said = 0;
    coil_http_response_free(fetch(client, "http://turned.test/"));
    coil_http_client_close_idle(client);
    has_turned = true;
    ASSERT_EQ(outcome(client, "turned.test", 80), COIL_EHTTP_NOT_PUBLIC);
    ASSERT_EQ(inside.connections, 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&outside);
    fake_end(&inside);
    return 0;
}

TEST(http_public_only_is_not_led_astray)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lead_astray, NULL, seed), 0);
}

/* A proxy would connect in the client's stead. */
TEST(http_public_only_has_no_proxy)
{
    struct coil_http_client_options options = { .public_only = true,
                                                .proxy = "socks5://h" };
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, &options), -EINVAL);
    options =
        (struct coil_http_client_options){ .public_only = true,
                                           .proxy_from_environment = true };
    setenv("https_proxy", "http://h:1", 1);
    ASSERT_EQ(coil_http_client_new(&client, &options), -EINVAL);
    unsetenv("https_proxy");
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    coil_http_client_free(client);
}
