/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * The examples that fetch, end to end, from a server of the test: a crawler, and
 * requests that are repeated.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <coil.h>
#include <coil/http_server.h>

#include "program.h"
#include "test.h"

static struct coil_http_server *server;
static char base[64];
static char refused[64]; /* where nobody listens */
static struct coil_process_output got;

/* ---- a server and a program ------------------------------------------- */

struct scenario {
    coil_http_handler_fn handler;
    coil_fn check;
};

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static int run_scenario(void *arg)
{
    const struct scenario *scenario = arg;
    struct coil_address address;
    struct coil_task *task;
    char text[COIL_ADDRESS_STRING];

    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/*", scenario->handler, NULL),
        0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    snprintf(base, sizeof base, "http://%s",
             coil_address_string(&address, text));
    ASSERT_EQ(coil_task_create(&task, serve, NULL), 0);
    ASSERT_EQ(scenario->check(NULL), 0);
    coil_http_server_stop(server, 0);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    coil_http_server_free(server);
    coil_process_output_fini(&got);
    return 0;
}

static void play(coil_http_handler_fn handler, coil_fn check)
{
    struct scenario scenario = { handler, check };
    unsigned short port;
    int fd = program_bind(&port);

    snprintf(refused, sizeof refused, "http://127.0.0.1:%hu/", port);
    ASSERT_EQ(coil_run(run_scenario, &scenario), 0);
    close(fd);
}

static char *const no_watchdog[] = { (char *)"COIL_WATCHDOG=0", NULL };

static const struct coil_process_options options = {
    .out = { COIL_STDIO_PIPE },
    .err = { COIL_STDIO_PIPE },
    .env_added = no_watchdog,
};

/* Run an example with a URL of the server; returns its status. */
static int run(const char *example, const char *path, const char *more)
{
    char url[256];
    const char *argv[] = { program_path(example), url, more, NULL };

    snprintf(url, sizeof url, "%s%s", path[0] == '/' ? base : "", path);
    coil_process_output_fini(&got);
    return coil_process_run((char **)(size_t)argv, &options, &got);
}

static void expect_line(const char *text, const char *before, const char *path,
                        const char *after)
{
    char line[256];

    snprintf(line, sizeof line, "%s%s%s%s\n", before, base, path, after);
    ASSERT_STR_CONTAINS(text, line);
}

static void expect_refused(const char *words)
{
    char line[128];

    snprintf(line, sizeof line, "%s%s: Connection refused\n", refused, words);
    ASSERT_STR_CONTAINS(got.err, line);
}

static int count_lines(const char *text)
{
    int count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* ---- a program that waits for an answer is ended ----------------------- */

static struct coil_event asked = COIL_EVENT_INIT;

static int never_answer(struct coil_http_exchange *x, void *arg)
{
    (void)x;
    (void)arg;
    coil_event_set(&asked);
    return coil_sleep(COIL_NEVER);
}

static int end_while_it_waits(const char *example, int number)
{
    const char *argv[] = { program_path(example), base, NULL };
    struct coil_process *p;

    coil_event_clear(&asked);
    ASSERT_EQ(coil_process_exec(&p, (char **)(size_t)argv, &options), 0);
    ASSERT_EQ(coil_event_wait(&asked), 0);
    ASSERT_EQ(coil_process_send_signal(p, number), 0);
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, &got), 128 + number);
    ASSERT_STR_EQ(got.out, "");
    ASSERT_STR_EQ(got.err, "");
    ASSERT_EQ(coil_process_close(p), 128 + number);
    return 0;
}

static int end_both(void *arg)
{
    (void)arg;
    ASSERT_EQ(end_while_it_waits("examples/crawl", SIGTERM), 0);
    coil_process_output_fini(&got);
    ASSERT_EQ(end_while_it_waits("examples/retry", SIGINT), 0);
    return 0;
}

TEST(example_http_programs_end_quietly_at_a_signal)
{
    signal(SIGINT, SIG_DFL); /* the parent of the test may ignore it */
    play(never_answer, end_both);
}

/* ---- retry ------------------------------------------------------------ */

static int requests;

/* The first two fail, each in a way of its own. */
static int fail_twice(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    if (++requests > 2)
        return coil_http_respond(x, 200, "text/plain", "at last", 7);
    if (requests == 2)
        return coil_http_respond(x, 503, NULL, NULL, 0);
    coil_http_exchange_hijack(x); /* and closed, without an answer */
    return 0;
}

static int fetch_what_fails_twice(void *arg)
{
    (void)arg;
    ASSERT_EQ(run("examples/retry", "/page", NULL), 0);
    ASSERT_EQ(requests, 3);
    expect_line(got.out, "", "/page", ": 200 OK, 7 bytes");
    expect_line(got.err, "", "/page", ": again, after: Service Unavailable");
    ASSERT_EQ(count_lines(got.err), 2);
    return 0;
}

TEST(example_http_retry_fetches_in_the_end)
{
    play(fail_twice, fetch_what_fails_twice);
}

static int find_nothing(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    requests++;
    return coil_http_respond(x, 404, NULL, NULL, 0);
}

static int fetch_in_vain(void *arg)
{
    (void)arg;
    ASSERT_EQ(run("examples/retry", "/page", refused), 1);
    ASSERT_EQ(requests, 1);
    expect_line(got.out, "", "/page", ": 404 Not Found, 0 bytes");
    expect_refused(": again, after");
    expect_refused("");
    ASSERT_EQ(count_lines(got.err), 5);
    return 0;
}

TEST(example_http_retry_says_what_failed)
{
    play(find_nothing, fetch_in_vain);
}

/* ---- crawl ------------------------------------------------------------ */

