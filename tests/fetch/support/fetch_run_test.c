/* SPDX-License-Identifier: MIT */
#include "fetch_run_test.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <coil/path.h>
#include <coil/sleep.h>
#include <coil/testing.h>

#include "common/text.h"
#include "run/options.h"
#include "run/run.h"

struct visit visits[4096];
size_t visit_count;
size_t most_active;
const char *robots;
size_t robots_failures;
size_t robots_pauses;

static char folder[64];
static size_t active[2];

size_t visits_of(const char *path)
{
    size_t count = 0;

    for (size_t i = 0; i < visit_count; i++)
        count += strcmp(visits[i].path, path) == 0;
    return count;
}

/* ---- the server ----------------------------------------------------------- */

static int respond_ok(struct coil_http_exchange *x)
{
    const char *etag = coil_http_exchange_header(x, "If-None-Match");
    int rc = coil_http_respond_header(x, "ETag", "\"hello\"");

    if (rc < 0)
        return rc;
    if (etag && strcmp(etag, "\"hello\"") == 0)
        return coil_http_respond(x, 304, NULL, "", 0);
    return coil_http_respond(x, 200, "text/plain", "hello\n", 6);
}

static int respond_limited(struct coil_http_exchange *x, const char *seconds)
{
    int rc = seconds ? coil_http_respond_header(x, "Retry-After", seconds) : 0;

    return rc < 0 ? rc : coil_http_respond(x, 429, NULL, "", 0);
}

static int respond_bytes(struct coil_http_exchange *x, size_t size)
{
    unsigned char *bytes = make_bytes(size);
    int rc = coil_http_respond(x, 200, "application/octet-stream", bytes, size);

    free(bytes);
    return rc;
}

static int respond_in_vain(struct coil_http_exchange *x, size_t size)
{
    int rc = coil_http_begin(x, 200, NULL, (int64_t)size);

    return rc < 0 ? rc : coil_sleep(3600 * COIL_SECOND);
}

static int respond_robots(struct coil_http_exchange *x, size_t count)
{
    if (count <= robots_failures)
        return coil_http_respond(x, 500, NULL, "", 0);
    if (count <= robots_failures + robots_pauses) {
        int rc = coil_http_respond_header(x, "Retry-After", "30");

        return rc < 0 ? rc : coil_http_respond(x, 429, NULL, "", 0);
    }
    if (!robots)
        return coil_http_respond(x, 404, NULL, "", 0);
    return coil_http_respond(x, 200, "text/plain", robots, strlen(robots));
}

static const char *text_or_none(const char *text)
{
    return text ? text : "none";
}

static int respond_echo(struct coil_http_exchange *x)
{
    struct text text = { 0 };
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    if (rc < 0)
        return rc;
    text_add_format(&text, "%s|%s|%s|%s|", coil_http_exchange_method(x),
                    text_or_none(coil_http_exchange_query(x)),
                    text_or_none(coil_http_exchange_header(x, "Content-Type")),
                    text_or_none(coil_http_exchange_header(x, "Accept")));
    text_add_bytes(&text, body, size);
    ASSERT(!text.has_failed);
    rc = coil_http_respond(x, 200, "text/plain", text.bytes, text.size);
    text_fini(&text);
    return rc;
}

static int answer(struct coil_http_exchange *x, const char *path, size_t count)
{
    char kind[32];
    unsigned n = 0;
    char digits[16];

    if (strcmp(path, "/robots.txt") == 0)
        return respond_robots(x, count);
    if (strcmp(path, "/echo") == 0)
        return respond_echo(x);
    if (strncmp(path, "/to/", 4) == 0) {
        int rc = coil_http_respond_header(x, "Location", path + 3);

        return rc < 0 ? rc : coil_http_respond(x, 302, NULL, "", 0);
    }
    if (sscanf(path, "/%31[a-z]/%u", kind, &n) < 1)
        return coil_http_respond(x, 404, NULL, "", 0);
    (void)snprintf(digits, sizeof digits, "%u", n);
    if (strcmp(kind, "status") == 0)
        return coil_http_respond(x, (int)n, NULL, "", 0);
    if (strcmp(kind, "flaky") == 0 && count <= n)
        return coil_http_respond(x, 500, NULL, "", 0);
    if (strcmp(kind, "limited") == 0 && count == 1)
        return respond_limited(x, digits);
    if (strcmp(kind, "busy") == 0 && count <= n)
        return respond_limited(x, NULL);
    if (strcmp(kind, "reset") == 0 && count <= n)
        return -ECONNRESET;
    if (strcmp(kind, "size") == 0)
        return respond_bytes(x, n);
    if (strcmp(kind, "claims") == 0)
        return respond_in_vain(x, n);
    if (strcmp(kind, "slow") == 0) {
        int rc = coil_sleep(n * COIL_MILLISECOND);

        if (rc < 0)
            return rc;
    }
    return respond_ok(x);
}

