/* SPDX-License-Identifier: MIT */
/*
 * The coroutine: Python's generator, with send, throw and close.
 */
#include "bodies.h"
#include "context/stack.h"
#include "jobs.h"

/* ---- send ---- */

TEST(coroutine_runs_from_yield_to_yield)
{
    struct coil_coroutine *co = make(count_to_three, NULL);
    void *value = NULL;

    SAID("");
    ASSERT(!coil_coroutine_is_done(co));
    ASSERT_EQ(coil_coroutine_result(co), -EAGAIN);
    for (intptr_t i = 1; i <= 3; i++) {
        ASSERT_EQ(coil_coroutine_send(co, NULL, &value), 1);
        ASSERT_EQ((intptr_t)value, i);
        ASSERT(!coil_coroutine_is_done(co));
        ASSERT_EQ(coil_coroutine_result(co), -EAGAIN);
    }
    SAID("begins ");
    ASSERT_EQ(coil_coroutine_send(co, NULL, &value), 0);
    ASSERT_NULL(value);
    ASSERT(coil_coroutine_is_done(co));
    ASSERT_EQ(coil_coroutine_result(co), 42);
    coil_coroutine_free(co);
}

TEST(coroutine_drivers_need_not_look_at_what_is_yielded)
{
    struct coil_coroutine *co = make(count_to_three, NULL);
    int n = 0;

    while (coil_coroutine_send(co, NULL, NULL) > 0)
        n++;
    ASSERT_EQ(n, 3);
    coil_coroutine_free(co);
    SAID("begins ");
}

static int echo(void *arg)
{
    void *value = arg;
    int rc;

    do {
        rc = coil_coroutine_yield(value, &value);
        say("%s ", rc < 0 ? "-" : (const char *)value);
    } while (rc == 0 && strcmp(value, "end") != 0);
    return rc;
}

TEST(coroutine_yield_delivers_what_is_sent)
{
    struct coil_coroutine *co = make(echo, "first");
    void *value = NULL;

    ASSERT_EQ(coil_coroutine_send(co, "ignored", &value), 1);
    ASSERT_STR_EQ(value, "first");
    ASSERT_EQ(coil_coroutine_send(co, "second", &value), 1);
    ASSERT_STR_EQ(value, "second");
    ASSERT_EQ(coil_coroutine_send(co, "end", &value), 0);
    SAID("second end ");
    coil_coroutine_free(co);
}

TEST(coroutine_that_has_returned_cannot_be_driven)
{
    struct coil_coroutine *co = make(echo, "first");

    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    ASSERT_EQ(coil_coroutine_send(co, "end", NULL), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), -EALREADY);
    ASSERT_EQ(coil_coroutine_throw(co, -EIO, NULL), -EALREADY);
    ASSERT_EQ(coil_coroutine_result(co), 0);
    SAID("end ");
    coil_coroutine_free(co);
}

static int drive_itself(void *arg)
{
    struct coil_coroutine *self = coil_coroutine_current();

    (void)arg;
    ASSERT_EQ(coil_coroutine_send(self, NULL, NULL), -EBUSY);
    ASSERT_EQ(coil_coroutine_throw(self, -EIO, NULL), -EBUSY);
    return 7;
}

TEST(coroutine_cannot_drive_itself)
{
    struct coil_coroutine *co = make(drive_itself, NULL);

    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), 7);
    coil_coroutine_free(co);
}

static int drive_other(void *arg)
{
    struct coil_coroutine **other = arg;

    return coil_coroutine_send(*other, NULL, NULL);
}