static const struct page {
    const char *path;
    const char *type;
    const char *body;
} pages[] = {
    { "/", "text/html; charset=utf-8",
      "<a href=\"a.html\">a</a> <a HREF='b.html#part'>b</a> <a href=b.html>"
      "<a href=\"./b.html\">b</a> <a href=\"/c/d.html?x=1&y\">d</a>"
      "<a href=\"http://127.0.0.1:1/elsewhere\"> <a href=\"mailto:me@here\">"
      "<a href=\"http://\"> <a href=\"text\"> <a href=\"none\"> <a href=\"/\">" },
    { "/a.html", "text/html", "<a href=\"deep.html\">" },
    { "/b.html", "text/html", "<p>no link <a href=" },
    { "/c/d.html", "text/html", "<a href=\"../a.html\"> <a href=\"e.html\">" },
    { "/c/e.html", "text/html", "<a href=\"unclosed" },
    { "/text", "text/plain", "<a href=\"not-a-link\">" },
    { "/deep.html", "text/html", "<a href=\"deeper.html\">" },
    { "/deeper.html", "text/html", "" },
};

static int running;
static int most_running;
static struct coil_event four_are_there = COIL_EVENT_INIT;

static int respond_page(struct coil_http_exchange *x, void *arg)
{
    const char *path = coil_http_exchange_path(x);

    (void)arg;
    requests++;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(pages[i].path, path) == 0)
            return coil_http_respond(x, 200, pages[i].type, pages[i].body,
                                     strlen(pages[i].body));
    return coil_http_respond(x, 404, "text/html", "<a href=\"/of-404\">", 18);
}

/* After the first page, the first four to come wait for each other. */
static int count_running(struct coil_http_exchange *x, void *arg)
{
    int rc = 0;

    if (++running > most_running)
        most_running = running;
    if (most_running == 4)
        coil_event_set(&four_are_there);
    if (strcmp(coil_http_exchange_path(x), "/") != 0)
        rc = coil_event_wait(&four_are_there);
    if (rc == 0)
        rc = respond_page(x, arg);
    running--;
    return rc;
}

static int crawl_the_site(void *arg)
{
    (void)arg;
    ASSERT_EQ(run("examples/crawl", "/", NULL), 1); /* one is not there */
    expect_line(got.out, "200 ", "/", "");
    expect_line(got.out, "200 ", "/a.html", "");
    expect_line(got.out, "200 ", "/b.html", "");
    expect_line(got.out, "200 ", "/c/d.html?x=1&y", "");
    expect_line(got.out, "200 ", "/text", "");
    expect_line(got.out, "404 ", "/none", "");
    expect_line(got.out, "200 ", "/deep.html", "");
    expect_line(got.out, "200 ", "/c/e.html", "");
    ASSERT_EQ(count_lines(got.out), 8);
    ASSERT_EQ(requests, 8);
    ASSERT_EQ(most_running, 4);
    ASSERT_STR_EQ(got.err, "");
    requests = 0;
    ASSERT_EQ(run("examples/crawl", "/", "0"), 0);
    ASSERT_EQ(requests, 1);
    ASSERT_EQ(run("examples/crawl", "/deep.html", "3"), 0);
    ASSERT_EQ(requests, 3);
    return 0;
}

TEST(example_http_crawl_fetches_each_page_once)
{
    play(count_running, crawl_the_site);
}

/* Where the first page is found in the end is the site. */
static int redirect(struct coil_http_exchange *x, void *arg)
{
    const char *path = coil_http_exchange_path(x);
    char url[128];

    if (strcmp(path, "/moved") != 0)
        return respond_page(x, arg);
    snprintf(url, sizeof url, "http://localhost%s/", strrchr(base, ':'));
    ASSERT_EQ(coil_http_respond_header(x, "Location", url), 0);
    return coil_http_respond(x, 302, NULL, NULL, 0);
}

static int crawl_what_has_moved(void *arg)
{
    (void)arg;
    ASSERT_EQ(run("examples/crawl", "/moved", "1"), 1); /* one is not there */
    expect_line(got.out, "200 ", "/moved", "");
    ASSERT_STR_CONTAINS(got.out, "200 http://localhost");
    ASSERT_EQ(count_lines(got.out), 7);
    return 0;
}

TEST(example_http_crawl_goes_where_it_is_sent)
{
    play(redirect, crawl_what_has_moved);
}

static int respond_many_links(struct coil_http_exchange *x, void *arg)
{
    char link[32];
    int rc = coil_http_begin(x, 200, "text/html", COIL_HTTP_CHUNKED);

    (void)arg;
    for (int i = 0; rc == 0 && i < 1002; i++) {
        int size = snprintf(link, sizeof link, "<a href='/%d'>", i);

        rc = coil_http_write(x, link, (size_t)size);
    }
    return rc;
}

static int crawl_many_links(void *arg)
{
    (void)arg;
    ASSERT_EQ(run("examples/crawl", "/", "0"), 1);
    expect_line(got.err, "", "/1001", ": left out, as there are so many");
    ASSERT_EQ(count_lines(got.err), 3);
    return 0;
}

TEST(example_http_crawl_has_an_end)
{
    play(respond_many_links, crawl_many_links);
}

static int crawl_in_vain(void *arg)
{
    (void)arg;
    ASSERT_EQ(run("examples/crawl", refused, NULL), 1);
    expect_refused("");
    ASSERT_EQ(count_lines(got.err), 1);
    ASSERT_EQ(run("examples/crawl", "http://", NULL), 1);
    ASSERT_STR_EQ(got.err, "crawl: bad URL\n");
    return 0;
}

TEST(example_http_crawl_says_what_failed)
{
    play(find_nothing, crawl_in_vain);
}
