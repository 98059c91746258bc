/* SPDX-License-Identifier: MIT */
/* WRAPS: getaddrinfo freeaddrinfo */
/*
 * Connecting to a name that has several addresses: who is tried when, who is
 * taken, and that nothing else is left open.  getaddrinfo() is this file's own.
 * An address "without an answer" is that of a listener whose backlog is full.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

#include <coil/coroutine.h>
#include <coil/resolver.h>
#include <coil/stream.h>

#include "loop/operation.h"
#include "address_info.h"
#include "jobs.h"

enum { BACKLOG = 128 };

/* ---- a resolver that does what a test wants ------------------------------- */

static const char *addresses[4]; /* of every name */


static int answer(const char *name, const struct addrinfo *hints,
                  struct addrinfo **list)
{
    if (hints->ai_flags & AI_NUMERICHOST) {
        if (strspn(name, "0123456789abcdef:.") < strlen(name))
            return EAI_NONAME;
        *list = make_info(name, NULL);
        return 0;
    }
    for (size_t i = 4; i-- > 0;)
        if (addresses[i])
            *list = make_info(addresses[i], *list);
    return 0;
}

const answer_fn answer_names = answer;

/* ---- who listens ---------------------------------------------------------- */

static struct coil_listener *listeners[4];
static struct coil_stream *fillers[4][BACKLOG];
static size_t sockets_before;

static size_t sockets(void)
{
    return coil__backend_current()->sockets;
}

static void name_has(const char *a, const char *b, const char *c, const char *d)
{
    const char *all[] = { a, b, c, d };

    memcpy(addresses, all, sizeof all);
    ASSERT_EQ(coil_resolver_configure(
                  &(struct coil_resolver_options){ .no_cache = true }),
              0);
}

static void listen_at(size_t i)
{
    ASSERT_EQ(coil_tcp_listen(&listeners[i], addresses[i], 80), 0);
    sockets_before = sockets();
}

/* Nobody answers there until make_room(). */
static void fill(size_t i)
{
    struct coil_address address;

    listen_at(i);
    coil_listener_address(listeners[i], &address);
    for (size_t n = 0; n < BACKLOG; n++)
        ASSERT_EQ(coil_tcp_connect_address(&fillers[i][n], &address), 0);
    sockets_before = sockets();
}

static int accept_one(void *index)
{
    struct coil_stream *s;
    int rc = coil_listener_accept(listeners[*(size_t *)index], &s);

    if (rc == 0)
        coil_stream_abort(s);
    return rc;
}

static void make_room(void *index)
{
    ASSERT_EQ(coil_task_create(NULL, accept_one, index), 0);
}