static int visit(struct coil_http_exchange *x, void *arg)
{
    const char *path = coil_http_exchange_path(x);
    const char *host = coil_http_exchange_header(x, "Host");
    size_t *here = &active[strstr(host, "127.0.0.2") ? 1 : 0];
    struct visit *v = &visits[visit_count++];
    int rc;

    (void)arg;
    ASSERT_LT(visit_count, sizeof visits / sizeof visits[0]);
    (void)snprintf(v->path, sizeof v->path, "%s", path);
    (void)snprintf(v->host, sizeof v->host, "%s", host);
    v->at = coil_now();
    v->active = ++*here;
    if (v->active > most_active)
        most_active = v->active;
    rc = answer(x, path, visits_of(path));
    --*here;
    return rc;
}

/* ---- the program ---------------------------------------------------------- */

int fetch(const char *first, ...)
{
    char *argv[64] = { "coil-fetch", "-s" };
    int argc = 2;
    struct options options;
    va_list args;
    int rc;

    va_start(args, first);
    for (const char *arg = first; arg; arg = va_arg(args, const char *))
        argv[argc++] = (char *)arg;
    va_end(args);
    rc = options_read(&options, argc, argv);
    rc = rc > 0 ? rc - 1 : fetch_run(&options, false);
    options_fini(&options);
    return rc;
}

/* ---- files ---------------------------------------------------------------- */

char *file_path(const char *name)
{
    static char paths[8][128];
    static size_t next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

char *file_text(const char *name)
{
    FILE *file = fopen(file_path(name), "rb");
    char *bytes = calloc(1, 1 << 20);
    size_t size;

    ASSERT_NOT_NULL(file);
    ASSERT_NOT_NULL(bytes);
    size = fread(bytes, 1, (1 << 20) - 1, file);
    bytes[size] = '\0';
    (void)fclose(file);
    return bytes;
}

void write_file(const char *name, const char *text)
{
    FILE *file = fopen(file_path(name), "wb");

    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fwrite(text, 1, strlen(text), file), strlen(text));
    ASSERT_EQ(fclose(file), 0);
}

size_t lines_with(const char *name, const char *part)
{
    char *text = file_text(name);
    size_t count = 0;

    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        count += strstr(line, part) != NULL;
    free(text);
    return count;
}

/* ---- running -------------------------------------------------------------- */

static struct coil_http_server *begin_at(const char *host)
{
    struct coil_http_server *made;

    ASSERT_EQ(coil_http_server_new(&made, NULL), 0);
    ASSERT_EQ(coil_http_server_route(made, NULL, "/*rest", visit, NULL), 0);
    ASSERT_EQ(coil_http_server_listen(made, host, 8080), 0);
    return made;
}

static int run_it(void *arg)
{
    void (**body)(void) = arg;
    struct coil_http_server *other;
    struct coil_task *serving_other;

    visit_count = 0;
    most_active = 0;
    active[0] = active[1] = 0;
    robots = NULL;
    robots_failures = robots_pauses = 0;
    strcpy(folder, "/tmp/coil-fetch-test-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(folder));
    /* Bodies without an option go to files below the current folder. */
    ASSERT_EQ(chdir(folder), 0);
    server = begin_at("127.0.0.1");
    serving = start(serve, server);
    other = begin_at("127.0.0.2");
    serving_other = start(serve, other);
    (*body)();
    end_server();
    end_cancelled(serving_other);
    coil_http_server_free(other);
    ASSERT_EQ(chdir("/"), 0);
    ASSERT_EQ(coil_path_remove_all(folder), 0);
    return 0;
}

void run_fetch_test(void (*body)(void))
{
    simulated = true;
    test_on_failure = say_where;
    for (seed = 0; seed < 5; seed++)
        ASSERT_EQ(coil_test_run(run_it, &body, seed), 0);
    seed = 0;
}
