/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * examples/api.c, end to end: what it answers, and what is left when it has ended.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil.h>
#include <coil/http_client.h>

#include "program.h"
#include "test.h"

static struct program api;
static char folder[] = "/tmp/coil-api-XXXXXX";
static char path[64];
static char url[128];
static struct coil_http_client *client;

static void make_folder(void)
{
    program_path("examples/api"); /* a test that is skipped leaves nothing */
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/sum", folder);
}

static void remove_folder(void)
{
    ASSERT_OK(unlink(path));
    ASSERT_OK(rmdir(folder)); /* and nothing else is in it */
}

static void start_api(void)
{
    const char *argv[] = { program_path("examples/api"), path, "0", NULL };
    char address[64];

    program_start(&api, argv, NULL);
    ASSERT_NOT_NULL(program_await(&api, "\n"));
    ASSERT_EQ(sscanf(api.out, "listening on %63s\n", address), 1);
    snprintf(url, sizeof url, "%s/sum", address);
}

static void expect_end(int status)
{
    ASSERT_EQ(program_wait(&api), status);
    ASSERT_STR_EQ(api.err, "");
}

static void use(coil_fn fn)
{
    ASSERT_EQ(coil_run(fn, NULL), 0);
}

/* ---- requests --------------------------------------------------------- */

/* POST `body`, or GET if it is NULL. */
static void ask(const char *body, int status, const char *answer)
{
    const struct coil_http_request request = {
        .method = body ? "POST" : "GET",
        .url = url,
        .body = body,
        .body_size = body ? strlen(body) : 0,
    };
    struct coil_http_response *response;

    ASSERT_EQ(coil_http_request(client, &request, &response), 0);
    ASSERT_EQ(response->status, status);
    if (answer)
        ASSERT_STR_EQ(response->body, answer);
    coil_http_response_free(response);
}

static void open_client(void)
{
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
}

static int add_and_ask(void *arg)
{
    (void)arg;
    open_client();
    ask(NULL, 200, "{\"sum\":0}");
    ask("{\"add\": 5}", 200, "{\"sum\":5}");
    ask("{\"add\": -7}", 200, "{\"sum\":-2}");
    ask(NULL, 200, "{\"sum\":-2}");
    coil_http_client_free(client);
    return 0;
}

static int ask_again(void *arg)
{
    (void)arg;
    open_client();
    ask(NULL, 200, "{\"sum\":-2}");
    coil_http_client_free(client);
    return 0;
}

TEST(example_api_keeps_the_sum)
{
    make_folder();
    start_api();
    use(add_and_ask);
    ASSERT_OK(kill(api.pid, SIGTERM));
    expect_end(0);
    start_api();
    use(ask_again);
    signal(SIGINT, SIG_DFL);
    ASSERT_OK(kill(api.pid, SIGINT));
    expect_end(0);
    remove_folder();
}

static int ask_for_what_cannot_be(void *arg)
{
    static char long_text[1000];

    (void)arg;
    open_client();
    ask("{\"add\": 1", 400, "{\"error\":\"'}' expected near end of file\"}");
    ask("", 400, NULL);
    ask("{\"add\": \"1\"}", 400,
        "{\"error\":\"Expected integer, got string\"}");
    ask("{\"add\": 1, \"add\": 2}", 400, NULL);
    ask("{\"add\": 1, \"more\": 2}", 400, NULL);
    ask("{\"add\": 1000000000001}", 400, "{\"error\":\"out of range\"}");
    ask("{\"add\": 9223372036854775808}", 400, NULL);
    memset(long_text, ' ', sizeof long_text - 1);
    memcpy(long_text, "{\"add\": 1}", 10);
    ask(long_text, 413, NULL);
    ask(NULL, 200, "{\"sum\":0}");
    coil_http_client_free(client);
    return 0;
}

TEST(example_api_refuses_what_cannot_be)
{
    make_folder();
    start_api();
    use(ask_for_what_cannot_be);
    ASSERT_EQ(program_stop(&api), 0);
    ASSERT_OK(rmdir(folder));
}

/* ---- at the same time ------------------------------------------------- */

enum { CLIENTS = 6, TIMES = 10 };

static int add_one(void *arg)
{
    (void)arg;
    for (int i = 0; i < TIMES; i++)
        ask("{\"add\": 1}", 200, NULL);
    return 0;
}

static int add_together(void *arg)
{
    struct coil_task_group group;
    char answer[32];

    (void)arg;
    open_client();
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    for (int i = 0; i < CLIENTS; i++)
        ASSERT_EQ(coil_task_group_create(&group, NULL, add_one, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    snprintf(answer, sizeof answer, "{\"sum\":%d}", CLIENTS * TIMES);
    ask(NULL, 200, answer);
    coil_http_client_free(client);
    return 0;
}

TEST(example_api_loses_no_addition)
{
    make_folder();
    start_api();
    use(add_together);
    ASSERT_EQ(program_stop(&api), 0);
    remove_folder();
}

/* ---- failures --------------------------------------------------------- */

static void expect_failure(const char *error)
{
    const char *argv[] = { program_path("examples/api"), path, "0", NULL };

    ASSERT_EQ(program_run(&api, argv, NULL), 1);
    ASSERT_STR_CONTAINS(api.err, error);
    ASSERT_STR_EQ(api.out, "");
}

TEST(example_api_reads_only_its_own_file)
{
    static const char *const texts[] = { "no JSON", "", "{\"sum\": \"1\"}",
                                         "[1]" };
    const char *argv[] = { program_path("examples/api"), NULL };

    make_folder();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *file = fopen(path, "w");

        ASSERT_NOT_NULL(file);
        fputs(texts[i], file);
        fclose(file);
        expect_failure("api: Bad message\n");
    }
    remove_folder();
    ASSERT_EQ(program_run(&api, argv, NULL), 2);
    ASSERT_STR_CONTAINS(api.err, "usage: api");
}

static int add_without_a_folder(void *arg)
{
    (void)arg;
    open_client();
    ask("{\"add\": 1}", 500, NULL);
    ask(NULL, 200, "{\"sum\":0}");
    coil_http_client_free(client);
    return 0;
}

/* What cannot be saved is not added, and the server goes on. */
TEST(example_api_adds_nothing_that_it_cannot_keep)
{
    make_folder();
    ASSERT_OK(rmdir(folder));
    start_api();
    use(add_without_a_folder);
    ASSERT_EQ(program_stop(&api), 0);
    ASSERT_STR_CONTAINS(api.err, "No such file or directory");
}