/* Connect; then it is connected to address i, and to no other. */
static void connects_to(size_t i)
{
    char text[COIL_ADDRESS_STRING];
    struct coil_address address;
    struct coil_stream *s;

    ASSERT_EQ(coil_tcp_connect(&s, "name.test", 80), 0);
    coil_stream_peer_address(s, &address);
    ASSERT_STR_CONTAINS(coil_address_string(&address, text), addresses[i]);
    coil_stream_abort(s);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

static void close_all(void)
{
    for (size_t i = 0; i < 4; i++) {
        for (size_t n = 0; n < BACKLOG; n++)
            coil_stream_abort(fillers[i][n]);
        if (listeners[i])
            coil_listener_close(listeners[i]);
    }
    ASSERT_EQ(sockets(), 0);
}

static struct coil_handle call;

/* ---- who is taken --------------------------------------------------------- */

CORE_TEST(connect_to_the_only_address)
{
    name_has("127.0.0.1", NULL, NULL, NULL);
    listen_at(0);
    connects_to(0);
    close_all();
}

CORE_TEST(connect_to_the_first_that_answers)
{
    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    listen_at(0);
    listen_at(1);
    connects_to(0);
    ASSERT_EQ(coil_now(), 0);
    close_all();
}

/* IO-6: at once, and not after the delay. */
CORE_TEST(connect_to_the_next_when_one_refuses)
{
    name_has("127.0.0.1", "127.0.0.2", "127.0.0.3", NULL);
    listen_at(2);
    connects_to(2);
    ASSERT_EQ(coil_now(), 0);
    close_all();
}

/* ST-1: RFC 8305 */
CORE_TEST(connect_to_the_next_when_one_does_not_answer)
{
    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    fill(0);
    listen_at(1);
    connects_to(1);
    ASSERT_EQ(coil_now(), 250 * COIL_MILLISECOND);
    close_all();
}

CORE_TEST(connect_gives_every_family_its_turn)
{
    name_has("fd00::1", "fd00::2", "127.0.0.1", "127.0.0.2");
    fill(0);
    fill(1);
    listen_at(2);
    connects_to(2);
    ASSERT_EQ(coil_now(), 250 * COIL_MILLISECOND);
    coil_listener_close(listeners[2]);
    listeners[2] = NULL;
    listen_at(3); /* the third refuses, then the second, the fourth */
    connects_to(3);
    ASSERT_EQ(coil_now(), 750 * COIL_MILLISECOND);
    close_all();
}

/* The time that the first has for itself is what the caller says. */
CORE_TEST(connect_gives_the_head_start_that_was_asked_for)
{
    struct coil_tcp_connect_options options = { .head_start = COIL_SECOND };
    struct coil_stream *s;

    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    fill(0);
    listen_at(1);
    ASSERT_EQ(coil_tcp_connect_with(&s, "name.test", 80, &options), 0);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    coil_stream_abort(s);
    options.head_start = -1;
    ASSERT_EQ(coil_tcp_connect_with(&s, "name.test", 80, &options), -EINVAL);
    ASSERT_NULL(s);
    close_all();
}

/* Addresses from elsewhere, of a name or of none. */
CORE_TEST(connect_to_any_of_some_addresses)
{
    struct coil_address some[2];
    struct coil_stream *s;

    name_has("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4");
    ASSERT_EQ(coil_resolver_configure(NULL), 0);
    fill(0);
    listen_at(1);
    listen_at(2);
    coil_listener_address(listeners[0], &some[0]);
    coil_listener_address(listeners[1], &some[1]);
    ASSERT_EQ(coil_tcp_connect_any(&s, NULL, some, 0), -EINVAL);
    ASSERT_NULL(s);
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_tcp_connect_any(&s, i ? "name.test" : NULL, some, 2), 0);
        coil_stream_abort(s);
    }
    ASSERT_EQ(coil_now(), 500 * COIL_MILLISECOND);
    /* The address that has answered is not one of these any more. */
    coil_listener_address(listeners[0], &some[0]);
    coil_listener_address(listeners[2], &some[1]);
    ASSERT_EQ(coil_tcp_connect_any(&s, "name.test", some, 2), 0);
    ASSERT_EQ(coil_now(), 750 * COIL_MILLISECOND);
    coil_stream_abort(s);
    close_all();
}

/* RFC 8305, 4: nobody waits twice for an address that does not answer. */
CORE_TEST(connect_remembers_the_address_that_answered)
{
    name_has("127.0.0.1", "fd00::1", "127.0.0.3", NULL);
    ASSERT_EQ(coil_resolver_configure(NULL), 0);
    fill(0);
    fill(1);
    listen_at(2);
    connects_to(2);
    ASSERT_EQ(coil_now(), 500 * COIL_MILLISECOND);
    connects_to(2);
    ASSERT_EQ(coil_now(), 500 * COIL_MILLISECOND);

    /* When it answers no more, the others have their turn at once. */
    coil_listener_close(listeners[2]);
    listeners[2] = NULL;
    coil_resolver_flush("other.test");
    coil_loop_call_later(coil_loop_current(), &call, COIL_SECOND, make_room,
                         &(size_t){ 1 });
    connects_to(1);
    ASSERT_GE(coil_now(), 1500 * COIL_MILLISECOND);
    ASSERT_LT(coil_now(), 1750 * COIL_MILLISECOND);
    close_all();
}

