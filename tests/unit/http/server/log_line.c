/* SPDX-License-Identifier: MIT */
/*
 * What the access log says of clients without an address, and of those that
 * have come through a Unix socket.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <coil/http_server.h>
#include <coil/listener.h>
#include <coil/stream_pair.h>

#include "http/server/log_line.h"

#include "stream_test.h"

static void put_line(char out[500], struct coil_stream *stream, bool is_http2)
{
    struct coil__http_channel channel = { .stream = stream };
    struct coil_http_exchange x = {
        .head = { .method = "GET", .minor = 1, .is_http2 = is_http2 },
        .channel = &channel
    };
    struct coil_buffer line = { 0 };

    x.path = "/";
    x.query = "";
    ASSERT_EQ(coil__log_line(&line, &x, COIL_HTTP_LOG_COMBINED), 0);
    snprintf(out, 500, "%.*s", (int)line.size,
             (const char *)coil__buffer_bytes(&line));
    coil__buffer_fini(&line);
}

static void log_a_pair(void)
{
    struct coil_stream *pair[2];
    char line[500];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    put_line(line, pair[0], false);
    ASSERT_MEM_EQ(line, "- - - [", 7);
    ASSERT_STR_CONTAINS(line, "\"GET / HTTP/1.1\"");
    put_line(line, pair[0], true);
    ASSERT_STR_CONTAINS(line, "\"GET / HTTP/2.0\"");
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
}

TEST(log_line_of_a_client_without_an_address)
{
    run_on_kernel(log_a_pair);
}

KERNEL_TEST(log_line_of_a_client_of_a_unix_socket)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    struct sockaddr_un own = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct coil_listener *listener;
    struct coil_stream *stream;
    char line[500];

    /* An abstract name: there is no file. */
    snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "coil-log-%d",
             (int)getpid());
    ASSERT_OK(bind(fd, (const struct sockaddr *)&name, sizeof name));
    ASSERT_OK(listen(fd, 1));
    ASSERT_EQ(coil_listener_adopt(&listener, &fd, 1), 0);
    /* The client has a name, too, with a colon that stands before no port. */
    memcpy(own.sun_path + 1, name.sun_path + 1, sizeof own.sun_path - 1);
    memcpy(own.sun_path + 1, "a:b", 3);
    ASSERT_OK(bind(client, (const struct sockaddr *)&own, sizeof own));
    ASSERT_OK(connect(client, (const struct sockaddr *)&name, sizeof name));
    ASSERT_EQ(coil_listener_accept(listener, &stream), 0);
    put_line(line, stream, false);
    ASSERT_STR_CONTAINS(line, "a:b");
    ASSERT_STR_CONTAINS(line, " - - [");
    ASSERT_STR_CONTAINS(line, "\"GET / HTTP/1.1\" 0 0 \"-\" \"-\" ");
    coil_stream_abort(stream);
    coil_listener_close(listener);
    close(client);
}
