/* SPDX-License-Identifier: MIT */
#include "http/client/proxy_tunnel.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <coil/error.h>
#include <coil/stream.h>

#include "base/memory.h"
#include "http/client/proxy_auth.h"
#include "http/wire/message.h"

/* ---- CONNECT ---------------------------------------------------------- */

enum { AUTHORITY = 253 + sizeof "[]:65535" };

/* Sets `*is_answered` if it answers a challenge by Digest. */
static int send_connect(struct coil_stream *stream,
                        const struct coil__http_proxy *proxy,
                        const struct coil__http_origin *origin,
                        bool *is_answered)
{
    bool is_ipv6 = strchr(origin->host, ':');
    char authority[AUTHORITY];
    struct coil_buffer out = { 0 };
    struct coil__http_writer w = coil__http_write_to(&out);
    int rc;

    snprintf(authority, sizeof authority, is_ipv6 ? "[%s]:%u" : "%s:%u",
             origin->host, origin->port);
    coil__http_put(&w, "CONNECT ");
    coil__http_put(&w, authority);
    coil__http_put(&w, " HTTP/1.1\r\nHost: ");
    coil__http_put(&w, authority);
    coil__http_put(&w, "\r\n");
    *is_answered = coil__http_put_proxy_user(&w, proxy, "CONNECT", authority);
    coil__http_put(&w, "\r\n");
    rc = w.rc;
    if (rc == 0)
        rc = coil_stream_write(stream, coil__buffer_bytes(&out), out.size);
    coil__buffer_fini(&out);
    return rc;
}

/* Read heads until one is final.  Returns its status, or an error. */
static int read_status(struct coil__http_reader *reader,
                       struct coil__http_block *block,
                       struct coil__http_head *head)
{
    static const struct coil__http_layout layout = { .back = 1 };

    for (int i = 0; i < 16; i++) {
        int rc = coil__http_read_head(reader, block, &layout, head, NULL, 0);

        if (rc <= 0)
            return rc < 0 ? rc : COIL_EHTTP_TRUNCATED;
        if (head->status >= 200)
            return head->status;
    }
    return COIL_EHTTP_MALFORMED;
}

int coil__http_tunnel(struct coil_stream *stream,
                      const struct coil__http_proxy *proxy,
                      const struct coil__http_origin *origin)
{
    struct coil__http_block block = { NULL, 0, NULL };
    struct coil__http_reader reader;
    struct coil__http_head head;
    bool is_answered;
    bool again = false;
    int rc = send_connect(stream, proxy, origin, &is_answered);

    if (rc < 0)
        return rc;
    coil__http_reader_init(&reader, COIL__HTTP_RESPONSE, stream,
                           COIL_HTTP_MAX_HEADER_SIZE,
                           COIL_HTTP_MAX_HEADER_LINES);
    rc = read_status(&reader, &block, &head);
    if (rc == 407)
        again = coil__http_proxy_challenge(proxy, is_answered, head.headers,
                                           head.header_count);
    coil__http_reader_fini(&reader);
    coil__free(block.memory);
    if (rc < 0 || again)
        return rc < 0 ? rc : 1;
    /* Nobody but the proxy has answered, and some say 401 to a bad password. */
    if (rc == 407 || rc == 401)
        return COIL_EHTTP_PROXY_AUTH;
    if (rc >= 300)
        return COIL_EHTTP_PROXY_REFUSED;
    /* Nobody behind the tunnel speaks before it is spoken to. */
    return coil_stream_is_stale(stream) ? COIL_EHTTP_MALFORMED : 0;
}

/* ---- SOCKS5 ----------------------------------------------------------- */

enum {
    VERSION = 5,
    BY_NOTHING = 0,
    BY_PASSWORD = 2,
    CONNECT_TO = 1,
    IPV4 = 1,
    NAME = 3,
    IPV6 = 4,
};

static int say(struct coil_stream *stream, const unsigned char *bytes,
               size_t size)
{
    return coil_stream_write(stream, bytes, size);
}

static int hear(struct coil_stream *stream, unsigned char *bytes, size_t size)
{
    int rc = coil_stream_read_exactly(stream, bytes, size, NULL);

    return rc == -EPIPE ? COIL_EHTTP_TRUNCATED : rc;
}