/* For ten minutes, or until it is told to forget. */
CORE_TEST(connect_forgets_the_address_that_answered)
{
    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    ASSERT_EQ(coil_resolver_configure(NULL), 0);
    fill(0);
    listen_at(1);
    connects_to(1);
    coil_resolver_flush("name.test");
    connects_to(1);
    ASSERT_EQ(coil_now(), 500 * COIL_MILLISECOND);
    ASSERT_EQ(coil_sleep(10 * COIL_MINUTE - 1), 0);
    connects_to(1);
    ASSERT_EQ(coil_now(), 500 * COIL_MILLISECOND + 10 * COIL_MINUTE - 1);
    ASSERT_EQ(coil_sleep(1), 0);
    connects_to(1);
    ASSERT_EQ(coil_now(), 750 * COIL_MILLISECOND + 10 * COIL_MINUTE);
    close_all();
}

CORE_TEST(connect_to_the_first_when_it_answers_late)
{
    size_t first = 0;
    struct coil_task *task;

    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    fill(0);
    fill(1);
    task = start(accept_one, &first);
    ASSERT_EQ(end_of(task), 0); /* there is room for one */
    connects_to(0);
    close_all();
}

static void close_listener(void *index)
{
    size_t i = *(size_t *)index;

    coil_listener_close(listeners[i]);
    listeners[i] = NULL;
}

/* Refused after the next had been started. */
CORE_TEST(connect_survives_the_failure_of_the_first)
{
    size_t first = 0;
    size_t second = 1;
    static struct coil_handle room;

    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    fill(0);
    fill(1);
    coil_loop_call_later(coil_loop_current(), &call, COIL_SECOND,
                         close_listener, &first);
    coil_loop_call_later(coil_loop_current(), &room, 2 * COIL_SECOND, make_room,
                         &second);
    connects_to(1);
    ASSERT_GE(coil_now(), 2 * COIL_SECOND);
    close_all();
}

/* ---- nobody is ------------------------------------------------------------ */

/* IO-6 */
CORE_TEST(connect_returns_the_first_error)
{
    struct coil_stream *s;

    name_has("127.0.0.1", "fd00::1", "127.0.0.2", NULL);
    ASSERT_EQ(coil_tcp_connect(&s, "name.test", 80), -ECONNREFUSED);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_now(), 0);
    close_all();
}

static struct coil_connect_failure failures[4];
static size_t failure_count;

static struct coil_tcp_connect_options with_room_for(size_t failures_max)
{
    failure_count = 77;
    memset(failures, 0, sizeof failures);
    return (struct coil_tcp_connect_options){ .failures = failures,
                                              .failures_max = failures_max,
                                              .failure_count = &failure_count };
}

static void expect_refusal(size_t i, const char *address)
{
    char text[COIL_ADDRESS_STRING];

    ASSERT_STR_CONTAINS(coil_address_string(&failures[i].address, text),
                        address);
    ASSERT_EQ(failures[i].error, -ECONNREFUSED);
}

CORE_TEST(connect_tells_all_failures)
{
    struct coil_tcp_connect_options options = with_room_for(4);
    struct coil_stream *s;

    name_has("127.0.0.1", "fd00::1", "127.0.0.2", NULL);
    ASSERT_EQ(coil_tcp_connect_with(&s, "name.test", 80, &options),
              -ECONNREFUSED);
    ASSERT_EQ(failure_count, 3);
    expect_refusal(0, "127.0.0.1");
    expect_refusal(1, "fd00::1");
    expect_refusal(2, "127.0.0.2");

    /* There is room for one. */
    options = with_room_for(1);
    ASSERT_LT(coil_tcp_connect_with(&s, "name.test", 80, &options), 0);
    ASSERT_EQ(failure_count, 3);
    ASSERT_EQ(failures[1].error, 0);
    close_all();
}

/* One that was given up, because another answered, has not failed. */
CORE_TEST(connect_tells_what_failed_before_the_one_that_answered)
{
    struct coil_tcp_connect_options options = with_room_for(4);
    struct coil_stream *s;

    name_has("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4");
    fill(1);
    listen_at(2);
    ASSERT_EQ(coil_tcp_connect_with(&s, "name.test", 80, &options), 0);
    ASSERT_EQ(failure_count, 1);
    expect_refusal(0, "127.0.0.1");
    coil_stream_abort(s);

    close_all();
}

