/* SPDX-License-Identifier: MIT */
/*
 * fleet.c - many hosts that are slow, fail, limit, and watch their client
 *
 *   fleet [OPTION]... serve   serve until SIGTERM or SIGINT.  The first line of the
 *                             output has the port.  SIGUSR1 prints the report, as
 *                             GET /report of each host does; the end does so, too
 *   fleet [OPTION]... list    print the URLs: "priority<TAB>URL"
 *   fleet [OPTION]... script  print what happens to each URL: number, host,
 *                             priority, microseconds, bytes, fault, attempts that
 *                             meet it
 *   fleet kinds               print the kinds of hostile answers
 *
 * A host has an address of 127/8, so it needs no name and is one for every client;
 * or one of another net (--net 10.1), which this machine must have.
 * URLs are /u/NUMBER; besides there are /status/N, /hostile/KIND, /robots.txt.
 * The options are listed by --help.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include <coil.h>
#include <coil/http_server.h>
#include <coil/tls.h>

#include "../bench.h"
#include "hostile.h"
#include "record.h"
#include "script.h"

enum { MOST_HOSTS = 10000, MOST_SIZE = 1024 * 1024, STALL_FACTOR = 4 };

struct host {
    uint32_t index;
    struct coil_http_server *server;
};

static struct script script = {
    .seed = 1,
    .hosts = 100,
    .urls = 100000,
    .priorities = 8,
    .faults = 50,
    .limited = 20,
    .least_us = 2000,
    .most_us = 30000,
    .least_size = 100,
    .most_size = 20000,
    .failures = 2,
    .window = 1,
    .limit = 4,
    .global_limit = 0,
    .settle_us = 1000000,
    .slack_us = 150000,
    .patience_us = 500000,
};
static struct host *hosts;
static long port;
static bool has_robots;
static bool has_delay;
static const char *chain_file, *key_file;
static char body[2 * MOST_SIZE];

/* ---- faults ----------------------------------------------------------- */

/* The socket of a connection, which coil does not show: the one with its ends. */
static int find_socket(struct coil_stream *stream)
{
    struct coil_address peer;

    coil_stream_peer_address(stream, &peer);
    for (int fd = 3, misses = 0; misses < 64; fd++) {
        struct sockaddr_storage other;
        socklen_t length = sizeof other;

        if (getpeername(fd, (struct sockaddr *)&other, &length) < 0) {
            misses += errno == EBADF;
            continue;
        }
        if (length == peer.length && memcmp(&other, &peer.storage, length) == 0)
            return fd;
    }
    return -1;
}

static int answer_reset(struct coil_http_exchange *exchange)
{
    const struct linger none = { .l_onoff = 1 };
    struct coil_stream *stream = coil_http_exchange_hijack(exchange);
    int fd = find_socket(stream);

    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return 0;
}

/* Half of what was promised, and the end. */
static int answer_cut(struct coil_http_exchange *exchange, uint32_t size)
{
    struct coil_stream *stream = coil_http_exchange_hijack(exchange);
    char head[64];
    int length =
        snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", size + 1);
    int rc = coil_stream_write(stream, head, (size_t)length);

    return rc < 0 ? rc : coil_stream_write(stream, body, size / 2);
}

static int answer_nothing(struct coil_http_exchange *exchange)
{
    coil_http_exchange_hijack(exchange);
    return 0;
}

/* 429, with Retry-After as a number of seconds or as a date. */
static int answer_limited(struct coil_http_exchange *exchange,
                          const struct plan *plan)
{
    coil_time until = coil_now() + script.window * COIL_SECOND;
    char text[64];
    int rc;

    snprintf(text, sizeof text, "%u", script.window);
    if (plan->fault == FAULT_DATED) {
        struct timespec now;
        struct tm parts;
        time_t then;

        /* A date has whole seconds: the next one that is not now. */
        clock_gettime(CLOCK_REALTIME, &now);
        then = now.tv_sec + (time_t)script.window;
        gmtime_r(&then, &parts);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        until -= now.tv_nsec;
    }
    rc = coil_http_respond_header(exchange, "Retry-After", text);
    record_limited(plan, until);
    return rc < 0 ? rc
                  : coil_http_respond(exchange, 429, "text/plain", "wait\n", 5);
}

static int answer_fault(struct coil_http_exchange *exchange,
                        const struct plan *plan)
{
    switch (plan->fault) {
    case FAULT_STATUS:
        return coil_http_respond(exchange, 500, "text/plain", "broken\n", 7);
    case FAULT_RESET:
        return answer_reset(exchange);
    case FAULT_CUT:
        return answer_cut(exchange, plan->size);
    case FAULT_STALL:
        return answer_nothing(exchange);
    default:
        return answer_limited(exchange, plan);
    }
}

