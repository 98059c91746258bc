/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * examples/files.c, end to end: a directory over https, with a log, stopped.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <coil/http_client.h>
#include <coil/http_versions.h>
#include <coil/run.h>
#include <coil/tls.h>

#include "program.h"
#include "test.h"
#include "tls_ca.h"

static struct program server;
static char url[128];

static void make_certificates(void)
{
    struct tls_made ca =
        tls_make(&(struct tls_recipe){ .name = "CA", .is_ca = true });
    struct tls_made leaf = tls_make(
        &(struct tls_recipe){ .alternatives = "IP:127.0.0.1", .issuer = &ca });
    FILE *page;

    tls_make_folder();
    tls_write_pair("ca", &ca, NULL);
    tls_write_pair("leaf", &leaf, NULL);
    tls_free_made(&ca);
    tls_free_made(&leaf);
    page = fopen(tls_path("page.html"), "w");
    ASSERT_NOT_NULL(page);
    fputs("<p>hello</p>", page);
    fclose(page);
}

static void start_server(void)
{
    char folder[200];
    char chain[200];
    char key[200];
    const char *argv[] = {
        program_path("examples/files"), folder, chain, key, "0", NULL
    };

    snprintf(folder, sizeof folder, "%s", tls_path(""));
    snprintf(chain, sizeof chain, "%s", tls_path("leaf.pem"));
    snprintf(key, sizeof key, "%s", tls_path("leaf.key"));
    program_start(&server, argv, NULL);
    ASSERT_NOT_NULL(program_await(&server, "\n"));
    ASSERT_EQ(sscanf(server.out, "listening on %100s\n", url), 1);
}

static void fetch(struct coil_http_client *client, const char *path, int status,
                  const char *body)
{
    struct coil_http_response *response;
    char text[200];

    snprintf(text, sizeof text, "%s%s", url, path);
    ASSERT_EQ(coil_http_get(client, text, &response), 0);
    ASSERT_EQ(response->status, status);
    ASSERT_STR_EQ(response->body, body);
    coil_http_response_free(response);
}

static int use_it(void *arg)
{
    struct coil_http_client *client;
    struct coil_tls_context *tls;
    const struct coil_tls_client_options trust = { .ca_file =
                                                       tls_path("ca.pem") };

    (void)arg;
    ASSERT_EQ(coil_tls_context_new_client(&tls, &trust), 0);
    ASSERT_EQ(coil_http_client_new(
                  &client, &(struct coil_http_client_options){ .tls = tls }),
              0);
    fetch(client, "/page.html", 200, "<p>hello</p>");
    fetch(client, "/none", 404, "404 Not Found\n");
    ASSERT_OK(kill(server.pid, SIGHUP));
    coil_http_client_close_idle(client);
    fetch(client, "/page.html?again", 200, "<p>hello</p>");
    coil_http_client_free(client);
    coil_tls_context_free(tls);
    return 0;
}

/* The log has the request, made by HTTP/2 where that is built in. */
static void expect_line(const char *request, const char *outcome)
{
    struct coil_http_versions versions;
    char line[128];

    coil_http_versions(&versions);
    snprintf(line, sizeof line, "\"%s HTTP/%s\" %s", request,
             versions.nghttp2[0] ? "2.0" : "1.1", outcome);
    ASSERT_STR_CONTAINS(server.err, line);
}

TEST(example_files_are_served_logged_and_stopped)
{
    make_certificates();
    start_server();
    ASSERT_EQ(coil_run(use_it, NULL), 0);
    ASSERT_EQ(program_stop(&server), 0);
    expect_line("GET /page.html", "200 12 ");
    expect_line("GET /none", "404 ");
    expect_line("GET /page.html?again", "200 ");
    tls_remove_folder();
}

TEST(example_files_say_how_they_are_used)
{
    const char *argv[] = { program_path("examples/files"), NULL };

    program_start(&server, argv, NULL);
    ASSERT_EQ(program_wait(&server), 2);
    ASSERT_STR_CONTAINS(server.err, "usage: files");
}
