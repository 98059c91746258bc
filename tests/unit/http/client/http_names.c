/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Whom a client asks for names when the program has chosen nobody: c-ares, on a
 * machine of the test's own.  Names that begin with "dead" are never answered.
 */
#include <coil/cares.h>
#include <coil/http_versions.h>
#include <coil/resolve.h>

#include "http_client_test.h"
#include "name_world.h"
#include "process.h"

enum { DEAD = 40, PORT = 8080 };

static const struct name_record records[] = { { "good.test", "127.0.0.1" },
                                              { 0 } };
static const struct line lines[] = { { OK(2) "hi", CLOSE },
                                     { OK(2) "hi", CLOSE } };
static struct coil_http_client *client;

static void run(const struct coil_resolver_source *source, coil_fn body)
{
    name_world_run(&(struct name_world){ .records = records,
                                         .resolv_conf =
                                             "nameserver 127.0.0.1\n"
                                             "options timeout:1 attempts:1\n",
                                         .source = source },
                   body);
}

/* ---- dead names ----------------------------------------------------------- */

static struct coil_task *dead[DEAD];

static int fetch_dead(void *arg)
{
    struct coil_http_response *response;
    char url[50];

    snprintf(url, sizeof url, "http://dead%d.test/", *(int *)arg);
    return coil_http_get(client, url, &response);
}

static int resolve_dead(void *arg)
{
    struct coil_address *addresses;
    size_t count;
    char name[30];

    snprintf(name, sizeof name, "dead%d.test", *(int *)arg);
    return coil_resolve(name, 80, &addresses, &count);
}

static void begin_dead(coil_fn fn)
{
    for (int i = 0; i < DEAD; i++)
        ASSERT_EQ(coil_task_create_copy(&dead[i], fn, &i), 0);
    ASSERT_EQ(coil_yield(), 0);
}

static void cancel_dead(void)
{
    for (int i = 0; i < DEAD; i++)
        ASSERT(coil_task_cancel(dead[i]));
    for (int i = 0; i < DEAD; i++)
        ASSERT_EQ(end_of(dead[i]), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0); /* questions without a waiter end */
    ASSERT_EQ(coil_yield(), 0);
}

/* With c-ares, each question is asked in a task of its own. */
static void expect(bool by_cares, coil_fn fn)
{
    size_t before = coil_all_tasks(NULL, 0);
    int running = threads();

    coil_resolver_flush(NULL);
    begin_dead(fn);
    ASSERT_EQ(coil_all_tasks(NULL, 0) - before, by_cares ? 2 * DEAD : DEAD);
    if (by_cares)
        ASSERT_LE(threads(), running);
    cancel_dead();
    ASSERT_EQ(coil_all_tasks(NULL, 0), before);
}

static void fetch_good(void)
{
    struct coil_http_response *response =
        fetch(client, "http://good.test:8080/");

    ASSERT_EQ(response->status, 200);
    ASSERT_EQ(response->body_size, 2);
    coil_http_response_free(response);
}

/* ---- by default ----------------------------------------------------------- */

static int cancel_all(void *arg)
{
    int open = descriptors();
    int running = threads();
    struct fake fake;

    (void)arg;
    fake_start_at(&fake, "127.0.0.1", PORT, lines, 2);
    client = new_client();
    begin_dead(fetch_dead);
    fetch_good();
    ASSERT_EQ(threads(), running);
    ASSERT_GT(descriptors(), open + 1);
    cancel_dead();
    fetch_good();
    coil_http_client_free(client);
    fake_end(&fake);
    ASSERT_EQ(threads(), running);
    ASSERT_EQ(descriptors(), open);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    return 0;
}

TEST(http_names_that_are_cancelled_leave_no_thread_and_no_descriptor)
{
    run(NULL, cancel_all);
}

/* ---- from when on --------------------------------------------------------- */

static int open_clients(void *arg)
{
    struct coil_http_client *other;

    (void)arg;
    expect(false, resolve_dead);
    /* A client that is not made changes nothing. */
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_http_client_new(&client, NULL), -ENOMEM);
    coil_test_fail_allocation(0, false);
    expect(false, resolve_dead);

    client = new_client();
    other = new_client();
    expect(true, resolve_dead);
    coil_http_client_free(client);
    coil_http_client_free(other);
    expect(true, resolve_dead);
    client = new_client();
    expect(true, fetch_dead);
    coil_http_client_free(client);
    return 0;
}

TEST(http_names_are_the_system_s_until_the_first_client_is_made)
{
    run(NULL, open_clients);
}

/* ---- unless the program chooses ------------------------------------------- */

static int choose_threads(void *arg)
{
    (void)arg;
    client = new_client();
    expect(false, fetch_dead);
    ASSERT_EQ(coil_resolver_configure(NULL), 0);
    expect(true, fetch_dead);
    coil_http_client_free(client);
    return 0;
}

TEST(http_names_are_asked_by_threads_if_the_program_says_so)
{
    run(coil_resolver_system(), choose_threads);
}

TEST(http_names_are_of_a_version_of_c_ares)
{
    struct coil_http_versions versions;

    coil_http_versions(&versions);
    ASSERT_STR_EQ(versions.cares, coil_cares_version());
}