/* ---- answers ---------------------------------------------------------- */

/* How long the client waits for its answer. */
static coil_time latency_of(const struct plan *plan, unsigned attempt)
{
    coil_time latency = plan->latency_us * COIL_MICROSECOND;

    if (plan->fault == FAULT_STALL && attempt <= plan->failures)
        latency += STALL_FACTOR * script.most_us * COIL_MICROSECOND;
    return latency;
}

/* It does not matter to the fleet that a client has gone. */
static int forgive(int rc)
{
    return rc == -ECANCELED ? rc : 0;
}

static int answer_url(struct coil_http_exchange *exchange, void *arg)
{
    struct host *host = arg;
    struct plan plan;
    int64_t number;
    unsigned attempt;
    coil_time latency;
    int rc = coil_http_exchange_parameter_int(exchange, "number", &number);

    if (rc < 0 || number < 0 || number >= script.urls)
        return coil_http_respond(exchange, 404, NULL, "", 0);
    plan = script_plan(&script, (uint32_t)number);
    if (plan.host != host->index)
        return coil_http_respond(exchange, 421, NULL, "", 0);
    record_agent(coil_http_exchange_header(exchange, "User-Agent"));
    attempt = record_arrival(&plan, (uint32_t)number);
    latency = latency_of(&plan, attempt);
    rc = latency > 0 ? coil_sleep(latency) : 0;
    record_departure(&plan);
    if (rc < 0)
        return rc;
    if (attempt <= plan.failures)
        return forgive(answer_fault(exchange, &plan));
    rc = coil_http_respond(exchange, 200, "text/plain",
                           body + number % MOST_SIZE, plan.size);
    if (rc == 0)
        record_fetched(&plan, (uint32_t)number);
    return forgive(rc);
}

static int answer_status(struct coil_http_exchange *exchange, void *unused)
{
    int64_t status;
    int rc = coil_http_exchange_parameter_int(exchange, "status", &status);

    (void)unused;
    if (rc < 0 || status < 200 || status > 599)
        status = 404;
    return forgive(
        coil_http_respond(exchange, (int)status, "text/plain", "so\n", 3));
}

static int answer_robots(struct coil_http_exchange *exchange, void *unused)
{
    static const char rules[] = "User-agent: *\nDisallow: /private/\n";
    static const char slow[] = "User-agent: *\nCrawl-delay: 1\n";

    (void)unused;
    record_robots();
    if (!has_robots)
        return coil_http_respond(exchange, 404, NULL, "", 0);
    return has_delay ? coil_http_respond(exchange, 200, "text/plain", slow,
                                         sizeof slow - 1)
                     : coil_http_respond(exchange, 200, "text/plain", rules,
                                         sizeof rules - 1);
}

static int answer_report(struct coil_http_exchange *exchange, void *unused)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    int rc = -ENOMEM;

    (void)unused;
    if (file) {
        record_print(file, coil_http_exchange_argument(exchange, "hosts"));
        fclose(file);
        rc = coil_http_respond(exchange, 200, "application/json", text, size);
    }
    free(text);
    return rc;
}

/* ---- servers ---------------------------------------------------------- */

static const struct {
    const char *pattern;
    coil_http_handler_fn answer;
} routes[] = {
    { "/u/{number:int}", answer_url },
    { "/status/{status:int}", answer_status },
    { "/hostile/{kind}", hostile_answer },
    { "/robots.txt", answer_robots },
    { "/report", answer_report },
};

/* Listens at once.  The first host may choose the port, the others follow. */
static int make_server(struct host *host,
                       const struct coil_http_server_options *options)
{
    char address[16];
    int rc = coil_http_server_new(&host->server, options);

    for (size_t i = 0; rc == 0 && i < sizeof routes / sizeof routes[0]; i++)
        rc = coil_http_server_route(host->server, "GET", routes[i].pattern,
                                    routes[i].answer, host);
    script_address(host->index, address);
    if (rc == 0)
        rc = coil_http_server_listen(host->server, address, (uint16_t)port);
    if (rc == 0 && port == 0) {
        struct coil_address at;

        rc = coil_http_server_address(host->server, &at);
        port = coil_address_port(&at);
    }
    return rc;
}