static int drive_each_other(void *arg)
{
    struct coil_coroutine *self = coil_coroutine_current();
    struct coil_coroutine *inner = make(drive_other, &self);

    (void)arg;
    ASSERT_EQ(coil_coroutine_send(inner, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(inner), -EBUSY);
    coil_coroutine_free(inner);
    return 0;
}

TEST(coroutine_cannot_drive_the_one_that_drives_it)
{
    struct coil_coroutine *co = make(drive_each_other, NULL);

    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    coil_coroutine_free(co);
}

static int store_current(void *arg)
{
    *(struct coil_coroutine **)arg = coil_coroutine_current();
    return coil_sleep(COIL_SECOND);
}

CORE_TEST(coroutine_of_a_task_is_driven_by_the_task_only)
{
    struct coil_coroutine *co = NULL;
    struct coil_task *task = start(store_current, &co);

    turn();
    ASSERT_NOT_NULL(co);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), -EBUSY);
    ASSERT_EQ(coil_coroutine_throw(co, -EIO, NULL), -EBUSY);
    ASSERT_EQ(end_of(task), 0);
}

CORE_TEST(coroutine_yield_is_not_for_tasks)
{
    void *sent = &trace;

    ASSERT_EQ(coil_coroutine_yield(NULL, &sent), -ENOTSUP);
    ASSERT_PTR_EQ(sent, &trace);
    cancel_self();
    ASSERT_EQ(coil_coroutine_yield(NULL, NULL), -ECANCELED);
    ASSERT_EQ(coil_coroutine_yield(NULL, NULL), -ENOTSUP);
}

PANIC_TEST(coroutine_yield_outside_stops_the_program, "outside of a task")
{
    (void)!coil_coroutine_yield(NULL, NULL);
}

/* ---- throw ---- */

static int catch_errors(void *arg)
{
    (void)arg;
    for (;;) {
        void *value = "-";
        int rc = coil_coroutine_yield(NULL, &value);

        say("%d:%s ", rc, (const char *)value);
        if (rc == -EPIPE)
            return rc;
    }
}

TEST(coroutine_throw_fails_the_pending_yield)
{
    struct coil_coroutine *co = make(catch_errors, NULL);
    void *value = &trace;

    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    ASSERT_EQ(coil_coroutine_throw(co, -5, &value), 1);
    ASSERT_NULL(value);
    /* The error was thrown once: what is sent next arrives. */
    ASSERT_EQ(coil_coroutine_send(co, "a", NULL), 1);
    ASSERT_EQ(coil_coroutine_throw(co, -6, NULL), 1);
    ASSERT_EQ(coil_coroutine_throw(co, -EPIPE, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), -EPIPE);
    SAID("-5:- 0:a -6:- -32:- ");
    coil_coroutine_free(co);
}

TEST(coroutine_throw_before_the_start_ends_it_unrun)
{
    struct coil_coroutine *co = make(count_to_three, NULL);
    void *value = &trace;

    ASSERT_EQ(coil_coroutine_throw(co, -EIO, &value), 0);
    ASSERT_NULL(value);
    ASSERT(coil_coroutine_is_done(co));
    ASSERT_EQ(coil_coroutine_result(co), -EIO);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), -EALREADY);
    SAID("");
    coil_coroutine_free(co);
}

TEST(coroutine_throw_before_the_start_need_not_be_looked_at)
{
    struct coil_coroutine *co = make(count_to_three, NULL);

    ASSERT_EQ(coil_coroutine_throw(co, -EIO, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), -EIO);
    coil_coroutine_free(co);
}

TEST(coroutine_throw_takes_negative_codes_only)
{
    struct coil_coroutine *co = make(catch_errors, NULL);

    ASSERT_EQ(coil_coroutine_throw(co, 0, NULL), -EINVAL);
    ASSERT_EQ(coil_coroutine_throw(co, EIO, NULL), -EINVAL);
    ASSERT(!coil_coroutine_is_done(co));
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    ASSERT_EQ(coil_coroutine_throw(co, 1, NULL), -EINVAL);
    SAID("");
    coil_coroutine_free(make(catch_errors, NULL));
    ASSERT_EQ(coil_coroutine_throw(co, -EPIPE, NULL), 0);
    SAID("-32:- ");
    coil_coroutine_free(co);
}

/* ---- free ---- */

