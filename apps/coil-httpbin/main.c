/* SPDX-License-Identifier: MIT */
/*
 * coil-httpbin - a server that tells its clients what they asked for
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/http_metrics.h>

#include "request.h"

/* How long requests in progress may take to end when the server is stopped. */
#define GRACE (1 * COIL_SECOND)

static const char usage[] =
    "Usage: coil-httpbin [OPTION]...\n"
    "Answer HTTP requests with JSON that describes them, as httpbin.org does.\n"
    "\n"
    "  --host HOST     listen on HOST (127.0.0.1)\n"
    "  --port PORT     listen on PORT (8080); 0: a free one\n"
    "  --loops N       serve on N processors (1); 0: on all\n"
    "  --latency MS    let every request take MS milliseconds at least (20)\n"
    "  --help          print this and exit\n"
    "  --version       print the version and exit\n"
    "\n"
    "  /get /post /put /patch /delete /anything /headers /ip /user-agent\n"
    "                  what the request was\n"
    "  /status/N /redirect/N /redirect-to /bytes/N /gzip /deflate /brotli /zstd\n"
    "                  a response of this kind\n"
    "  /etag/X /cache /cache/N /range/N\n"
    "                  what has not changed, and parts\n"
    "  /cookies /bearer /basic-auth/USER/WORD /digest-auth/auth/USER/WORD\n"
    "                  who asks\n"
    "  /delay/N /drip /stream/N /sse\n"
    "                  a response that takes its time\n"
    "  /ws /ws/delay/SECONDS /ws/pieces/N\n"
    "                  a WebSocket that sends back what it gets: at once, late,\n"
    "                  or in frames of N bytes\n"
    "  /ws/count/N /ws/close/CODE?reason=TEXT /ws/hangup\n"
    "                  a WebSocket that sends N messages, or ends in this way\n"
    "  /inflight       the most requests ever served at once\n"
    "  /metrics        what is counted, for Prometheus\n"
    "  /fault/KIND/    broken responses, for tests of clients\n";

struct options {
    const char *host;
    uint16_t port;
    coil_time latency;
    unsigned loops;
    struct coil_http_metrics *metrics; /* of all loops */
};

/* What a loop has of it. */
struct part {
    struct coil_http_server *server;
    struct coil_signal_handler on_term;
    struct coil_signal_handler on_int;
};

/* ---- signals ---------------------------------------------------------- */

static void leave_signals_to_coil(struct part *part)
{
    struct coil_loop *loop = coil_loop_current();

    coil_loop_remove_signal_handler(loop, &part->on_term);
    coil_loop_remove_signal_handler(loop, &part->on_int);
}

/* The next signal cancels what is left, and the one after that kills. */
static void stop(void *arg)
{
    struct part *part = arg;

    leave_signals_to_coil(part);
    coil_http_server_stop(part->server, GRACE);
}

/* A signal reaches each loop. */
static int stop_on_signals(struct part *part)
{
    struct coil_loop *loop = coil_loop_current();
    int rc =
        coil_loop_add_signal_handler(loop, &part->on_term, SIGTERM, stop, part);

    if (rc < 0)
        return rc;
    return coil_loop_add_signal_handler(loop, &part->on_int, SIGINT, stop,
                                        part);
}

/* ---- the server ------------------------------------------------------- */

COIL_SUSPENDS static int listen_on(struct coil_http_server *server,
                                   const struct options *options)
{
    static struct coil_listener_group group;
    const struct coil_tcp_listen_options together = { .group = &group };
    char text[COIL_ADDRESS_STRING];
    struct coil_listener *listener;
    struct coil_address address;
    int rc;

    rc = coil_tcp_listen_with(&listener, options->host, options->port,
                              &together);
    if (rc < 0)
        return rc;
    rc = coil_http_server_listen_on(server, listener);
    if (rc < 0)
        coil_listener_close(listener);
    if (rc < 0 || coil_loops_index() > 0)
        return rc;
    coil_listener_address(listener, &address);
    printf("coil-httpbin listening on http://%s\n",
           coil_address_string(&address, text));
    /* Whoever waits for this line may be behind a pipe. */
    fflush(stdout);
    return 0;
}

static int start(void *arg)
{
    static const struct coil_http_server_options limits = {
        .max_body_size = 8 * 1024 * 1024,
    };
    const struct options *options = arg;
    struct part part = { .server = NULL };
    int rc;

    rc = coil_http_server_new(&part.server, &limits);
    if (rc < 0)
        return rc;
    rc = add_routes(part.server);
    /* Before anybody is told that the server is there. */
    if (rc == 0)
        rc = stop_on_signals(&part);
    if (rc == 0)
        rc = coil_http_router_use(coil_http_server_router(part.server),
                                  coil_http_metrics_count, options->metrics);
    if (rc == 0)
        rc = listen_on(part.server, options);
    if (rc == 0)
        rc = coil_http_server_serve(part.server);
    leave_signals_to_coil(&part);
    coil_http_server_free(part.server);
    return rc;
}

/* ---- the command line ------------------------------------------------- */

static long parse_number(const char *option, const char *text, long max)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    if (errno || end == text || *end || number < 0 || number > max) {
        fprintf(stderr,
                "coil-httpbin: %s: \"%s\" is not a number from 0 to %ld\n",
                option, text, max);
        exit(2);
    }
    return number;
}

static struct options parse_options(int argc, char **argv)
{
    static const struct option names[] = {
        { "help", no_argument, NULL, 'h' },
        { "host", required_argument, NULL, 'H' },
        { "latency", required_argument, NULL, 'l' },
        { "loops", required_argument, NULL, 'n' },
        { "port", required_argument, NULL, 'p' },
        { "version", no_argument, NULL, 'v' },
        { NULL, 0, NULL, 0 },
    };
    struct options options = {
        .host = "127.0.0.1",
        .port = 8080,
        .latency = 20 * COIL_MILLISECOND,
        .loops = 1,
    };
    int name;

    while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (name) {
        case 'h':
            fputs(usage, stdout);
            exit(0);
        case 'v':
            puts("coil-httpbin " COIL_VERSION_STRING);
            exit(0);
        case 'H':
            options.host = optarg;
            break;
        case 'l':
            options.latency =
                parse_number("--latency", optarg, 60000) * COIL_MILLISECOND;
            break;
        case 'n':
            options.loops = (unsigned)parse_number("--loops", optarg, 1024);
            break;
        case 'p':
            options.port = (uint16_t)parse_number("--port", optarg, 65535);
            break;
        default:
            fputs("Try coil-httpbin --help.\n", stderr);
            exit(2);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "coil-httpbin: \"%s\" is no option\n", argv[optind]);
        exit(2);
    }
    return options;
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv);
    struct httpbin httpbin = { .latency = options.latency };
    int rc;

    bind_routes(&httpbin);
    rc = coil_http_metrics_new(&options.metrics, NULL);
    if (rc == 0)
        rc = coil_loops_run(options.loops, start, &options);
    coil_http_metrics_free(options.metrics);

    if (rc >= 0 || coil_error_signal(rc))
        return coil_run_status(rc);
    fprintf(stderr, "coil-httpbin: cannot serve on %s, port %u: %s\n",
            options.host, options.port, coil_strerror(rc));
    return 1;
}
