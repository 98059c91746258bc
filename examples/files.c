/* SPDX-License-Identifier: MIT */
/*
 * files.c - serve a directory over https, and log each request
 *
 *     files DIRECTORY CERTIFICATE KEY [PORT]     on port 8443; 0 is a free one
 *
 * Sockets that a service manager hands over (LISTEN_FDS) are used instead of the
 * port.  The log goes to the standard error.  SIGHUP reads the certificate anew.
 * SIGTERM and SIGINT let the requests in progress end, for ten seconds at most;
 * the program ends with the status 0.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil.h>
#include <coil/http_access_log.h>
#include <coil/http_compress.h>
#include <coil/http_files.h>
#include <coil/http_server.h>
#include <coil/listener.h>
#include <coil/tls.h>

struct site {
    const char *folder;
    struct coil_tls_certificate certificate;
    uint16_t port;

    struct coil_http_server *http;
    struct coil_http_files *files;
    struct coil_http_access_log *log;
    struct coil_tls_context *tls;
    struct coil_signal_handler on_hup;
    struct coil_signal_handler on_term;
    struct coil_signal_handler on_int;
};

/* ---- what is served --------------------------------------------------- */

/* The log comes first, so that it sees what the others have made of it. */
static int add_routes(struct site *site)
{
    struct coil_http_router *root = coil_http_server_router(site->http);
    int rc = coil_http_router_use(root, coil_http_access_log, site->log);

    if (rc == 0)
        rc = coil_http_router_use(root, coil_http_compress, NULL);
    if (rc == 0)
        rc = coil_http_router_route(root, "GET", "/*", coil_http_files_serve,
                                    site->files);
    return rc;
}

static int make_site(struct site *site)
{
    struct coil_tls_server_options tls = { .certificates = {
                                               site->certificate } };
    struct coil_http_server_options options = { 0 };
    int rc = coil_tls_context_new_server(&site->tls, &tls);

    if (rc == 0)
        rc = coil_http_files_new(&site->files, site->folder, NULL);
    if (rc == 0)
        rc = coil_http_access_log_new(&site->log, STDERR_FILENO, NULL);
    options.tls = site->tls;
    if (rc == 0)
        rc = coil_http_server_new(&site->http, &options);
    return rc < 0 ? rc : add_routes(site);
}

/* The log is written to its end when it is freed. */
static void free_site(struct site *site)
{
    coil_http_server_free(site->http);
    coil_http_access_log_free(site->log);
    coil_http_files_free(site->files);
    coil_tls_context_free(site->tls);
}

/* ---- signals ---------------------------------------------------------- */

static void reload(void *arg)
{
    struct site *site = arg;
    int rc = coil_tls_context_reload(site->tls);

    if (rc < 0)
        fprintf(stderr, "files: the certificate stays as it was: %s\n",
                coil_strerror(rc));
}

static void stop(void *arg)
{
    struct site *site = arg;

    coil_http_server_stop(site->http, 10 * COIL_SECOND);
}

static void leave_signals(struct site *site)
{
    struct coil_loop *loop = coil_loop_current();

    coil_loop_remove_signal_handler(loop, &site->on_hup);
    coil_loop_remove_signal_handler(loop, &site->on_term);
    coil_loop_remove_signal_handler(loop, &site->on_int);
}

static int watch_signals(struct site *site)
{
    struct coil_loop *loop = coil_loop_current();
    int rc =
        coil_loop_add_signal_handler(loop, &site->on_hup, SIGHUP, reload, site);

    if (rc == 0)
        rc = coil_loop_add_signal_handler(loop, &site->on_term, SIGTERM, stop,
                                          site);
    if (rc == 0)
        rc = coil_loop_add_signal_handler(loop, &site->on_int, SIGINT, stop,
                                          site);
    return rc;
}

/* ---- the server ------------------------------------------------------- */

static int listen_somewhere(struct site *site)
{
    struct coil_listener *listener;
    int rc = coil_listener_inherit(&listener, NULL);

    if (rc == 0)
        return coil_http_server_listen_on(site->http, listener);
    if (rc != -ENOENT)
        return rc;
    return coil_http_server_listen(site->http, "127.0.0.1", site->port);
}

static int say_where(const struct site *site)
{
    char text[COIL_ADDRESS_STRING];
    struct coil_address address;
    int rc = coil_http_server_address(site->http, &address);

    if (rc < 0)
        return rc;
    printf("listening on https://%s\n", coil_address_string(&address, text));
    return fflush(stdout) == 0 ? 0 : -errno;
}

static int serve(void *arg)
{
    struct site *site = arg;
    int rc = make_site(site);

    if (rc == 0)
        rc = listen_somewhere(site);
    if (rc == 0)
        rc = watch_signals(site);
    if (rc == 0)
        rc = say_where(site);
    if (rc == 0)
        rc = coil_http_server_serve(site->http);
    leave_signals(site);
    free_site(site);
    return rc;
}

int main(int argc, char **argv)
{
    struct site site = { .port = 8443 };

    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: files DIRECTORY CERTIFICATE KEY [PORT]\n");
        return 2;
    }
    site.folder = argv[1];
    site.certificate = (struct coil_tls_certificate){ argv[2], argv[3] };
    if (argc > 4)
        site.port = (uint16_t)atoi(argv[4]);
    return coil_run_status(coil_run(serve, &site));
}