static int be_stubborn(void *arg)
{
    int *left = arg;

    while (*left > 0) {
        int rc = coil_coroutine_yield(NULL, NULL);

        if (rc == -ECANCELED)
            --*left;
    }
    say("released ");
    return 0;
}

TEST(coroutine_free_ends_one_that_is_suspended)
{
    int left = 3;
    struct coil_coroutine *co = make(be_stubborn, &left);

    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    coil_coroutine_free(co);
    ASSERT_EQ(left, 0);
    SAID("released ");
}

TEST(coroutine_free_runs_nothing_of_one_that_has_not_started)
{
    coil_coroutine_free(make(count_to_three, NULL));
    SAID("");
    coil_coroutine_free(NULL);
}

static int free_itself(void *arg)
{
    (void)arg;
    coil_coroutine_free(coil_coroutine_current());
    return 0;
}

PANIC_TEST(coroutine_that_frees_itself_stops_the_program,
           "a running coroutine cannot be freed")
{
    (void)!coil_coroutine_send(make(free_itself, NULL), NULL, NULL);
}

/* ---- limits ---- */

TEST(coroutine_stack_has_an_upper_limit)
{
    struct coil_coroutine *co = NULL;

    ASSERT_EQ(coil_coroutine_new(&co, echo, NULL, ((size_t)1 << 30) + 1),
              -EINVAL);
    ASSERT_EQ(coil_coroutine_new(&co, echo, NULL, SIZE_MAX), -EINVAL);
    ASSERT_NULL(co);
}

TEST(coroutine_without_memory_is_not_made)
{
    struct coil_coroutine *co = NULL;

    for (size_t n = 1;; n++) {
        int rc;

        coil_test_fail_allocation(n, false);
        rc = coil_coroutine_new(&co, echo, NULL, 0);
        coil_test_fail_allocation(0, false);
        if (rc == 0)
            break;
        ASSERT_EQ(rc, -ENOMEM);
        ASSERT_NULL(co);
        ASSERT_LT(n, 10);
    }
    coil_coroutine_free(co);
}

static int measure_stack(void *arg)
{
    *(size_t *)arg = coil_stack_remaining();
    return 0;
}

enum { AT_ONCE = 20 };

/* The smallest of `count` stacks: they begin at different places of a page. */
static size_t remaining_of(size_t stack_size, int count)
{
    struct coil_coroutine *all[AT_ONCE];
    size_t least = SIZE_MAX;

    for (int i = 0; i < count; i++) {
        size_t remaining = 0;

        ASSERT_EQ(
            coil_coroutine_new(&all[i], measure_stack, &remaining, stack_size),
            0);
        ASSERT_EQ(coil_coroutine_send(all[i], NULL, NULL), 0);
        least = remaining < least ? remaining : least;
    }
    for (int i = 0; i < count; i++)
        coil_coroutine_free(all[i]);
    return least;
}

TEST(coroutine_stack_is_as_large_as_was_asked_for)
{
    static const size_t sizes[] = {
        1,      4096,   65536,  65537,   100000,
        196608, 196609, 262144, 1000000, 1u << 20,
    };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        ASSERT_GE(remaining_of(sizes[i], AT_ONCE), sizes[i]);
}

TEST(coroutine_stack_may_have_a_gigabyte)
{
    size_t gigabyte = (size_t)1 << 30;

    ASSERT_GE(remaining_of(gigabyte, 1), gigabyte);
    ASSERT_GE(remaining_of(gigabyte - 1, 1), gigabyte - 1);
}

/* A sanitizer's frames are larger, and so are its stacks. */
TEST(coroutine_stack_is_48_kib_by_default)
{
    size_t expected = COIL_STACK_SCALE * (48u << 10);

    ASSERT_GE(remaining_of(0, AT_ONCE), expected - 4096);
    ASSERT_LE(remaining_of(0, AT_ONCE), expected);
}

