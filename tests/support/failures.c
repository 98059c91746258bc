/* SPDX-License-Identifier: MIT */
/*
 * failures.c - each scenario (scenario.h) without memory, and with a network
 * that fails
 */
#include "failures.h"

/* The number of schedules (scenario.h). */
enum { SEEDS = 4 };

static const int call_errors[] = {
    -EMFILE,       -ENFILE,      -ENOBUFS,       -ENOMEM,       -EACCES,
    -EADDRINUSE,   -EPIPE,       -ECONNRESET,    -ECONNREFUSED, -ECONNABORTED,
    -EHOSTUNREACH, -ENETDOWN,    -ETIMEDOUT,     -EPROTO,       -EIO,
    -EPERM,        -ENETUNREACH, -EADDRNOTAVAIL, -EAFNOSUPPORT, -ENOTCONN,
    -EHOSTDOWN,    -ENONET,
};
enum { ERRORS = sizeof call_errors / sizeof *call_errors };

const char *failing_kind;
size_t failing_n;
bool fails_forever;
static size_t allocations_before;
static bool was_struck;
unsigned long failure_runs;

static void say_failure(void)
{
    coil_test_fail_allocation(0, false);
    fprintf(stderr, "%s: %s %zu%s fails with %s, COIL_SEED=%llu\n",
            playing->name, failing_kind, failing_n,
            fails_forever ? " and all that follow" : "",
            coil_strerror(failing_error), (unsigned long long)playing_seed);
}

void (*fail_all_calls)(void);
bool (*calls_are_over)(void);

static bool is_call_made(void)
{
    bool is_made = coil_test_calls() >= failing_n;

    coil_test_fail_call(0, 0);
    return is_made;
}

/* From here on nothing fails. */
static void stop_failing(bool calls)
{
    size_t made = coil_test_allocations() - allocations_before;
    bool is_made = calls_are_over ? calls_are_over() : is_call_made();

    was_struck = calls ? is_made : made >= failing_n;
    coil_test_fail_allocation(0, false);
}

static void expect_clear(int rc)
{
    if (rc < 0 && strstr(coil_strerror(rc), "nknown"))
        FAIL("an error without a name: %d", rc);
}

/* A task that waits for better times, as accepting does, waits not for ever. */
static int begin_failing(void)
{
    struct coil_timeout limit;

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MINUTE), 0);
    return coil_timeout_end(&limit, playing->begin());
}

int play_failing(bool calls)
{
    int begun = begin_failing();
    int rc = begun;

    if (rc == 0)
        rc = coil_task_create(&victim, run_victim, NULL);
    if (rc == 0)
        rc = end_of_victim(true);
    expect_clear(rc);
    stop_failing(calls);
    if (begun == 0)
        playing->probe();
    end_helpers();
    playing->end();
    return 0;
}

static int play_short_of_memory(void *arg)
{
    (void)arg;
    return play_failing(false);
}

static int play_with_failing_call(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_fail_call(failing_n, failing_error), 0);
    return play_failing(true);
}

static size_t fail_allocations(bool forever, uint64_t seed)
{
    failing_kind = "allocation";
    failing_error = -ENOMEM;
    fails_forever = forever;
    failing_n = 0;
    do {
        int rc;

        failing_n++;
        was_struck = true;
        allocations_before = coil_test_allocations();
        coil_test_fail_allocation(failing_n, forever);
        rc = play(play_short_of_memory, seed);
        failure_runs++;
        ASSERT(rc == 0 || rc == -ENOMEM);
    } while (was_struck);
    return failing_n - 1;
}

/* Every step-th call, from the first one given. */
static void fail_calls(int error, uint64_t seed, size_t first, size_t step)
{
    failing_kind = "call";
    failing_error = error;
    fails_forever = false;
    for (failing_n = first;; failing_n += step) {
        ASSERT_EQ(play(play_with_failing_call, seed), 0);
        failure_runs++;
        if (!was_struck)
            break;
    }
}

/*
 * On the simulator any call fails with each error that some call may have, in
 * every schedule.  COIL_ERRORS=n: with n of the errors; these differ from call to
 * call, and each is played in one schedule.
 */
static void fail_simulated_calls(uint64_t seeds)
{
    const char *text = getenv("COIL_ERRORS");
    size_t errors = text ? strtoul(text, NULL, 10) : ERRORS;
    size_t step = errors < 1 ? ERRORS : (ERRORS + errors - 1) / errors;

    for (size_t i = 0; i < ERRORS; i++)
        for (uint64_t seed = 0; seed < seeds; seed++)
            if (!text || i % seeds == seed)
                fail_calls(call_errors[i], seed, 1 + i % step, step);
}

void fail_everything(const struct scenario *scenario)
{
    uint64_t seeds = schedules_of_each(SEEDS);
    size_t allocations = 0;

    playing = scenario;
    is_failing = true;
    test_on_failure = say_failure;
    if (theatre->prepare)
        theatre->prepare();
    keep_stacks();
    for (uint64_t seed = seeds; seed-- > 0;) {
        /* In the last one, those for stacks are among the allocations. */
        if (seed == 0)
            give_stacks_back();
        allocations = fail_allocations(false, seed);
        fail_allocations(true, seed);
    }
    if (fail_all_calls) {
        fail_all_calls();
    } else {
        keep_stacks();
        fail_simulated_calls(seeds);
        give_stacks_back();
    }
    printf("%s: %zu allocations, %zu calls, %lu runs\n", scenario->name,
           allocations, failing_n - 1, failure_runs);
}
