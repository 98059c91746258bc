/* SPDX-License-Identifier: MIT */
/*
 * Another try: how often, after what, and how long the pauses are.
 */
#include <coil/retry.h>

#include "jobs.h"

/* A call that fails some times, and then returns `result`. */
struct work {
    int failures;
    int error;
    int result;
    coil_time duration;
    int calls;
};

static int try_it(void *arg)
{
    struct work *work = arg;
    int rc = coil_sleep(work->duration);

    work->calls++;
    if (rc < 0)
        return rc;
    return work->calls <= work->failures ? work->error : work->result;
}

static struct work work;

static int retry(int failures, int error,
                 const struct coil_retry_options *options)
{
    work = (struct work){ .failures = failures, .error = error, .result = 7 };
    return coil_retry_call(try_it, &work, options);
}

/* ---- how often ---- */

CORE_TEST(retry_of_what_succeeds_calls_once)
{
    ASSERT_EQ(retry(0, -EIO, NULL), 7);
    ASSERT_EQ(work.calls, 1);
    ASSERT_EQ(coil_now(), 0);
}

CORE_TEST(retry_goes_on_until_it_succeeds)
{
    ASSERT_EQ(retry(3, -ECONNREFUSED, NULL), 7);
    ASSERT_EQ(work.calls, 4);
}

CORE_TEST(retry_ends_with_the_last_error)
{
    ASSERT_EQ(retry(4, -ECONNREFUSED, NULL), -ECONNREFUSED);
    ASSERT_EQ(work.calls, 4);
    ASSERT_EQ(retry(9, -ETIMEDOUT, &(struct coil_retry_options){ .tries = 2 }),
              -ETIMEDOUT);
    ASSERT_EQ(work.calls, 2);
    ASSERT_EQ(retry(9, -ETIMEDOUT, &(struct coil_retry_options){ .tries = 1 }),
              -ETIMEDOUT);
    ASSERT_EQ(work.calls, 1);
}

CORE_TEST(retry_of_what_lasts_calls_once)
{
    ASSERT_EQ(retry(9, -EACCES, NULL), -EACCES);
    ASSERT_EQ(work.calls, 1);
    ASSERT_EQ(coil_now(), 0);
}

static bool is_io(int error, void *arg)
{
    ASSERT_PTR_EQ(arg, &work);
    return error == -EIO;
}

CORE_TEST(retry_asks_the_program_what_is_worth_it)
{
    const struct coil_retry_options options = { .is_transient = is_io,
                                                .arg = &work };

    ASSERT_EQ(retry(1, -EIO, &options), 7);
    ASSERT_EQ(retry(1, -ECONNREFUSED, &options), -ECONNREFUSED);
}

/* ---- pauses ---- */

/* The longest of many n-th pauses. */
static coil_time longest(unsigned n, const struct coil_retry_options *options)
{
    coil_time most = 0;

    for (int i = 0; i < 50; i++) {
        struct coil_retry one;
        coil_time begin;
        int rc = -EAGAIN;

        coil_retry_init(&one, options);
        for (unsigned failed = 1; failed < n; failed++)
            ASSERT_EQ(coil_retry_pause(&one, &rc), 0);
        begin = coil_now();
        ASSERT_EQ(coil_retry_pause(&one, &rc), 0);
        ASSERT_EQ(coil_retry_failed(&one), n);
        if (coil_now() - begin > most)
            most = coil_now() - begin;
    }
    return most;
}

SEEDS_TEST(retry_pauses_double_up_to_a_limit)
{
    const struct coil_retry_options options = {
        .tries = 100,
        .first_delay = COIL_SECOND,
        .max_delay = 5 * COIL_SECOND,
    };
    static const int limits[] = { 1, 2, 4, 5, 5 };

    for (unsigned n = 1; n <= 5; n++) {
        coil_time most = longest(n, &options);

        ASSERT_LE(most, limits[n - 1] * COIL_SECOND);
        ASSERT_GT(most, limits[n - 1] * COIL_SECOND * 3 / 4);
    }
}

static coil_time first_pause(void)
{
    struct coil_retry one;
    int rc = -EAGAIN;
    coil_time begin = coil_now();

    coil_retry_init(&one, NULL);
    ASSERT_EQ(coil_retry_pause(&one, &rc), 0);
    return coil_now() - begin;
}