TEST(coroutine_stack_has_no_end_outside_of_coroutines)
{
    ASSERT_EQ(coil_stack_remaining(), SIZE_MAX);
}

static int recurse(int depth)
{
    volatile char frame[512];

    frame[0] = (char)depth;
    if (coil_stack_remaining() < 16384)
        return depth;
    return recurse(depth + 1) + (frame[0] == (char)depth ? 0 : -1000000);
}

static int recurse_as_deep_as_possible(void *arg)
{
    (void)arg;
    return recurse(0);
}

TEST(coroutine_recursion_can_stop_in_time)
{
    struct coil_coroutine *co;

    ASSERT_EQ(
        coil_coroutine_new(&co, recurse_as_deep_as_possible, NULL, 1u << 20),
        0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_GT(coil_coroutine_result(co), 100);
    coil_coroutine_free(co);
}

/* ---- several ---- */

static int check_current(void *arg)
{
    struct coil_coroutine **co = arg;

    for (int i = 0; i < 3; i++) {
        ASSERT_PTR_EQ(coil_coroutine_current(), *co);
        ASSERT_EQ(coil_coroutine_yield(NULL, NULL), 0);
    }
    return 0;
}

TEST(coroutine_current_is_the_one_that_runs)
{
    struct coil_coroutine *a;
    struct coil_coroutine *b;

    a = make(check_current, &a);
    b = make(check_current, &b);
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(coil_coroutine_send(a, NULL, NULL), i < 3);
        ASSERT_NULL(coil_coroutine_current());
        ASSERT_EQ(coil_coroutine_send(b, NULL, NULL), i < 3);
    }
    coil_coroutine_free(a);
    coil_coroutine_free(b);
}

/* Pass on what an inner coroutine yields: "yield from", a hundred deep. */
static int delegate(void *arg)
{
    intptr_t depth = (intptr_t)arg;
    struct coil_coroutine *inner;
    void *value = NULL;
    int rc;

    if (depth == 0)
        return count_to_three(NULL);
    inner = make(delegate, (void *)(depth - 1));
    while ((rc = coil_coroutine_send(inner, NULL, &value)) > 0)
        ASSERT_EQ(coil_coroutine_yield(value, NULL), 0);
    ASSERT_EQ(rc, 0);
    rc = coil_coroutine_result(inner);
    coil_coroutine_free(inner);
    return rc + 1;
}

TEST(coroutine_drives_coroutines_a_hundred_deep)
{
    struct coil_coroutine *co = make(delegate, (void *)100);
    void *value = NULL;

    for (intptr_t i = 1; i <= 3; i++) {
        ASSERT_EQ(coil_coroutine_send(co, NULL, &value), 1);
        ASSERT_EQ((intptr_t)value, i);
    }
    ASSERT_EQ(coil_coroutine_send(co, NULL, &value), 0);
    ASSERT_EQ(coil_coroutine_result(co), 142);
    coil_coroutine_free(co);
    SAID("begins ");
}

static int keep_locals(void *arg)
{
    intptr_t id = (intptr_t)arg;
    double half = (double)id / 2;
    intptr_t sum = 0;

    for (intptr_t i = 0; i < 5; i++) {
        sum += id * i;
        ASSERT_EQ(coil_coroutine_yield(NULL, NULL), 0);
    }
    ASSERT(half * 2 == (double)id);
    return (int)sum;
}

TEST(coroutine_locals_survive_a_thousand_others)
{
    static struct coil_coroutine *all[1000];

    for (intptr_t i = 0; i < 1000; i++)
        all[i] = make(keep_locals, (void *)i);
    for (int round = 0; round < 6; round++)
        for (int i = 999; i >= 0; i--)
            ASSERT_EQ(coil_coroutine_send(all[i], NULL, NULL), round < 5);
    for (int i = 0; i < 1000; i++) {
        ASSERT_EQ(coil_coroutine_result(all[i]), 10 * i);
        coil_coroutine_free(all[i]);
    }
}
