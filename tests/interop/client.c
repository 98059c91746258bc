/* SPDX-License-Identifier: MIT */
/*
 * client.c - coil's client, told what to fetch line by line
 *
 *     client [--ca FILE] [--tls 1.2|1.3] [--http1|--http2] [--proxy URL] [--tunnel]
 *
 * A line of its input is a request, and a line of its output is what came of
 * it; fields are separated by tabs:
 *
 *     POST  URL  Name: value  …  <FILE        sent with its length
 *     POST  URL  <<FILE                       sent in chunks
 *
 *     status=200  size=64  sha256=…  hops=0  reused=1  version=11  url=…  h.etag=…  …
 *     error=the proxy does not connect
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil.h>
#include <coil/http_client.h>
#include <coil/tls.h>

#include "digest.h"

enum { MAX_HEADERS = 16, MAX_LINE = 8192 };

static const char *ca_file;
static const char *proxy;
static bool is_tunnel;
static bool is_1; /* HTTP/1.1 only; else HTTP/2 by ALPN */
static bool is_2; /* HTTP/2 by http, too */
static enum coil_tls_version version;

/* ---- a request -------------------------------------------------------- */

/* What a line asks for; strings are those of the line. */
struct order {
    struct coil_http_request request;
    struct coil_http_header headers[MAX_HEADERS];
    struct coil_http_file file;
    struct coil_http_report report;
    int fd;
};

static int open_upload(struct order *order, const char *name)
{
    bool is_chunked = name[0] == '<';
    int rc;

    order->fd = open(name + is_chunked, O_RDONLY);
    if (order->fd < 0)
        return -errno;
    rc = coil_http_file_init(&order->file, order->fd, 0, COIL_HTTP_TO_THE_END);
    if (is_chunked)
        order->file.source.size = COIL_HTTP_CHUNKED;
    order->request.source = &order->file.source;
    return rc;
}

static int take_field(struct order *order, char *field)
{
    char *colon = strstr(field, ": ");

    if (field[0] == '<')
        return open_upload(order, field + 1);
    if (!colon || order->request.header_count == MAX_HEADERS)
        return -EINVAL;
    *colon = '\0';
    order->headers[order->request.header_count++] =
        (struct coil_http_header){ .name = field, .value = colon + 2 };
    return 0;
}

static int take_line(struct order *order, char *line)
{
    char *rest = line;
    char *field;
    int rc = 0;

    *order = (struct order){ .fd = -1 };
    order->request.method = strsep(&rest, "\t");
    order->request.url = strsep(&rest, "\t");
    order->request.headers = order->headers;
    order->request.report = &order->report;
    if (!order->request.url)
        return -EINVAL;
    while (rc == 0 && (field = strsep(&rest, "\t")))
        rc = take_field(order, field);
    return rc;
}

/* ---- what comes of it ------------------------------------------------- */

static void print_headers(const struct coil_http_response *response)
{
    for (size_t i = 0; i < response->header_count; i++) {
        const char *name = response->headers[i].name;

        printf("\th.");
        for (; *name; name++)
            putchar(*name >= 'A' && *name <= 'Z' ? *name + 32 : *name);
        printf("=%s", response->headers[i].value);
    }
}

static int read_all(struct coil_http_response *response, EVP_MD_CTX *digest,
                    uint64_t *size)
{
    static char buffer[65536];
    ptrdiff_t n;

    *size = 0;
    do {
        n = coil_http_read(response, buffer, sizeof buffer);
        if (n < 0)
            return (int)n;
        EVP_DigestUpdate(digest, buffer, (size_t)n);
        *size += (uint64_t)n;
    } while (n > 0);
    return 0;
}

static int fetch(struct coil_http_client *client, struct order *order)
{
    struct coil_http_response *response;
    char text[DIGEST_TEXT];
    EVP_MD_CTX *digest;
    uint64_t size;
    int rc = coil_http_open(client, &order->request, &response);

    if (rc < 0)
        return rc;
    digest = digest_begin();
    rc = read_all(response, digest, &size);
    digest_end(digest, text);
    if (rc == 0) {
        printf("status=%d\tsize=%" PRIu64 "\tsha256=%s\thops=%zu\treused=%d\t"
               "version=%d\turl=%s",
               response->status, size, text, response->hop_count,
               order->report.is_reused, (int)response->version, response->url);
        print_headers(response);
        putchar('\n');
    }
    coil_http_response_free(response);
    return rc;
}

static int obey(struct coil_http_client *client, char *line)
{
    struct order order;
    int rc = take_line(&order, line);

    if (rc == 0)
        rc = fetch(client, &order);
    if (order.fd >= 0)
        close(order.fd);
    if (rc < 0 && rc != -ECANCELED)
        printf("error=%s\n", coil_strerror(rc));
    fflush(stdout);
    return rc == -ECANCELED ? rc : 0;
}

/* ---- lines ------------------------------------------------------------ */

static int obey_all(struct coil_http_client *client)
{
    static char buffer[MAX_LINE];
    size_t size = 0;

    for (;;) {
        char *end = memchr(buffer, '\n', size);
        ptrdiff_t n;
        int rc;

        if (end) {
            *end = '\0';
            rc = obey(client, buffer);
            if (rc < 0)
                return rc;
            size -= (size_t)(end + 1 - buffer);
            memmove(buffer, end + 1, size);
            continue;
        }
        rc = coil_wait_fd(STDIN_FILENO, COIL_READABLE);
        if (rc < 0)
            return rc;
        n = read(STDIN_FILENO, buffer + size, sizeof buffer - size);
        if (n <= 0)
            return n < 0 ? -errno : 0;
        size += (size_t)n;
    }
}

static int run(void *arg)
{
    struct coil_http_client_options options = { .proxy = proxy,
                                                .proxy_tunnel = is_tunnel,
                                                .http1_only = is_1,
                                                .http2_prior_knowledge = is_2 };
    struct coil_http_client *client;
    int rc = coil_tls_context_new_client(
        &options.tls,
        &(struct coil_tls_client_options){ .ca_file = ca_file,
                                           .min_version = version,
                                           .max_version = version });

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_http_client_new(&client, &options);
    if (rc == 0) {
        rc = obey_all(client);
        coil_http_client_free(client);
    }
    coil_tls_context_free(options.tls);
    return rc;
}

int main(int argc, char *argv[])
{
    static const struct option known[] = {
        { "ca", required_argument, NULL, 'c' },
        { "tls", required_argument, NULL, 't' },
        { "proxy", required_argument, NULL, 'p' },
        { "tunnel", no_argument, NULL, 'u' },
        { "http1", no_argument, NULL, '1' },
        { "http2", no_argument, NULL, '2' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
        if (option == 'c')
            ca_file = optarg;
        else if (option == 't')
            version = strcmp(optarg, "1.2") == 0 ? COIL_TLS_1_2 : COIL_TLS_1_3;
        else if (option == 'p')
            proxy = optarg;
        else if (option == 'u')
            is_tunnel = true;
        else if (option == '1')
            is_1 = true;
        else if (option == '2')
            is_2 = true;
        else
            return 2;
    }
    return coil_run_status(coil_run(run, NULL));
}
