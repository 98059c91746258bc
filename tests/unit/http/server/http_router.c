/* SPDX-License-Identifier: MIT */
/*
 * Routers: patterns, routers within routers, middlewares, methods.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

/* Says which parameters there are. */
static int tell(struct coil_http_exchange *x, void *arg)
{
    static const char *const names[] = { "id", "name", "rest" };
    char text[500];
    size_t size = (size_t)snprintf(text, sizeof text, "%s", (char *)arg);
    int64_t number;

    for (size_t i = 0; i < 3; i++) {
        const char *value = coil_http_exchange_parameter(x, names[i]);

        if (value)
            size += (size_t)snprintf(text + size, sizeof text - size, " %s=%s",
                                     names[i], value);
    }
    if (coil_http_exchange_parameter_int(x, "id", &number) == 0)
        size += (size_t)snprintf(text + size, sizeof text - size, " (%lld)",
                                 (long long)number);
    ASSERT_NULL(coil_http_exchange_parameter(x, ""));
    ASSERT_NULL(coil_http_exchange_parameter(x, "di"));
    for (size_t i = 0; coil_http_exchange_segment(x, i); i++)
        size += (size_t)snprintf(text + size, sizeof text - size, " %zu:%s", i,
                                 coil_http_exchange_segment(x, i));
    return coil_http_respond(x, 200, NULL, text, size);
}

static struct coil_http_router *new_router(void)
{
    struct coil_http_router *router;

    ASSERT_EQ(coil_http_router_new(&router), 0);
    return router;
}

static void add(struct coil_http_router *router, const char *method,
                const char *pattern)
{
    ASSERT_EQ(coil_http_router_route(router, method, pattern, tell,
                                     (void *)(uintptr_t)pattern),
              0);
}

static struct coil_http_router *begin(void)
{
    serve_defaults();
    return coil_http_server_router(server);
}

STREAM_TEST(http_router_takes_parameters_with_types)
{
    struct coil_http_router *root = begin();

    add(root, "GET", "/int/{id:int}");
    add(root, "GET", "/int/{name}");
    add(root, "GET", "/uuid/{id:uuid}/x");
    add(root, "GET", "/any/{}/{:int}");
    add(root, "GET", "/deep/*rest");
    add(root, "GET", "/late/*id");
    add(root, "GET", "/open/{id");
    add(root, "GET", "/100%");
    ASSERT_STR_EQ(body_in(get("/int/-17")), "/int/{id:int} id=-17 (-17) 0:-17");
    ASSERT_STR_EQ(body_in(get("/int/123456789012345678")),
                  "/int/{id:int} id=123456789012345678 (123456789012345678) "
                  "0:123456789012345678");
    ASSERT_STR_EQ(body_in(get("/int/1234567890123456789")),
                  "/int/{name} name=1234567890123456789 0:1234567890123456789");
    ASSERT_STR_EQ(body_in(get("/int/1x")), "/int/{name} name=1x 0:1x");
    ASSERT_STR_EQ(body_in(get("/int/-")), "/int/{name} name=- 0:-");
    ASSERT_STR_EQ(body_in(get("/int/%31")), "/int/{name} name=1 0:1");
    ASSERT_EQ(status_in(get("/int/")), 404);
    ASSERT_EQ(status_in(get("/uuid/1/x")), 404);
    ASSERT_EQ(status_in(get("/uuid/123e4567xe89b-12d3-a456-426614174000/x")),
              404);
    ASSERT_STR_CONTAINS(get("/uuid/123e4567-e89b-12d3-a456-42661417400F/x"),
                        "id=123e4567-e89b-12d3-a456-42661417400F");
    ASSERT_STR_EQ(body_in(get("/any/a%2Fb/7")), "/any/{}/{:int} 0:a/b 1:7");
    ASSERT_STR_EQ(body_in(get("/deep/a/b%20c")),
                  "/deep/*rest rest=a/b c 0:a/b c");
    /* A number for who asks has no more digits than one of a pattern. */
    ASSERT_STR_EQ(body_in(get("/late/-17")), "/late/*id id=-17 (-17) 0:-17");
    ASSERT_STR_EQ(body_in(get("/late/9999999999999999999")),
                  "/late/*id id=9999999999999999999 0:9999999999999999999");
    ASSERT_STR_EQ(body_in(get("/late/1-2")), "/late/*id id=1-2 0:1-2");
    ASSERT_STR_EQ(body_in(get("/late/")), "/late/*id id= 0:");
    ASSERT_STR_EQ(body_in(get("/open/%7Bid")), "/open/{id");
    ASSERT_STR_EQ(body_in(get("/100%25")), "/100%");
    ASSERT_STR_EQ(body_in(get("/%6fpen/{id")), "/open/{id");
    end_server();
}

