/* SPDX-License-Identifier: MIT */
/*
 * A server on a listener that was made elsewhere.
 */
#include <coil/http_server.h>
#include <coil/listener.h>

#include "http_server_test.h"

STREAM_TEST(http_server_adopted_listener_is_served_and_closed)
{
    struct coil_listener *listener;
    struct coil_listener *other;

    listener = listening(&address);
    other = listening(&address);
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/hello", hello, "hello"),
              0);
    ASSERT_EQ(coil_http_server_listen_on(server, listener), 0);
    ASSERT_EQ(coil_http_server_listen_on(server, other), -EALREADY);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), -EALREADY);
    coil_listener_close(other);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), -EINVAL);

    /* After a stop it can have another one, which it closes when it is freed. */
    ASSERT_EQ(coil_http_server_listen_on(server, listening(&address)), 0);
    coil_http_server_free(server);
}
