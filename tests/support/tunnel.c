/* SPDX-License-Identifier: MIT */
#include "tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <coil/stream.h>

char tunnel_heard[512];
size_t tunnel_count;
const char *tunnel_refusal;

static int say(struct coil_stream *stream, const void *bytes, size_t size)
{
    int rc = coil_stream_write(stream, bytes, size);

    return rc < 0 ? rc : coil_stream_flush(stream);
}

int be_connect_proxy(struct coil_stream *stream, void *unused)
{
    static const char yes[] = "HTTP/1.1 200 Connected\r\n\r\n";
    size_t length;
    int rc = coil_stream_read_until(stream, "\r\n\r\n", 4, tunnel_heard,
                                    sizeof tunnel_heard - 1, &length);

    (void)unused;
    if (rc < 0)
        return rc;
    tunnel_count++;
    tunnel_heard[length] = '\0';
    if (!tunnel_refusal)
        return say(stream, yes, strlen(yes));
    rc = say(stream, tunnel_refusal, strlen(tunnel_refusal));
    return rc < 0 ? rc : -ECONNREFUSED;
}

int be_socks_proxy(struct coil_stream *stream, void *unused)
{
    unsigned char bytes[512];
    size_t size;
    int rc = coil_stream_read_exactly(stream, bytes, 3, NULL);

    (void)unused;
    if (rc == 0)
        rc = say(stream, "\5\0", 2);
    if (rc == 0)
        rc = coil_stream_read_exactly(stream, bytes, 5, NULL);
    if (rc < 0)
        return rc;
    if (memcmp(bytes, "\5\1\0\3", 4) != 0)
        return -EPROTO;
    size = bytes[4];
    rc = coil_stream_read_exactly(stream, bytes, size + 2, NULL);
    if (rc < 0)
        return rc;
    tunnel_count++;
    snprintf(tunnel_heard, sizeof tunnel_heard, "%.*s:%d", (int)size,
             (const char *)bytes, bytes[size] * 256 + bytes[size + 1]);
    if (!tunnel_refusal)
        return say(stream, "\5\0\0\1\0\0\0\0\0\0", 10);
    rc = say(stream, tunnel_refusal, 10);
    return rc < 0 ? rc : -ECONNREFUSED;
}