STREAM_TEST(http_router_within_others)
{
    struct coil_http_router *root = begin();
    struct coil_http_router *users = new_router();
    struct coil_http_router *files = new_router();

    add(files, "GET", "/*rest");
    add(users, "GET", "/");
    add(users, "POST", "/");
    add(users, "GET", "/{name}");
    ASSERT_EQ(coil_http_router_mount(users, "/{id:int}/files", files), 0);
    ASSERT_EQ(coil_http_router_mount(root, "/users", users), 0);
    add(root, "GET", "/users/{}/late/{name}");

    ASSERT_STR_EQ(body_in(get("/users")), "/");
    ASSERT_STR_EQ(body_in(get("/users/")), "/");
    ASSERT_STR_EQ(body_in(get("/users/jo")), "/{name} name=jo 0:jo");
    ASSERT_STR_EQ(body_in(get("/users/3/files/a/b")),
                  "/*rest id=3 rest=a/b (3) 0:3 1:a/b");
    ASSERT_STR_EQ(body_in(get("/users/3/files")),
                  "/*rest id=3 rest= (3) 0:3 1:");
    /* What a router within does not serve goes on. */
    ASSERT_STR_EQ(body_in(get("/users/x/late/y")),
                  "/users/{}/late/{name} name=y 0:x 1:y");
    ASSERT_EQ(status_in(get("/usersx")), 404);
    ASSERT_STR_CONTAINS(ask("PUT /users HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "405 Method Not Allowed\r\n"
                        "Allow: GET, HEAD, POST, OPTIONS\r\n");
    end_server();
}

STREAM_TEST(http_router_refuses_what_cannot_be)
{
    struct coil_http_router *a = new_router();
    struct coil_http_router *b = new_router();
    struct coil_http_router *c;

    ASSERT_EQ(coil_http_router_route(a, "GET", "/{x:float}", tell, NULL),
              -EINVAL);
    ASSERT_EQ(coil_http_router_route(a, "GET", "/{x:itn}", tell, NULL),
              -EINVAL);
    ASSERT_EQ(coil_http_router_route(a, "GET", "/{x y}", tell, NULL), -EINVAL);
    ASSERT_EQ(coil_http_router_route(a, "GET", "/*x y", tell, NULL), -EINVAL);
    ASSERT_EQ(coil_http_router_route(a, "GET", "/a*", tell, NULL), -EINVAL);
    ASSERT_EQ(coil_http_router_route(a, "GET", "/{}/{}/{}/{}/{}/{}/{}/{}/{}",
                                     tell, NULL),
              -EINVAL);
    ASSERT_EQ(coil_http_router_route(a, "GET", "/*x/y", tell, NULL), -EINVAL);
    ASSERT_EQ(coil_http_router_mount(a, "/*", b), -EINVAL);
    ASSERT_EQ(coil_http_router_mount(a, "x", b), -EINVAL);
    ASSERT_EQ(coil_http_router_mount(a, "/x", a), -EINVAL);
    ASSERT_EQ(coil_http_router_route(b, "GET", "/{}/{}/{}", tell, NULL), 0);
    ASSERT_EQ(coil_http_router_mount(a, "/{}/{}/{}/{}/{}/{}", b), -EINVAL);
    ASSERT_EQ(coil_http_router_mount(a, "/{}/{}/{}/{}/{}", b), 0);
    ASSERT_EQ(coil_http_router_mount(a, "/b", b), -EINVAL);
    ASSERT_EQ(coil_http_router_mount(b, "/a", a), -EINVAL);
    c = new_router();
    ASSERT_EQ(coil_http_router_mount(c, "/{}/c", a), -EINVAL);
    coil_http_router_free(c);
    ASSERT_EQ(coil_http_router_route(b, "GET", "/{}/{}/{}/{}", tell, NULL),
              -EINVAL);
    for (int i = 3; i <= 8; i++) {
        c = new_router();
        ASSERT_EQ(coil_http_router_mount(b, "/", c), 0);
        b = c;
    }
    c = new_router();
    ASSERT_EQ(coil_http_router_mount(b, "/", c), -EINVAL);
    coil_http_router_free(c);
    coil_http_router_free(a);
}

/* ---- methods ---------------------------------------------------------- */

STREAM_TEST(http_router_serves_any_method)
{
    struct coil_http_router *root = begin();

    add(root, "PURGE", "/cache");
    add(root, "m-search", "/cache");
    ASSERT_STR_EQ(body_in(ask("PURGE /cache HTTP/1.1\r\n" HOST CLOSE "\r\n")),
                  "/cache");
    ASSERT_EQ(status_in(ask("m-search /cache HTTP/1.0\r\n\r\n")), 200);
    ASSERT_EQ(status_in(ask("M-SEARCH /cache HTTP/1.0\r\n\r\n")), 405);
    ASSERT_EQ(status_in(ask("PURGE /hello HTTP/1.0\r\n\r\n")), 405);
    ASSERT_EQ(status_in(ask("PURGE /nowhere HTTP/1.0\r\n\r\n")), 404);
    ASSERT_EQ(status_in(ask(" /cache HTTP/1.0\r\n\r\n")), 400);
    ASSERT_EQ(status_in(ask("HEAD /cache HTTP/1.0\r\n\r\n")), 405);
    ASSERT_STR_CONTAINS(
        ask("OPTIONS /cache HTTP/1.1\r\n" HOST CLOSE "\r\n"),
        "204 No Content\r\nAllow: PURGE, m-search, OPTIONS\r\n");
    ASSERT_STR_CONTAINS(ask("OPTIONS * HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "204 No Content\r\n"
                        "Allow: GET, HEAD, POST, PURGE, m-search, OPTIONS\r\n");
    ASSERT_EQ(status_in(ask("OPTIONS /nowhere HTTP/1.1\r\n" HOST CLOSE "\r\n")),
              404);
    /* One's own answer comes first. */
    add(root, "OPTIONS", "/own");
    ASSERT_STR_EQ(body_in(ask("OPTIONS /own HTTP/1.1\r\n" HOST CLOSE "\r\n")),
                  "/own");
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* A method that nobody knows, not even a route for all methods. */
STREAM_TEST(http_router_does_not_know_all_methods)
{
    struct coil_http_router *inner;

    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    add(coil_http_server_router(server), "GET", "/");
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
    inner = new_router();
    add(inner, "SEARCH", "/");
    ASSERT_EQ(
        coil_http_router_mount(coil_http_server_router(server), "/", inner), 0);
    ASSERT_EQ(status_in(ask("FETCH / HTTP/1.0\r\n\r\n")), 501);
    ASSERT_EQ(status_in(ask("SEARCH / HTTP/1.0\r\n\r\n")), 200);
    ASSERT_EQ(status_in(ask("SEARCH /nowhere HTTP/1.0\r\n\r\n")), 404);
    ASSERT_STR_CONTAINS(ask("OPTIONS * HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "Allow: GET, HEAD, SEARCH, OPTIONS\r\n");
    ASSERT_EQ(status_in(ask("FETCH /nowhere HTTP/1.0\r\n\r\n")), 501);
    ASSERT_EQ(status_in(ask("DELETE / HTTP/1.0\r\n\r\n")), 405);
    end_server();
}

/* ---- middlewares ------------------------------------------------------ */

static char steps[200];

static int step(struct coil_http_exchange *x, void *arg)
{
    int rc;

    strcat(steps, arg);
    rc = coil_http_exchange_next(x);
    strcat(steps, arg);
    if (rc == 0)
        ASSERT_EQ(coil_http_exchange_next(x), -EALREADY);
    return rc;
}

static int guard(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    if (!coil_http_exchange_header(x, "X-Key"))
        return coil_http_respond(x, 401, NULL, "who?", 4);
    if (coil_http_respond_header(x, "X-Guard", "passed") < 0)
        return -ENOMEM;
    return coil_http_exchange_next(x);
}

static int mend(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_exchange_next(x);

    (void)arg;
    return rc == -EIO ? coil_http_respond(x, 502, NULL, "mended", 6) : rc;
}

STREAM_TEST(http_router_passes_requests_through_middlewares)
{
    struct coil_http_router *root = begin();
    struct coil_http_router *inner = new_router();

    add(inner, "GET", "/a");
    ASSERT_EQ(coil_http_router_route(inner, "GET", "/fail", fail_at_once, NULL),
              0);
    ASSERT_EQ(coil_http_router_use(inner, step, "3"), 0);
    ASSERT_EQ(coil_http_router_use(inner, guard, NULL), 0);
    ASSERT_EQ(coil_http_router_use(inner, mend, NULL), 0);
    ASSERT_EQ(coil_http_router_mount(root, "/in", inner), 0);
    ASSERT_EQ(coil_http_router_use(root, step, "1"), 0);
    ASSERT_EQ(coil_http_router_use(root, step, "2"), 0);

    steps[0] = '\0';
    ASSERT_EQ(status_in(get("/in/a")), 401);
    ASSERT_STR_EQ(steps, "123321");
    steps[0] = '\0';
    ASSERT_STR_CONTAINS(
        ask("GET /in/a HTTP/1.1\r\nX-Key: k\r\n" HOST CLOSE "\r\n"),
        "X-Guard: passed\r\n");
    ASSERT_STR_EQ(steps, "123321");
    ASSERT_STR_EQ(
        body_in(ask("GET /in/fail HTTP/1.1\r\nX-Key: k\r\n" HOST CLOSE "\r\n")),
        "mended");
    steps[0] = '\0';
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    ASSERT_STR_EQ(steps, "1221");
    steps[0] = '\0';
    ASSERT_EQ(status_in(get("/nowhere")), 404);
    ASSERT_STR_EQ(steps, "1221");
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* ---- without memory --------------------------------------------------- */

TEST(http_router_needs_memory_for_each_part)
{
    struct coil_http_router *a = new_router();
    struct coil_http_router *b;

    for (size_t n = 1; n <= 3; n++) {
        coil_test_fail_allocation(n, false);
        ASSERT_EQ(coil_http_router_route(a, "GET", "/a", tell, NULL), -ENOMEM);
    }
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_http_router_new(&b), -ENOMEM);
    b = new_router();
    for (size_t n = 1; n <= 2; n++) {
        coil_test_fail_allocation(n, false);
        ASSERT_EQ(coil_http_router_mount(a, "/b", b), -ENOMEM);
    }
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_http_router_use(a, tell, NULL), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_http_router_mount(a, "/b", b), 0);
    coil_http_router_free(a);
}