static const struct coil_tcp_connect_options *how; /* NULL: as usual */

static int connect_by_name(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect_with(&s, "name.test", 80, how);

    (void)arg;
    if (rc == 0)
        coil_stream_abort(s);
    else
        ASSERT_NULL(s);
    return rc;
}

/* What lacks says more than what another address answers. */
static void lack_something(int (*try_to_connect)(void *arg))
{
    static const int errors[] = { -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM };
    int rc;

    name_has("127.0.0.1", "fd00::1", "127.0.0.2", NULL);
    sockets_before = sockets();
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        size_t n = 0;
        size_t calls;

        do {
            calls = coil_test_calls();
            ASSERT_EQ(coil_test_fail_call(++n, errors[i]), 0);
            rc = try_to_connect(NULL);
            calls = coil_test_calls() - calls;
            ASSERT_EQ(rc, calls >= n ? errors[i] : -ECONNREFUSED);
            ASSERT_EQ(sockets(), sockets_before);
        } while (calls >= n);
        ASSERT_GE(n, 6);
    }
}

CORE_TEST(connect_names_what_is_lacking_before_what_was_refused)
{
    lack_something(connect_by_name);
}

static int drive_by_hand(coil_fn fn)
{
    struct coil_coroutine *co;
    void *yielded;
    int rc;

    ASSERT_EQ(coil_coroutine_new(&co, fn, NULL, 0), 0);
    while (coil_coroutine_send(co, NULL, &yielded) == 1)
        (void)!coil_future_await(yielded, NULL);
    rc = coil_coroutine_result(co);
    coil_coroutine_free(co);
    return rc;
}

static int connect_by_hand(void *arg)
{
    (void)arg;
    return drive_by_hand(connect_by_name);
}

CORE_TEST(connect_in_turn_names_what_is_lacking)
{
    lack_something(connect_by_hand);
}

/* With one attempt on the way, then with two. */
CORE_TEST(connect_cancelled_leaves_nothing_open)
{
    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    fill(0);
    fill(1);
    for (coil_time t = 0; t < COIL_SECOND; t += 100 * COIL_MILLISECOND) {
        struct coil_task *task = start(connect_by_name, NULL);

        ASSERT_EQ(coil_sleep(t), 0);
        cancel(task);
        ASSERT_EQ(end_of(task), -ECANCELED);
        ASSERT_EQ(sockets(), sockets_before);
        ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    }
    close_all();
}

/* IO-6: the sockets are closed on timeout. */
CORE_TEST(connect_under_a_timeout)
{
    struct coil_timeout limit;
    int rc;

    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    fill(0);
    fill(1);
    ASSERT_EQ(coil_timeout_begin(&limit, 5 * COIL_SECOND), 0);
    rc = connect_by_name(NULL);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), 5 * COIL_SECOND);
    ASSERT_EQ(sockets(), sockets_before);
    close_all();
}

CORE_TEST(connect_without_memory_leaves_nothing_open)
{
    int rc = -ENOMEM;

    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    listen_at(1);
    /* What a loop needs for its first name is there afterwards. */
    ASSERT_EQ(connect_by_name(NULL), 0);
    for (size_t n = 1; rc < 0; n++) {
        coil_test_fail_allocation(n, true);
        rc = connect_by_name(NULL);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM || rc == -ECONNREFUSED ||
               rc == COIL_ERESOLVE(EAI_MEMORY));
        ASSERT_EQ(sockets(), sockets_before);
    }
    close_all();
}

CORE_TEST(connect_in_a_coroutine_driven_by_hand_tries_in_turn)
{
    struct coil_coroutine *co;
    struct coil_future *future;
    void *yielded;

    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    listen_at(1);
    ASSERT_EQ(coil_coroutine_new(&co, connect_by_name, NULL, 0), 0);
    while (coil_coroutine_send(co, NULL, &yielded) == 1) {
        future = yielded;
        ASSERT_EQ(coil_future_await(future, NULL), 0);
    }
    ASSERT_EQ(coil_coroutine_result(co), 0);
    coil_coroutine_free(co);
    coil_listener_close(listeners[1]);
    listeners[1] = NULL;
    ASSERT_EQ(coil_coroutine_new(&co, connect_by_name, NULL, 0), 0);
    while (coil_coroutine_send(co, NULL, &yielded) == 1) {
        future = yielded;
        (void)!coil_future_await(future, NULL);
    }
    ASSERT_EQ(coil_coroutine_result(co), -ECONNREFUSED);
    coil_coroutine_free(co);
    close_all();
}

