/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * How many connections there are at a time, who waits for one, and in which
 * order they get it.
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/testing.h>

#include "http/client/places.h"

#include "http_server_test.h"

enum { ORIGINS = 4, MOST = 200 };

static struct coil_http_client *client;
static size_t at_once[ORIGINS], most[ORIGINS], at_once_in_all, most_in_all;
static int order[MOST], served;

struct fetch {
    size_t origin;
    int number;
};

static int take_time(struct coil_http_exchange *x, void *arg)
{
    size_t *mine = arg;
    size_t i = (size_t)(mine - at_once);
    int rc;

    if (++*mine > most[i])
        most[i] = *mine;
    if (++at_once_in_all > most_in_all)
        most_in_all = at_once_in_all;
    rc = coil_sleep(COIL_SECOND);
    --*mine;
    at_once_in_all--;
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "ok", 2);
}

static int fetch(void *arg)
{
    const struct fetch *f = arg;
    struct coil_http_response *r;
    char text[128];
    int rc;

    snprintf(text, sizeof text, "http://o%zu.localhost:%u/%zu", f->origin,
             coil_address_port(&address), f->origin);
    rc = coil_http_get(client, text, &r);
    if (rc < 0)
        return rc;
    ASSERT_EQ(r->status, 200);
    order[served++] = f->number;
    coil_http_response_free(r);
    return 0;
}

static void begin_places(const struct coil_http_client_options *options)
{
    simulated = true;
    served = 0;
    most_in_all = at_once_in_all = 0;
    serve_defaults();
    for (size_t i = 0; i < ORIGINS; i++) {
        char path[8];

        at_once[i] = most[i] = 0;
        snprintf(path, sizeof path, "/%zu", i);
        ASSERT_EQ(
            coil_http_server_route(server, "GET", path, take_time, &at_once[i]),
            0);
    }
    ASSERT_EQ(coil_http_client_new(&client, options), 0);
}

/* `count` requests in this order: to which origin says of(number). */
static void fetch_all(int count, size_t (*of)(int number))
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    for (int i = 0; rc == 0 && i < count; i++) {
        struct fetch f = { .origin = of(i), .number = i };

        rc = coil_task_group_create_with(
            &group, NULL, fetch, &f,
            &(struct coil_task_options){ .arg_size = sizeof f });
    }
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    ASSERT_EQ(served, count);
}

static void end_places(void)
{
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_free(client);
    end_server();
}

static size_t the_first(int number)
{
    (void)number;
    return 0;
}

static size_t in_turn(int number)
{
    return (size_t)number % ORIGINS;
}

/* ---- how many ---------------------------------------------------------- */

static int use_the_defaults(void *arg)
{
    (void)arg;
    begin_places(NULL);
    fetch_all(20, the_first);
    ASSERT_EQ(most[0], 6);
    served = 0;
    fetch_all(40, in_turn);
    ASSERT_EQ(most_in_all, 24);
    end_places();
    return 0;
}

TEST(http_places_are_six_for_an_origin)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(use_the_defaults, NULL, seed), 0);
}

static int limit_all(void *arg)
{
    (void)arg;
    begin_places(&(struct coil_http_client_options){
        .max_connections = 10, .max_connections_per_origin = 8 });
    fetch_all(60, in_turn);
    ASSERT_EQ(most_in_all, 10);
    for (size_t i = 0; i < ORIGINS; i++)
        ASSERT_LE(most[i], 8);
    ASSERT_LE(coil_http_client_connections(client), 10);
    end_places();
    return 0;
}

TEST(http_places_in_all_are_limited)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(limit_all, NULL, seed), 0);
}

static int limit_nothing(void *arg)
{
    (void)arg;
    begin_places(&(struct coil_http_client_options){
        .max_connections = COIL_HTTP_UNLIMITED,
        .max_connections_per_origin = COIL_HTTP_UNLIMITED });
    fetch_all(MOST, the_first);
    ASSERT_EQ(most[0], MOST);
    end_places();
    return 0;
}

TEST(http_places_may_be_without_number)
{
    ASSERT_EQ(coil_test_run(limit_nothing, NULL, 0), 0);
}