/* A free port of the first host may be taken at another one: then try again. */
static int make_servers(const struct coil_http_server_options *options)
{
    long wanted = port;
    int rc = 0;

    for (int attempt = 0; attempt < 20; attempt++) {
        port = wanted;
        for (uint32_t i = 0; rc == 0 && i < script.hosts; i++)
            rc = make_server(&hosts[i], options);
        if (rc != -EADDRINUSE || wanted != 0)
            return rc;
        for (uint32_t i = 0; i < script.hosts; i++) {
            coil_http_server_free(hosts[i].server);
            hosts[i].server = NULL;
        }
        rc = 0;
    }
    return -EADDRINUSE;
}

static int serve_host(void *arg)
{
    struct host *host = arg;

    return coil_http_server_serve(host->server);
}

static void print_report(void *unused)
{
    (void)unused;
    record_print(stdout, false);
}

static int serve_all(void)
{
    static struct coil_signal_handler on_usr1;
    struct coil_task_group group;
    int rc = coil_loop_add_signal_handler(coil_loop_current(), &on_usr1,
                                          SIGUSR1, print_report, NULL);

    if (rc < 0)
        return rc;
    printf("fleet listening on port %ld\n", port);
    fflush(stdout);
    rc = coil_task_group_begin(&group);
    if (rc == 0) {
        for (uint32_t i = 0; rc == 0 && i < script.hosts; i++)
            rc = coil_task_group_create(&group, NULL, serve_host, &hosts[i]);
        rc = coil_task_group_end(&group, rc);
    }
    coil_loop_remove_signal_handler(coil_loop_current(), &on_usr1);
    return rc;
}

static int serve(void *unused)
{
    const struct coil_tls_server_options tls = {
        .certificates = { { chain_file, key_file } }
    };
    struct coil_http_server_options options = {
        .max_connections = COIL_HTTP_UNLIMITED,
        .idle_timeout = COIL_NEVER,
        .min_rate = COIL_HTTP_UNLIMITED,
    };
    int rc = record_begin(&script);

    (void)unused;
    hosts = calloc(script.hosts, sizeof *hosts);
    if (!hosts)
        return -ENOMEM;
    for (uint32_t i = 0; i < script.hosts; i++)
        hosts[i].index = i;
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = i % 64 == 63 ? '\n' : (char)('A' + (i / 64 + i) % 26);
    if (rc == 0 && chain_file)
        rc = coil_tls_context_new_server(&options.tls, &tls);
    if (rc == 0)
        rc = make_servers(&options);
    if (rc == 0)
        rc = serve_all();
    for (uint32_t i = 0; i < script.hosts; i++)
        coil_http_server_free(hosts[i].server);
    coil_tls_context_free(options.tls);
    free(hosts);
    return rc;
}

/* ---- the list and the script ------------------------------------------ */

static void print_list(void)
{
    char address[16];

    for (uint32_t i = 0; i < script.urls; i++) {
        struct plan plan = script_plan(&script, i);

        script_address(plan.host, address);
        printf("%u\t%s://%s:%ld/u/%u\n", plan.priority,
               chain_file ? "https" : "http", address, port, i);
    }
}

static void print_script(void)
{
    for (uint32_t i = 0; i < script.urls; i++) {
        struct plan plan = script_plan(&script, i);

        printf("%u\t%u\t%u\t%u\t%u\t%s\t%u\n", i, plan.host, plan.priority,
               plan.latency_us, plan.size, script_fault_name(plan.fault),
               plan.failures);
    }
}

/* ---- the command line ------------------------------------------------- */

static const char usage[] =
    "Usage: fleet [OPTION]... serve|list|script|kinds\n"
    "  --seed N --hosts N --urls N --priorities N --port N\n"
    "  --net A.B         the hosts are A.B.0.1 and so on (127.1)\n"
    "  --faults N        of a thousand URLs, those that fail at first (50)\n"
    "  --failures N      attempts that fail, at most (2)\n"
    "  --limited N       of a thousand URLs, those that get a 429 at first (20)\n"
    "  --window S        seconds of Retry-After (1)\n"
    "  --latency LEAST-MOST   microseconds of an answer (2000-30000)\n"
    "  --size LEAST-MOST      bytes of a body (100-20000)\n"
    "  --limit N         what a host allows at a time (4)\n"
    "  --global N        what the client is told; 0: nothing (0)\n"
    "  --slack US        what is younger may have crossed on the way (150000)\n"
    "  --settle US       from when on priorities count (1000000)\n"
    "  --patience US     how long a better URL may wait (500000)\n"
    "  --robots          /robots.txt forbids /private/\n"
    "  --crawl-delay     /robots.txt asks for a second between requests\n"
    "  --cert FILE --key FILE   https\n";