/* User and password (RFC 1929). */
static int log_in(struct coil_stream *stream,
                  const struct coil__http_proxy *proxy)
{
    const char *password = proxy->password ? proxy->password : "";
    size_t user_size = strlen(proxy->user);
    size_t password_size = strlen(password);
    unsigned char bytes[3 + 255 + 255];
    int rc;

    if (user_size == 0 || user_size > 255 || password_size > 255)
        return COIL_EHTTP_PROXY_AUTH;
    bytes[0] = 1;
    bytes[1] = (unsigned char)user_size;
    memcpy(bytes + 2, proxy->user, user_size);
    bytes[2 + user_size] = (unsigned char)password_size;
    memcpy(bytes + 3 + user_size, password, password_size);
    rc = say(stream, bytes, 3 + user_size + password_size);
    if (rc == 0)
        rc = hear(stream, bytes, 2);
    if (rc < 0)
        return rc;
    return bytes[1] == 0 ? 0 : COIL_EHTTP_PROXY_AUTH;
}

static int greet(struct coil_stream *stream,
                 const struct coil__http_proxy *proxy)
{
    const unsigned char hello[] = { VERSION, proxy->user ? 2 : 1, BY_NOTHING,
                                    BY_PASSWORD };
    unsigned char answer[2];
    int rc = say(stream, hello, proxy->user ? 4 : 3);

    if (rc == 0)
        rc = hear(stream, answer, 2);
    if (rc < 0)
        return rc;
    if (answer[0] != VERSION)
        return COIL_EHTTP_MALFORMED;
    if (answer[1] == BY_NOTHING)
        return 0;
    if (answer[1] == BY_PASSWORD && proxy->user)
        return log_in(stream, proxy);
    return COIL_EHTTP_PROXY_AUTH;
}

/* The origin's address as SOCKS has it.  Returns its size. */
static size_t put_target(unsigned char *out,
                         const struct coil__http_origin *origin)
{
    size_t size = strlen(origin->host);
    unsigned char *at = out + 1;

    if (inet_pton(AF_INET, origin->host, at) == 1) {
        out[0] = IPV4;
        at += 4;
    } else if (inet_pton(AF_INET6, origin->host, at) == 1) {
        out[0] = IPV6;
        at += 16;
    } else {
        out[0] = NAME;
        *at++ = (unsigned char)size;
        memcpy(at, origin->host, size);
        at += size;
    }
    *at++ = (unsigned char)(origin->port >> 8);
    *at++ = (unsigned char)origin->port;
    return (size_t)(at - out);
}

static int error_of(unsigned char reply)
{
    switch (reply) {
    case 0:
        return 0;
    case 3:
        return -ENETUNREACH;
    case 4:
        return -EHOSTUNREACH;
    case 5:
        return -ECONNREFUSED;
    case 6:
        return -ETIMEDOUT;
    default:
        return COIL_EHTTP_PROXY_REFUSED;
    }
}

/* Read the answer, and the address in it, which does not matter. */
static int hear_reply(struct coil_stream *stream)
{
    unsigned char bytes[256 + 2];
    size_t size;
    int rc = hear(stream, bytes, 5);

    if (rc < 0)
        return rc;
    if (bytes[0] != VERSION)
        return COIL_EHTTP_MALFORMED;
    rc = error_of(bytes[1]);
    if (rc < 0)
        return rc;
    if (bytes[3] == IPV4)
        size = 4 - 1 + 2;
    else if (bytes[3] == IPV6)
        size = 16 - 1 + 2;
    else if (bytes[3] == NAME)
        size = (size_t)bytes[4] + 2;
    else
        return COIL_EHTTP_MALFORMED;
    return hear(stream, bytes, size);
}

int coil__http_socks5(struct coil_stream *stream,
                      const struct coil__http_proxy *proxy,
                      const struct coil__http_origin *origin)
{
    unsigned char request[3 + 1 + 1 + 255 + 2] = { VERSION, CONNECT_TO, 0 };
    int rc = greet(stream, proxy);

    if (rc == 0)
        rc = say(stream, request, 3 + put_target(request + 3, origin));
    if (rc == 0)
        rc = hear_reply(stream);
    if (rc < 0)
        return rc;
    return coil_stream_is_stale(stream) ? COIL_EHTTP_MALFORMED : 0;
}