/* Idle connections make room for those to other origins. */
static int make_room(void *arg)
{
    (void)arg;
    begin_places(&(struct coil_http_client_options){ .max_connections = 3 });
    for (int i = 0; i < 3; i++) {
        served = 0;
        fetch_all(12, in_turn);
        ASSERT_LE(coil_http_client_connections(client), 3);
        ASSERT_EQ(most_in_all, 3);
    }
    end_places();
    return 0;
}

TEST(http_places_of_idle_connections_are_given_up)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(make_room, NULL, seed), 0);
}

/* ---- in which order ----------------------------------------------------- */

/* One place: first come, first served, whatever the origin. */
static int keep_order(void *arg)
{
    (void)arg;
    begin_places(&(struct coil_http_client_options){ .max_connections = 1 });
    fetch_all(20, in_turn);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(order[i], i);
    end_places();
    return 0;
}

TEST(http_places_are_given_in_order)
{
    ASSERT_EQ(coil_test_run(keep_order, NULL, 0), 0);
}

/* Ten to an origin that is full, and the last one to another. */
static size_t the_last_elsewhere(int number)
{
    return number == 10;
}

static int let_pass(void *arg)
{
    (void)arg;
    begin_places(&(struct coil_http_client_options){
        .max_connections = 3, .max_connections_per_origin = 2 });
    fetch_all(11, the_last_elsewhere);
    ASSERT_EQ(most[0], 2);
    /* It is among those that are served in the first second. */
    for (int i = 0; i < 3; i++)
        if (order[i] == 10)
            goto found;
    ASSERT(!"served late");
found:
    end_places();
    return 0;
}

TEST(http_places_of_a_full_origin_hold_up_no_others)
{
    ASSERT_EQ(coil_test_run(let_pass, NULL, 0), 0);
}

/* Who gives up leaves the queue, and the others keep their order. */
static int give_up(void *arg)
{
    struct coil_task *tasks[10];

    (void)arg;
    begin_places(&(struct coil_http_client_options){ .max_connections = 1 });
    for (int i = 0; i < 10; i++) {
        struct fetch f = { .origin = (size_t)i % 3, .number = i };

        ASSERT_EQ(coil_task_create_with(
                      &tasks[i], fetch, &f,
                      &(struct coil_task_options){ .arg_size = sizeof f }),
                  0);
    }
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    for (int i = 1; i < 10; i += 2)
        coil_task_cancel(tasks[i]);
    for (int i = 0; i < 10; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), i % 2 ? -ECANCELED : 0);
        coil_task_release(tasks[i]);
    }
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(order[i], 2 * i);
    end_places();
    return 0;
}

TEST(http_places_are_kept_for_nobody_who_gives_up)
{
    ASSERT_EQ(coil_test_run(give_up, NULL, 0), 0);
}

/* ---- time --------------------------------------------------------------- */

/* The limits of a request stand still while it waits, after a redirect too. */
static int wait_long(void *arg)
{
    (void)arg;
    begin_places(
        &(struct coil_http_client_options){ .max_connections = 1,
                                            .request_limit = 2 * COIL_SECOND,
                                            .connect_limit = COIL_SECOND,
                                            .first_byte_limit = 2 * COIL_SECOND,
                                            .idle_limit = 2 * COIL_SECOND });
    fetch_all(30, in_turn);
    end_places();
    return 0;
}

TEST(http_places_are_waited_for_without_a_limit)
{
    ASSERT_EQ(coil_test_run(wait_long, NULL, 0), 0);
}

/* ---- descriptors -------------------------------------------------------- */

enum { URLS = 400, TOGETHER = 40, DESCRIPTORS = 24 };

static int fetch_one_after_the_other(void *arg)
{
    const char *text = arg;

    for (int i = 0; i < URLS / TOGETHER; i++) {
        struct coil_http_response *r;
        int rc = coil_http_get(client, text, &r);

        if (rc < 0)
            return rc;
        ASSERT_STR_EQ(r->body, "ok");
        coil_http_response_free(r);
        served++;
    }
    return 0;
}