static uint32_t number_of(const char *text, uint32_t most)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);

    if (end == text || *end || number > most) {
        fprintf(stderr, "fleet: \"%s\" is not a number from 0 to %u\n", text,
                most);
        exit(2);
    }
    return (uint32_t)number;
}

static void range_of(char *text, uint32_t *least, uint32_t *most, uint32_t top)
{
    char *dash = strchr(text, '-');

    if (dash)
        *dash = '\0';
    *least = number_of(text, top);
    *most = dash ? number_of(dash + 1, top) : *least;
}

static const struct option names[] = {
    { "seed", required_argument, NULL, 's' },
    { "hosts", required_argument, NULL, 'h' },
    { "urls", required_argument, NULL, 'u' },
    { "priorities", required_argument, NULL, 'p' },
    { "port", required_argument, NULL, 'P' },
    { "net", required_argument, NULL, 'n' },
    { "faults", required_argument, NULL, 'f' },
    { "failures", required_argument, NULL, 'F' },
    { "limited", required_argument, NULL, 'l' },
    { "window", required_argument, NULL, 'w' },
    { "latency", required_argument, NULL, 't' },
    { "size", required_argument, NULL, 'b' },
    { "limit", required_argument, NULL, 'L' },
    { "global", required_argument, NULL, 'g' },
    { "slack", required_argument, NULL, 'S' },
    { "settle", required_argument, NULL, 'e' },
    { "patience", required_argument, NULL, 'E' },
    { "robots", no_argument, NULL, 'r' },
    { "crawl-delay", no_argument, NULL, 'd' },
    { "cert", required_argument, NULL, 'c' },
    { "key", required_argument, NULL, 'k' },
    { "help", no_argument, NULL, 'H' },
    { NULL, 0, NULL, 0 },
};

/* Where the number of an option goes, and its greatest value. */
static uint32_t *number_option(int name, uint32_t *most)
{
    *most = 1000;
    switch (name) {
    case 'f':
        return &script.faults;
    case 'l':
        return &script.limited;
    case 'w':
        return &script.window;
    case 'h':
        *most = MOST_HOSTS;
        return &script.hosts;
    case 'p':
        *most = 64;
        return &script.priorities;
    case 'F':
        *most = 200;
        return &script.failures;
    }
    *most = 100000000;
    switch (name) {
    case 'u':
        return &script.urls;
    case 'L':
        return &script.limit;
    case 'g':
        return &script.global_limit;
    case 'e':
        return &script.settle_us;
    case 'E':
        return &script.patience_us;
    default:
        return &script.slack_us;
    }
}

static void read_option(int name)
{
    uint32_t most;
    uint32_t *number;

    switch (name) {
    case 's':
        script.seed = number_of(optarg, UINT32_MAX);
        break;
    case 'P':
        port = number_of(optarg, 65535);
        break;
    case 'n':
        script_net = optarg;
        break;
    case 't':
        range_of(optarg, &script.least_us, &script.most_us, 60000000);
        break;
    case 'b':
        range_of(optarg, &script.least_size, &script.most_size, MOST_SIZE);
        break;
    case 'd':
        has_delay = true; /* fall through */
    case 'r':
        has_robots = true;
        break;
    case 'c':
        chain_file = optarg;
        break;
    case 'k':
        key_file = optarg;
        break;
    case 'H':
        fputs(usage, stdout);
        exit(0);
    case '?':
        exit(2);
    default:
        number = number_option(name, &most);
        *number = number_of(optarg, most);
    }
}

int main(int argc, char **argv)
{
    const char *what;
    int name;

    while ((name = getopt_long(argc, argv, "", names, NULL)) != -1)
        read_option(name);
    what = optind < argc ? argv[optind] : "";
    if (script.hosts == 0 || script.priorities == 0 || script.limit == 0) {
        fputs("fleet: there must be hosts, priorities and a limit\n", stderr);
        return 2;
    }
    if (strcmp(what, "list") == 0) {
        print_list();
    } else if (strcmp(what, "kinds") == 0) {
        hostile_print_kinds();
    } else if (strcmp(what, "script") == 0) {
        print_script();
    } else if (strcmp(what, "serve") == 0) {
        int rc;

        bench_raise_limit();
        rc = coil_run(serve, NULL);
        if (rc < 0 && !coil_error_signal(rc)) {
            fprintf(stderr, "fleet: %s\n", coil_strerror(rc));
            return 1;
        }
        record_print(stdout, true);
    } else {
        fputs(usage, stderr);
        return 2;
    }
    return 0;
}
