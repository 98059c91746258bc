/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <coil/http_events.h>
#include <coil/http_metrics.h>

#include "echo.h"
#include "request.h"

#define MAX_STREAM_LINES 100
#define MAX_EVENTS 100
#define MAX_RANDOM_BYTES (100 * 1024)
#define MAX_DRIP_BYTES (10 * 1024 * 1024)

/* ---- what the request was --------------------------------------------- */

static int answer_get(struct request *request)
{
    return respond_echo(request, ECHO_OF_GET);
}

/* /post, and its like for other methods. */
static int answer_post(struct request *request)
{
    return respond_echo(request, ECHO_ARGS | ECHO_BODY | ECHO_HEADERS |
                                     ECHO_JSON | ECHO_ORIGIN | ECHO_URL);
}

static int answer_anything(struct request *request)
{
    return respond_echo(request, ECHO_ARGS | ECHO_BODY | ECHO_HEADERS |
                                     ECHO_JSON | ECHO_METHOD | ECHO_ORIGIN |
                                     ECHO_URL);
}

static int answer_headers(struct request *request)
{
    return respond_echo(request, ECHO_HEADERS);
}

static int answer_ip(struct request *request)
{
    return respond_echo(request, ECHO_ORIGIN);
}

static int answer_user_agent(struct request *request)
{
    json_t *object;
    json_t *agent;
    int rc = echo_request(request->exchange, ECHO_HEADERS, &object);

    if (rc < 0)
        return rc;
    agent = json_object_get(json_object_get(object, "headers"), "User-Agent");
    agent = agent ? json_incref(agent) : json_null();
    json_decref(object);
    return respond_pair(request, "user-agent", agent);
}

/* ---- a certain response ----------------------------------------------- */

static const struct special_status {
    int status;
    const char *header;
    const char *value;
    const char *body;
} special_statuses[] = {
    { 301, "Location", "/redirect/1", "" },
    { 302, "Location", "/redirect/1", "" },
    { 303, "Location", "/redirect/1", "" },
    { 305, "Location", "/redirect/1", "" },
    { 307, "Location", "/redirect/1", "" },
    { 308, "Location", "/redirect/1", "" },
    { 401, "WWW-Authenticate", "Basic realm=\"Fake Realm\"", "" },
    { 407, "Proxy-Authenticate", "Basic realm=\"Fake Realm\"", "" },
    { 418, "X-More-Info", "http://tools.ietf.org/html/rfc2324",
      "I am a teapot.\n" },
};

static int answer_status(struct request *request)
{
    const char *body = "";
    int status;

    if (!get_count(request, &status) || status < 200 || status > 599)
        return respond_text(request, 400, "Invalid status code\n");
    for (size_t i = 0; i < sizeof special_statuses / sizeof *special_statuses;
         i++) {
        const struct special_status *special = &special_statuses[i];
        int rc;

        if (special->status != status)
            continue;
        body = special->body;
        rc = coil_http_respond_header(request->exchange, special->header,
                                      special->value);
        if (rc < 0)
            return rc;
    }
    return respond_text(request, status, body);
}

/* Redirect to /KIND/N-1, and in the end to /get. */
COIL_SUSPENDS static int redirect(struct request *request, const char *kind,
                                  bool absolute)
{
    const char *host = coil_http_exchange_header(request->exchange, "Host");
    char location[512];
    char path[64];
    int n;
    int rc;

    if (!get_count(request, &n) || n == 0)
        return respond_text(request, 400, "N must be a number from 1\n");
    if (n == 1)
        snprintf(path, sizeof path, "/get");
    else
        snprintf(path, sizeof path, "/%s/%d", kind, n - 1);
    /* The server has refused what is too long for a host. */
    snprintf(location, sizeof location, "%s%s%s",
             absolute && host ? "http://" : "", absolute && host ? host : "",
             path);
    rc = coil_http_respond_header(request->exchange, "Location", location);
    if (rc < 0)
        return rc;
    return respond_text(request, 302, "");
}

static int answer_relative_redirect(struct request *request)
{
    return redirect(request, "relative-redirect", false);
}

static int answer_absolute_redirect(struct request *request)
{
    return redirect(request, "absolute-redirect", true);
}

static int answer_redirect(struct request *request)
{
    if (strcmp(argument_or(request, "absolute", ""), "true") == 0)
        return answer_absolute_redirect(request);
    return answer_relative_redirect(request);
}