/* In a process of its own, which has few descriptors. */
static int fetch_with_few_descriptors(void *arg)
{
    const struct rlimit few = { DESCRIPTORS, DESCRIPTORS };
    struct coil_task_group group;
    int rc;

    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    ASSERT_EQ(
        coil_http_client_new(&client,
                             &(struct coil_http_client_options){
                                 .max_connections_per_origin = TOGETHER }),
        0);
    rc = coil_task_group_begin(&group);
    for (int i = 0; rc == 0 && i < TOGETHER; i++)
        rc = coil_task_group_create(&group, NULL, fetch_one_after_the_other,
                                    arg);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    ASSERT_EQ(served, URLS);
    coil_http_client_free(client);
    return 0;
}

static int answer(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return coil_http_respond(x, 200, NULL, "ok", 2);
}

static int await_child(void *arg)
{
    pid_t child = *(const pid_t *)arg;
    int status;

    while (waitpid(child, &status, WNOHANG) == 0)
        if (coil_sleep(10 * COIL_MILLISECOND) < 0)
            return -ECANCELED;
    return status;
}

KERNEL_TEST(http_places_are_waited_for_while_descriptors_lack)
{
    static char text[64];
    pid_t child;

    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/ok", answer, NULL), 0);
    snprintf(text, sizeof text, "http://127.0.0.1:%u/ok",
             coil_address_port(&address));
    child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
        _exit(coil_run(fetch_with_few_descriptors, text) != 0);
    ASSERT_EQ(await_child(&child), 0);
    end_server();
}

/* ---- without a descriptor ------------------------------------------------ */

static int fetch_text(void *text)
{
    struct coil_http_response *r;
    int rc = coil_http_get(client, text, &r);

    if (rc == 0)
        coil_http_response_free(r);
    return rc;
}

/* It is given up when the time to connect is over, or by who asked. */
static int fetch_without_descriptors(void *text)
{
    const struct rlimit none = { 3, 3 };
    struct coil_task *task;

    ASSERT_EQ(
        coil_http_client_new(&client,
                             &(struct coil_http_client_options){
                                 .connect_limit = 20 * COIL_MILLISECOND }),
        0);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    ASSERT_EQ(fetch_text(text), -EMFILE);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);

    ASSERT_EQ(coil_http_client_new(&client,
                                   &(struct coil_http_client_options){
                                       .connect_limit = COIL_NEVER }),
              0);
    task = start(fetch_text, text);
    ASSERT_EQ(coil_sleep(5 * COIL_MILLISECOND), 0);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    return 0;
}

KERNEL_TEST(http_places_without_any_descriptor_are_given_up)
{
    pid_t child = fork();

    ASSERT_GE(child, 0);
    if (child == 0)
        _exit(coil_run(fetch_without_descriptors, "http://127.0.0.1:1/") != 0);
    ASSERT_EQ(await_child(&child), 0);
}

/* Every connection lacks a descriptor. */
static int take_descriptors(void *arg)
{
    (void)arg;
    for (;;) {
        int rc = coil_test_fail_call(1, -EMFILE);

        ASSERT_EQ(rc, 0);
        rc = coil_sleep(COIL_MILLISECOND);
        if (rc < 0) {
            ASSERT_EQ(coil_test_fail_call(0, 0), 0);
            return rc;
        }
    }
}

/* The time to connect is the time to wait, be it limited or not. */
static int wait_for_descriptors(void *arg)
{
    struct coil_http_client_options options = { .connect_limit = COIL_SECOND };
    struct coil_task *taker, *task;
    coil_time began;
    char text[64];

    (void)arg;
    simulated = true;
    serve_defaults();
    snprintf(text, sizeof text, "http://127.0.0.1:%u/hello",
             coil_address_port(&address));
    for (int is_endless = 0; is_endless < 2; is_endless++) {
        if (is_endless)
            options.connect_limit = COIL_NEVER;
        ASSERT_EQ(coil_http_client_new(&client, &options), 0);
        settle();
        taker = start(take_descriptors, NULL);
        ASSERT_EQ(coil_yield(), 0);
        began = coil_now();
        task = start(fetch_text, text);
        ASSERT_EQ(coil_sleep(5 * COIL_SECOND), 0);
        ASSERT_EQ(coil_task_is_done(task), !is_endless);
        ASSERT_EQ(coil_http_client_connections(client), 0);
        ASSERT_EQ(end_by_cancelling(taker), -ECANCELED);
        ASSERT_EQ(end_of(task), is_endless ? 0 : -EMFILE);
        ASSERT_LE(coil_now() - began, 6 * COIL_SECOND);
        ASSERT_EQ(fetch_text(text), 0);
        coil_http_client_free(client);
    }
    end_server();
    return 0;
}

