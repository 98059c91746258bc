/* SPDX-License-Identifier: MIT */
/*
 * server.c - coil's server, for clients of other people
 *
 *     server ROOT [CHAIN KEY [1.2|1.3]]
 *
 * It prints its port, and ends by SIGTERM.
 *
 *     /files/NAME    a file below ROOT
 *     /chunked/NAME  the same, without a length
 *     /packed/NAME   the same, compressed for a client that takes it
 *     /hash          the SHA-256 of the body that was sent
 *     /echo          this body
 *     /redirect      to /files/1.bin
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <coil.h>
#include <coil/http_files.h>
#include <coil/http_server.h>
#include <coil/tls.h>

#include "digest.h"
#include "handlers.h"

static const char *root;
static struct coil_http_files *files;
static struct coil_http_server_options options;

/* ---- what is asked for ------------------------------------------------ */

static int open_named(struct coil_http_exchange *x)
{
    const char *name = coil_http_exchange_segment(x, 0);
    char path[512];
    int fd;

    if (!name || strchr(name, '/') || name[0] == '.')
        return -EINVAL;
    snprintf(path, sizeof path, "%s/%s", root, name);
    fd = open(path, O_RDONLY);
    return fd < 0 ? -errno : fd;
}

static int send_in_chunks(struct coil_http_exchange *x, void *arg)
{
    char buffer[16384];
    ptrdiff_t n = 1;
    int fd = open_named(x);
    int rc;

    (void)arg;
    if (fd < 0)
        return coil_http_respond(x, 404, NULL, "", 0);
    rc = coil_http_begin(x, 200, "text/plain", -1);
    while (rc == 0 && n > 0) {
        n = read(fd, buffer, sizeof buffer);
        if (n > 0)
            rc = coil_http_write(x, buffer, (size_t)n);
    }
    close(fd);
    return rc;
}

static int hash_body(struct coil_http_exchange *x, void *arg)
{
    EVP_MD_CTX *digest = digest_begin();
    char buffer[16384], text[DIGEST_TEXT];
    ptrdiff_t n;

    (void)arg;
    do {
        n = coil_http_exchange_read(x, buffer, sizeof buffer);
        if (n > 0)
            EVP_DigestUpdate(digest, buffer, (size_t)n);
    } while (n > 0);
    digest_end(digest, text);
    if (n < 0)
        return (int)n;
    return coil_http_respond(x, 200, "text/plain", text, strlen(text));
}

static int lead_on(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Location", "/files/1.bin");

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 302, NULL, "", 0);
}

/* ---- the server ------------------------------------------------------- */

static int add_routes(struct coil_http_server *server)
{
    static const struct {
        const char *method, *pattern;
        coil_http_handler_fn handler;
    } routes[] = {
        { "GET", "/chunked/{}", send_in_chunks },
        { "POST", "/hash", hash_body },
        { "POST", "/echo", echo_body },
        { "GET", "/redirect", lead_on },
    };
    int rc = coil_http_server_route(server, "GET", "/files/*",
                                    coil_http_files_serve, files);

    for (size_t i = 0; rc == 0 && i < sizeof routes / sizeof *routes; i++)
        rc = coil_http_server_route(server, routes[i].method, routes[i].pattern,
                                    routes[i].handler, NULL);
    return rc < 0 ? rc : add_packed(server, "/{}", send_in_chunks);
}

static int serve_here(struct coil_http_server *server)
{
    struct coil_address address;
    int rc = add_routes(server);

    if (rc == 0)
        rc = coil_http_server_listen(server, "127.0.0.1", 0);
    if (rc == 0)
        rc = coil_http_server_address(server, &address);
    if (rc < 0)
        return rc;
    printf("%u\n", (unsigned)coil_address_port(&address));
    fflush(stdout);
    return coil_http_server_serve(server);
}

static int run(void *arg)
{
    struct coil_http_server *server;
    int rc = coil_http_files_new(&files, root, NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_http_server_new(&server, &options);
    if (rc == 0) {
        rc = serve_here(server);
        coil_http_server_free(server);
    }
    coil_http_files_free(files);
    return rc;
}

static int speak_tls(int argc, char **argv)
{
    struct coil_tls_server_options tls = {
        .certificates = { { argv[2], argv[3] } },
    };

    if (argc > 4)
        tls.min_version =
            strcmp(argv[4], "1.2") == 0 ? COIL_TLS_1_2 : COIL_TLS_1_3;
    tls.max_version = tls.min_version;
    return coil_tls_context_new_server(&options.tls, &tls);
}

int main(int argc, char *argv[])
{
    int rc = 0;

    if (argc != 2 && argc != 4 && argc != 5) {
        fprintf(stderr, "usage: server ROOT [CHAIN KEY [1.2|1.3]]\n");
        return 2;
    }
    root = argv[1];
    options.max_body_size = (size_t)64 << 20;
    if (argc > 2)
        rc = speak_tls(argc, argv);
    if (rc == 0)
        rc = coil_run(run, NULL);
    coil_tls_context_free(options.tls);
    return coil_run_status(rc);
}