/* Redirect to the argument `url`, whatever that is. */
static int answer_redirect_to(struct request *request)
{
    const char *url = coil_http_exchange_argument(request->exchange, "url");
    int status;
    int rc;

    if (!url)
        return respond_text(request, 400, "The argument url is missing\n");
    if (!parse_count(argument_or(request, "status_code", "302"), &status))
        return respond_text(request, 400, "Invalid status code\n");
    if (status < 300 || status > 399)
        status = 302;
    rc = coil_http_respond_header(request->exchange, "Location", url);
    if (rc == COIL_EHTTP_BAD_HEADER)
        return respond_text(request, 400, "Not a URL\n");
    return rc < 0 ? rc : respond_text(request, status, "");
}

/* Numbers that look random: the same for the same seed (splitmix64). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int answer_bytes(struct request *request)
{
    uint64_t state = (uint64_t)coil_now();
    unsigned char *bytes;
    const char *seed;
    int count;
    int rc;

    if (!get_count(request, &count))
        return respond_text(request, 400, "N must be a number\n");
    if (count > MAX_RANDOM_BYTES)
        count = MAX_RANDOM_BYTES;
    seed = coil_http_exchange_argument(request->exchange, "seed");
    if (seed)
        state = strtoull(seed, NULL, 10);

    bytes = malloc((size_t)count + 1);
    if (!bytes)
        return -ENOMEM;
    for (int i = 0; i < count; i++)
        bytes[i] = (unsigned char)next_random(&state);
    rc =
        respond(request, 200, "application/octet-stream", bytes, (size_t)count);
    free(bytes);
    return rc;
}

/* ---- a response that takes its time ----------------------------------- */

static int answer_delay(struct request *request)
{
    const char *text = coil_http_exchange_segment(request->exchange, 0);
    coil_time delay;
    int rc;

    if (!parse_seconds(text, MAX_DELAY, &delay))
        return respond_text(request, 400, "Not a number of seconds\n");
    rc = coil_sleep(delay);
    if (rc < 0)
        return rc;
    return respond_echo(request, ECHO_ARGS | ECHO_BODY | ECHO_HEADERS |
                                     ECHO_ORIGIN | ECHO_URL);
}

COIL_SUSPENDS static int write_line(struct request *request, json_t *object)
{
    char *text = json_dumps(object, JSON_ENSURE_ASCII);
    size_t length;
    int rc;

    if (!text)
        return -ENOMEM;
    /* The line ends in place of the NUL. */
    length = strlen(text);
    text[length] = '\n';
    rc = coil_http_write(request->exchange, text, length + 1);
    free(text);
    return rc;
}

static int answer_stream(struct request *request)
{
    json_t *object;
    int lines;
    int rc;

    if (!get_count(request, &lines))
        return respond_text(request, 400, "N must be a number\n");
    if (lines > MAX_STREAM_LINES)
        lines = MAX_STREAM_LINES;
    rc = echo_request(request->exchange,
                      ECHO_ARGS | ECHO_HEADERS | ECHO_ORIGIN | ECHO_URL,
                      &object);
    if (rc < 0)
        return rc;
    rc = coil_http_begin(request->exchange, 200, "application/json",
                         COIL_HTTP_CHUNKED);
    for (int i = 0; rc == 0 && i < lines; i++) {
        if (json_object_set_new(object, "id", json_integer(i)) < 0)
            rc = -ENOMEM;
        else
            rc = write_line(request, object);
    }
    json_decref(object);
    return rc;
}

/* Write `count` bytes spread evenly over `duration`, the first one at once. */
COIL_SUSPENDS static int drip(struct request *request, int count,
                              coil_time duration)
{
    double pause = (double)duration / count;
    coil_time start = coil_now();
    char stars[1024];
    int sent = 0;
    int rc = 0;

    memset(stars, '*', sizeof stars);
    while (rc == 0 && sent < count) {
        coil_time now = coil_now();
        coil_time next = start + (coil_time)(pause * sent);
        int left = count - sent;
        double due;
        int piece;

        if (next > now) {
            /* A timer for each of very many would be too much. */
            if (next < now + COIL_MILLISECOND)
                next = now + COIL_MILLISECOND;
            rc = coil_sleep_until(next);
            continue;
        }
        /* All that is late already, but in pieces. */
        due = pause > 0 ? (double)(now - next) / pause + 1 : left;
        piece = due < (double)sizeof stars ? (int)due : (int)sizeof stars;
        if (piece > left)
            piece = left;
        if (piece == left)
            request_is_served(request);
        rc = coil_http_write(request->exchange, stars, (size_t)piece);
        sent += piece;
    }
    return rc;
}