static coil_time pauses[2][3];
static int round_of_pauses;

static int make_pauses(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        pauses[round_of_pauses][i] = first_pause();
    round_of_pauses++;
    return 0;
}

TEST(retry_pauses_are_those_of_the_seed)
{
    ASSERT_EQ(coil_test_run(make_pauses, NULL, 5), 0);
    ASSERT_EQ(coil_test_run(make_pauses, NULL, 5), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(pauses[0][i], pauses[1][i]);
    ASSERT_NE(pauses[0][0], pauses[0][1]);
    round_of_pauses = 1;
    ASSERT_EQ(coil_test_run(make_pauses, NULL, 6), 0);
    ASSERT_NE(pauses[0][0], pauses[1][0]);
}

/* ---- limits ---- */

CORE_TEST(retry_makes_no_pause_beyond_its_limit)
{
    const struct coil_retry_options options = {
        .tries = 1000,
        .first_delay = COIL_SECOND,
        .max_delay = COIL_SECOND,
        .limit = 10 * COIL_SECOND,
    };

    ASSERT_EQ(retry(1000, -ECONNREFUSED, &options), -ECONNREFUSED);
    ASSERT_LT(coil_now(), 10 * COIL_SECOND);
    ASSERT_GT(work.calls, 10);
}

CORE_TEST(retry_ends_a_try_that_takes_too_long)
{
    const struct coil_retry_options options = {
        .tries = 2,
        .first_delay = 1,
        .try_limit = COIL_SECOND,
    };

    work = (struct work){ .duration = COIL_MINUTE };
    ASSERT_EQ(coil_retry_call(try_it, &work, &options), -ETIMEDOUT);
    ASSERT_EQ(work.calls, 2);
    ASSERT_LE(coil_now(), 2 * COIL_SECOND + 1);
    check_not_cancelled();
}

CORE_TEST(retry_ends_the_last_try_at_the_limit_of_all)
{
    const struct coil_retry_options options = {
        .first_delay = 1,
        .try_limit = COIL_SECOND,
        .limit = 1500 * COIL_MILLISECOND,
    };

    work = (struct work){ .duration = COIL_MINUTE };
    ASSERT_EQ(coil_retry_call(try_it, &work, &options), -ETIMEDOUT);
    ASSERT_EQ(work.calls, 2);
    ASSERT_EQ(coil_now(), 1500 * COIL_MILLISECOND);
}

/* ---- cancellation ---- */

static int retry_for_long(void *arg)
{
    const struct coil_retry_options options = {
        .tries = 1000,
        .first_delay = COIL_MINUTE,
        .max_delay = COIL_MINUTE,
    };

    return coil_retry_call(try_it, arg, &options);
}

CORE_TEST(retry_cancelled_in_a_pause_tries_no_more)
{
    struct coil_task *task;

    work = (struct work){ .failures = 1000, .error = -EPIPE };
    task = start(retry_for_long, &work);
    ASSERT_EQ(coil_sleep(1), 0);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(work.calls, 1);
}

CORE_TEST(retry_cancelled_in_a_try_tries_no_more)
{
    struct coil_task *task;

    work = (struct work){ .duration = COIL_SECOND };
    task = start(retry_for_long, &work);
    turn();
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(work.calls, 1);
}

CORE_TEST(retry_pause_returns_what_is_no_error)
{
    struct coil_retry one;
    int rc = 3;

    coil_retry_init(&one, NULL);
    ASSERT_EQ(coil_retry_pause(&one, &rc), 3);
    ASSERT_EQ(rc, 3);
    ASSERT_EQ(coil_retry_failed(&one), 0);
    cancel_self();
    ASSERT_EQ(coil_retry_pause(&one, &rc), -ECANCELED);
    ASSERT_EQ(rc, -ECANCELED);
    coil_task_uncancel(coil_current_task());
}

TEST(retry_needs_a_clock)
{
    work = (struct work){ .result = 1 };
    ASSERT_EQ(run_without_clock(retry_for_long, &work), -ENOTSUP);
    ASSERT_EQ(work.calls, 0);
}