CORE_TEST(connect_in_turn_tells_all_failures)
{
    const struct coil_tcp_connect_options options = with_room_for(4);
    struct coil_coroutine *co;
    void *yielded;

    how = &options;
    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    ASSERT_EQ(coil_coroutine_new(&co, connect_by_name, NULL, 0), 0);
    while (coil_coroutine_send(co, NULL, &yielded) == 1)
        (void)!coil_future_await(yielded, NULL);
    ASSERT_EQ(coil_coroutine_result(co), -ECONNREFUSED);
    ASSERT_EQ(failure_count, 2);
    expect_refusal(1, "127.0.0.2");
    coil_coroutine_free(co);
    how = NULL;
    close_all();
}

static size_t first_failing;

static int connect_short_of_memory(void *arg)
{
    int rc;

    coil_test_fail_allocation(first_failing, true);
    rc = connect_by_name(arg);
    coil_test_fail_allocation(0, false);
    return rc;
}

/* Both addresses lack memory, and the first of these failures is told. */
CORE_TEST(connect_in_turn_without_memory_leaves_nothing_open)
{
    int lacked = 0;
    int rc = -ENOMEM;

    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    listen_at(1);
    ASSERT_EQ(drive_by_hand(connect_by_name), 0);
    for (first_failing = 1; rc < 0; first_failing++) {
        rc = drive_by_hand(connect_short_of_memory);
        lacked += rc == -ENOMEM;
        ASSERT(rc == 0 || rc == -ENOMEM);
        ASSERT_EQ(sockets(), sockets_before);
        ASSERT_EQ(drive_by_hand(connect_by_name), 0);
    }
    ASSERT_GT(lacked, 2);

    /* Of two shortages it is the first. */
    lacked = 0;
    for (first_failing = 1, rc = -ENOMEM; rc < 0; first_failing++) {
        ASSERT_EQ(coil_test_fail_call(1, -EMFILE), 0);
        rc = drive_by_hand(connect_short_of_memory);
        lacked += rc == -EMFILE;
        ASSERT_EQ(coil_test_fail_call(0, 0), 0);
    }
    ASSERT_GT(lacked, 0);
    close_all();
}

/* Under every seed: both may connect in one turn, and one is closed. */
static int connect_under_a_seed(void *arg)
{
    size_t first = 0;
    size_t second = 1;
    static struct coil_handle a, b;

    (void)arg;
    memset(listeners, 0, sizeof listeners);
    name_has("127.0.0.1", "127.0.0.2", NULL, NULL);
    fill(0);
    fill(1);
    coil_loop_call_later(coil_loop_current(), &a, COIL_SECOND, make_room,
                         &first);
    coil_loop_call_later(coil_loop_current(), &b, COIL_SECOND, make_room,
                         &second);
    ASSERT_EQ(connect_by_name(NULL), 0);
    ASSERT_EQ(coil_test_settle(), 0); /* those who made room are done */
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    close_all();
    return 0;
}

TEST(connect_takes_one_of_two_that_answer_at_once)
{
    for (uint64_t seed = 0; seed < 30; seed++)
        ASSERT_EQ(coil_test_run(connect_under_a_seed, NULL, seed), 0);
}

/* ---- on the kernel -------------------------------------------------------- */

/* The number may be somebody else's as soon as it is closed. */
static int connect_in_vain(void *arg)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *s;

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    coil_listener_close(listener);
    ASSERT_EQ(sockets(), 0);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), -ECONNREFUSED);
    ASSERT_EQ(sockets(), 0);
    return 0;
}

TEST(connect_refused_closes_its_socket_once)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_DEFAULT,
    };

    ASSERT_EQ(coil_run_with(connect_in_vain, NULL, &options), 0);
}