static int answer_drip(struct request *request)
{
    coil_time duration;
    coil_time delay;
    int count;
    int status;
    int rc;

    if (!parse_seconds(argument_or(request, "duration", "2"), MAX_DURATION,
                       &duration) ||
        !parse_seconds(argument_or(request, "delay", "0"), MAX_DELAY, &delay))
        return respond_text(request, 400, "Not a number of seconds\n");
    if (!parse_count(argument_or(request, "numbytes", "10"), &count) ||
        count == 0)
        return respond_text(request, 400, "number of bytes must be positive\n");
    if (!parse_count(argument_or(request, "code", "200"), &status) ||
        status < 200 || status > 599)
        return respond_text(request, 400, "Invalid status code\n");
    if (count > MAX_DRIP_BYTES)
        count = MAX_DRIP_BYTES;

    rc = coil_sleep(delay);
    if (rc == 0)
        rc = coil_http_begin(request->exchange, status,
                             "application/octet-stream", count);
    if (rc == 0)
        rc = drip(request, count, duration);
    return rc;
}

COIL_SUSPENDS static int send_ping(struct request *request, int id)
{
    struct timespec time;
    char data[64];

    clock_gettime(CLOCK_REALTIME, &time);
    snprintf(data, sizeof data, "{\"id\":%d,\"timestamp\":%lld}", id,
             (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000);
    return coil_http_send_event(
        request->exchange,
        &(struct coil_http_sent_event){ .name = "ping", .data = data });
}

/* `count` events spread evenly over `duration`, as those of go-httpbin. */
static int answer_sse(struct request *request)
{
    coil_time duration;
    coil_time delay;
    int count;
    int rc;

    if (!parse_seconds(argument_or(request, "duration", "5"), MAX_DURATION,
                       &duration) ||
        !parse_seconds(argument_or(request, "delay", "0"), MAX_DELAY, &delay))
        return respond_text(request, 400, "Not a number of seconds\n");
    if (!parse_count(argument_or(request, "count", "10"), &count) ||
        count == 0 || count > MAX_EVENTS)
        return respond_text(request, 400, "count must be from 1 to 100\n");
    rc = coil_sleep(delay);
    if (rc == 0)
        rc = coil_http_begin_events(request->exchange);
    for (int i = 0; rc == 0 && i < count; i++) {
        if (i == count - 1)
            request_is_served(request);
        rc = send_ping(request, i);
        if (rc == 0 && i < count - 1)
            rc = coil_sleep(duration / count);
    }
    return rc;
}

/* ---- the table -------------------------------------------------------- */

static int answer_index(struct request *request);
static int answer_inflight(struct request *request);
static int answer_metrics(struct request *request);

static const struct route {
    const char *method; /* NULL: any */
    const char *pattern;
    answer_fn answer;
    bool counts; /* as a request in flight, and takes the time of one */
} routes[] = {
    { "GET", "/", answer_index, true },
    { "GET", "/get", answer_get, true },
    { "POST", "/post", answer_post, true },
    { "PUT", "/put", answer_post, true },
    { "PATCH", "/patch", answer_post, true },
    { "DELETE", "/delete", answer_post, true },
    { NULL, "/anything", answer_anything, true },
    { NULL, "/anything/*", answer_anything, true },
    { "GET", "/headers", answer_headers, true },
    { "GET", "/ip", answer_ip, true },
    { "GET", "/user-agent", answer_user_agent, true },
    { NULL, "/status/{}", answer_status, true },
    { NULL, "/delay/{}", answer_delay, true },
    { "GET", "/stream/{}", answer_stream, true },
    { "GET", "/bytes/{}", answer_bytes, true },
    { "GET", "/drip", answer_drip, true },
    { "GET", "/redirect/{}", answer_redirect, true },
    { "GET", "/relative-redirect/{}", answer_relative_redirect, true },
    { "GET", "/absolute-redirect/{}", answer_absolute_redirect, true },
    { NULL, "/redirect-to", answer_redirect_to, true },
    { "GET", "/sse", answer_sse, true },
    { "GET", "/range/{}", answer_range, true },
    { "GET", "/etag/{}", answer_etag, true },
    { "GET", "/cache", answer_cache, true },
    { "GET", "/cache/{}", answer_cache_control, true },
    { "GET", "/gzip", answer_gzip, true },
    { "GET", "/deflate", answer_deflate, true },
    { "GET", "/brotli", answer_brotli, true },
    { "GET", "/zstd", answer_zstd, true },
    { "GET", "/cookies", answer_cookies, true },
    { "GET", "/cookies/set", answer_set_cookies, true },
    { "GET", "/cookies/set/{}/{}", answer_set_cookie, true },
    { "GET", "/cookies/delete", answer_delete_cookies, true },
    { "GET", "/basic-auth/{}/{}", answer_basic_auth, true },
    { "GET", "/hidden-basic-auth/{}/{}", answer_hidden_basic_auth, true },
    { "GET", "/bearer", answer_bearer, true },
    { "GET", "/digest-auth/{}/{}/{}", answer_digest_auth, true },
    { "GET", "/ws", answer_ws, false },
    { "GET", "/ws/delay/{}", answer_ws_delay, false },
    { "GET", "/ws/pieces/{}", answer_ws_pieces, false },
    { "GET", "/ws/count/{}", answer_ws_count, false },
    { "GET", "/ws/close/{}", answer_ws_close, false },
    { "GET", "/ws/hangup", answer_ws_hangup, false },
    { "GET", "/inflight", answer_inflight, false },
    { "GET", "/metrics", answer_metrics, false },
    { NULL, "/fault/{}/*", answer_fault, true },
};

#define ROUTE_COUNT (sizeof routes / sizeof routes[0])

static int answer_index(struct request *request)
{
    char text[4096] = "";
    size_t used = 0;

    for (size_t i = 0; i < ROUTE_COUNT && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%-6s  %s\n",
                                 routes[i].method ? routes[i].method : "any",
                                 routes[i].pattern);
    return respond_text(request, 200, text);
}

/* The most requests ever served at once; this one does not count. */
static int answer_inflight(struct request *request)
{
    const struct httpbin *httpbin = request->httpbin;

    return respond_pair(request, "inflight",
                        json_integer((json_int_t)httpbin->inflight_most));
}

static int answer_metrics(struct request *request)
{
    return coil_http_metrics_page(request->exchange, NULL);
}

static int set_headers(struct coil_http_exchange *exchange)
{
    const char *origin = coil_http_exchange_header(exchange, "Origin");
    int rc;

    rc = coil_http_respond_header(exchange, "Access-Control-Allow-Origin",
                                  origin && *origin ? origin : "*");
    if (rc < 0)
        return rc;
    return coil_http_respond_header(exchange,
                                    "Access-Control-Allow-Credentials", "true");
}

static void count(struct httpbin *httpbin)
{
    size_t now = atomic_fetch_add(&httpbin->inflight, 1) + 1;
    size_t most = atomic_load(&httpbin->inflight_most);

    while (most < now &&
           !atomic_compare_exchange_weak(&httpbin->inflight_most, &most, now))
        continue;
}

/*
 * Serve a request.  It is in flight from here, where its head has been read,
 * until the last of its response is about to be written.
 *
 * Over loopback that is some 50 µs: requests that are under way together would
 * hardly ever meet here, and whoever wants to see a client fetch three at a time
 * would see one.  So each takes a little while, as it would from a server that
 * is not in the same machine; --latency 0 says otherwise.
 */
COIL_SUSPENDS static int serve_counted(struct request *request,
                                       answer_fn answer)
{
    struct httpbin *httpbin = request->httpbin;
    int rc = 0;

    request->counted = true;
    count(httpbin);
    if (httpbin->latency > 0)
        rc = coil_sleep(httpbin->latency);
    if (rc == 0)
        rc = answer(request);
    request_is_served(request);
    return rc;
}

/* A route and the server it belongs to: what a handler is given. */
struct binding {
    struct httpbin *httpbin;
    const struct route *route;
};

static int serve(struct coil_http_exchange *exchange, void *arg)
{
    const struct binding *binding = arg;
    struct request request = {
        .httpbin = binding->httpbin,
        .exchange = exchange,
    };
    int rc = set_headers(exchange);

    if (rc < 0)
        return rc;
    if (!binding->route->counts)
        return binding->route->answer(&request);
    return serve_counted(&request, binding->route->answer);
}

/* What all loops share. */
static struct binding bindings[ROUTE_COUNT];

void bind_routes(struct httpbin *httpbin)
{
    for (size_t i = 0; i < ROUTE_COUNT; i++)
        bindings[i] = (struct binding){ httpbin, &routes[i] };
}

int add_routes(struct coil_http_server *server)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < ROUTE_COUNT; i++)
        rc = coil_http_server_route(server, routes[i].method, routes[i].pattern,
                                    serve, &bindings[i]);
    return rc;
}