TEST(http_places_of_who_lacks_descriptors_for_long)
{
    ASSERT_EQ(coil_test_run(wait_for_descriptors, NULL, 0), 0);
}

/* Who waits again for a place, as no descriptor was left, may give up. */
static int give_up_waiting_again(void *arg)
{
    char slow[64], quick[64];
    struct coil_task *first, *second;

    (void)arg;
    simulated = true;
    serve_defaults();
    snprintf(slow, sizeof slow, "http://127.0.0.1:%u/slow",
             coil_address_port(&address));
    snprintf(quick, sizeof quick, "http://127.0.0.1:%u/hello",
             coil_address_port(&address));
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    first = start(fetch_text, slow);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(coil_test_fail_call(1, -EMFILE), 0);
    second = start(fetch_text, quick);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 10), 0);
    ASSERT_EQ(end_by_cancelling(second), -ECANCELED);
    ASSERT_EQ(end_of(first), 0);
    ASSERT_EQ(fetch_text(quick), 0);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_free(client);
    end_server();
    return 0;
}

TEST(http_places_are_not_lost_with_who_waits_again)
{
    ASSERT_EQ(coil_test_run(give_up_waiting_again, NULL, 0), 0);
}

/* ---- the order ---------------------------------------------------------- */

static struct coil__http_places places;
static struct coil__http_queue queue;

static int take_with(void *ticket)
{
    int rc = coil__http_places_take(&places, &queue, ticket, COIL_NEVER);

    if (rc == 0) {
        say("%d ", (int)*(uint64_t *)ticket);
        coil__http_places_give(&places, &queue);
    }
    return rc;
}

static int take_in_time(void *unused)
{
    uint64_t ticket = 0;

    (void)unused;
    return coil__http_places_take(&places, &queue, &ticket,
                                  coil_after(COIL_SECOND));
}

/* Who comes again with an old ticket is in front of those that came later. */
static int take_again(void *unused)
{
    uint64_t tickets[] = { 4, 8, 6, 2, 9, 5 };
    struct coil_task *tasks[6];
    struct coil_coroutine *co;
    uint64_t first = 0;
    void *yielded;

    (void)unused;
    places = (struct coil__http_places){ .limit = 1,
                                         .limit_per_origin = 1,
                                         .tickets = 10 };
    queue = (struct coil__http_queue){ .taken = 0 };
    ASSERT_EQ(coil__http_places_take(&places, &queue, &first, COIL_NEVER), 0);
    for (size_t i = 0; i < 6; i++) {
        tasks[i] = start(take_with, &tickets[i]);
        turn();
    }
    /* Who has no clock can only wait for ever. */
    co = make(take_in_time, NULL);
    ASSERT_EQ(coil_coroutine_send(co, NULL, &yielded), 0);
    ASSERT_EQ(coil_coroutine_result(co), -ENOTSUP);
    coil_coroutine_free(co);
    ASSERT_EQ(take_in_time(NULL), -EBUSY);
    SAID("");
    coil__http_places_give(&places, &queue);
    for (size_t i = 0; i < 6; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    SAID("2 4 5 6 8 9 ");

    coil__http_places_shorten(&places, 1);
    coil__http_places_shorten(&places, 1);
    coil__http_places_fini(&places);
    return 0;
}

TEST(http_places_are_taken_again_with_an_old_ticket)
{
    ASSERT_EQ(coil_test_run(take_again, NULL, 0), 0);
}
