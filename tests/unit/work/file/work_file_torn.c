/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * A journal that ends anywhere, and one that is damaged anywhere: what was
 * acknowledged before that is there, or opening says that it is not.
 */
#include <errno.h>
#include <string.h>

#include <coil/sleep.h>
#include <coil/work.h>

#include "simulated.h"
#include "work_file_test.h"

enum { STEPS = 16, STATE_SIZE = 1024, HELD = 8 };

static const struct coil_work_options options = {
    .max_deliveries = 3,
    .allow_volatile = true, /* what is read does not depend on it */
};
static const struct coil_work_options durable = { .max_deliveries = 3 };

/* The journal after each step, and what is seen of it. */
static size_t sizes[STEPS];
static char states[STEPS][STATE_SIZE];
static int steps;

/* ---- what is seen ---- */

static size_t describe_dead(char *at, size_t room)
{
    struct coil_work_dead dead[HELD];
    int n = coil_work_list_dead(work, 0, dead, HELD);
    size_t used = 0;

    ASSERT_GE(n, 0);
    for (int i = 0; i < n; i++) {
        used +=
            (size_t)snprintf(at + used, room - used, " dead %s %s %u",
                             dead[i].id, dead[i].reason, dead[i].deliveries);
        coil_work_dead_free(&dead[i]);
    }
    return used;
}

/* All that can be claimed, in its order. */
static void describe_jobs(char *at, size_t room)
{
    struct coil_job jobs[HELD];
    size_t used = 0;
    int n = 0;

    while (n < HELD && coil_work_try_get(work, &jobs[n]) == 0) {
        used += (size_t)snprintf(at + used, room - used, " job %s %s %u %d %s",
                                 jobs[n].id, jobs[n].group, jobs[n].delivery,
                                 jobs[n].priority, (const char *)jobs[n].body);
        n++;
    }
    while (n > 0)
        ASSERT_EQ(coil_job_return(&jobs[--n]), 0);
}

static void describe(char state[STATE_SIZE])
{
    struct coil_work_stats s;
    size_t used;

    ASSERT_EQ(coil_work_stats(work, &s), 0);
    used = (size_t)snprintf(state, STATE_SIZE, "%d %d %d %d %d", (int)s.put,
                            (int)s.done, (int)s.delayed, (int)s.retried,
                            (int)s.expired);
    used += describe_dead(state + used, STATE_SIZE - used);
    describe_jobs(state + used, STATE_SIZE - used);
}

/* What another process finds that opens these bytes; NULL: `error`. */
static void expect_found(const char *bytes, size_t size, const char *state,
                         int error)
{
    char found[STATE_SIZE];
    int rc;

    write_journal("found", bytes, size);
    rc = try_open_file("found", &options);
    if (!state) {
        ASSERT_EQ(rc, error);
        return;
    }
    ASSERT_EQ(rc, 0);
    describe(found);
    ASSERT_STR_EQ(found, state);
    /* The queue goes on from here. */
    put_job("next", NULL, 100);
    close_work();
    open_file("found", &options);
    ASSERT_EQ(coil_work_put(work, &(struct coil_work_item){ .id = "next" }), 0);
    close_work();
}

/* ---- a history ---- */

static void note_step(void)
{
    struct coil_work *live = work;
    char *bytes = read_journal("q", &sizes[steps]);

    write_journal("seen", bytes, sizes[steps]);
    free(bytes);
    open_file("seen", &options);
    describe(states[steps]);
    if (steps > 0) {
        ASSERT_GT(sizes[steps], sizes[steps - 1]);
        ASSERT(strcmp(states[steps], states[steps - 1]) != 0);
    }
    steps++;
    close_work();
    work = live;
}

/* Each step is one that is acknowledged. */
static char *make_history(const struct coil_work_options *how, size_t *size)
{
    const struct coil_work_item two[] = {
        { .id = "c", .group = "g", .priority = -1, .body = "C", .size = 1 },
        { .id = "d", .priority = 2, .body = "D", .size = 1 },
    };
    struct coil_job job;
    char *bytes;

    steps = 0;
    open_file("q", how);
    note_step();
    put_job("a", NULL, 0);
    note_step();
    put_job("b", "group", 1);
    note_step();
    ASSERT_EQ(coil_work_put_many(work, two, 2), 2);
    note_step();
    ASSERT_EQ(coil_work_get(work, &job), 0);
    note_step();
    ASSERT_EQ(coil_job_done(&job), 0);
    note_step();
    ASSERT_EQ(coil_work_get(work, &job), 0);
    note_step();
    ASSERT_EQ(coil_job_retry(&job, 0), 0);
    note_step();
    ASSERT_EQ(coil_work_get(work, &job), 0);
    note_step();
    ASSERT_EQ(coil_job_bury(&job, "why"), 0);
    note_step();
    ASSERT_EQ(coil_work_revive(work, "a"), 1);
    note_step();
    ASSERT_EQ(coil_work_pause(work, "group", COIL_NEVER), 0);
    note_step();
    bytes = read_journal("q", size);
    close_work();
    ASSERT_EQ(*size, sizes[steps - 1]);
    return bytes;
}

static int step_of(size_t size)
{
    int step = steps - 1;

    while (step >= 0 && sizes[step] > size)
        step--;
    return step;
}

#define TORN_TEST(name)                                                        \
    SIMULATED_TEST(name, begin_directory, end_directory, 0, 0)

/* ---- ends ---- */

TORN_TEST(work_file_that_ends_anywhere_has_what_was_acknowledged)
{
    size_t size;
    char *bytes = make_history(&durable, &size);

    for (size_t end = 0; end <= size; end++) {
        int step = step_of(end);

        expect_found(bytes, end, step < 0 ? NULL : states[step], -EBADMSG);
    }
    free(bytes);
}

/* A power cut may leave the length, and not the bytes. */
TORN_TEST(work_file_whose_end_is_not_on_the_disk_has_the_rest)
{
    size_t size;
    char *bytes = make_history(&durable, &size);

    for (size_t end = size; end-- > sizes[steps - 2];) {
        bytes[end] = 0;
        if (end < size - 8) /* those of the last record are 0 */
            expect_found(bytes, size, states[steps - 2], 0);
    }
    free(bytes);
}

TORN_TEST(work_file_with_rubbish_behind_it_has_the_rest)
{
    size_t size;
    char *bytes = make_history(&durable, &size);
    char *longer = malloc(size + 200000);

    ASSERT_NOT_NULL(longer);
    memcpy(longer, bytes, size);
    /* The journal itself is the most similar to itself. */
    memset(longer + size, 0, 200000);
    memcpy(longer + size + 70000, bytes, size);
    expect_found(longer, size + 200000, states[steps - 1], 0);
    memset(longer + size, 0xff, 200000);
    expect_found(longer, size + 200000, states[steps - 1], 0);
    free(longer);
    free(bytes);
}

/* ---- damage ---- */

TORN_TEST(work_file_that_is_damaged_says_so)
{
    size_t size;
    char *bytes = make_history(&durable, &size);

    for (size_t at = 12; at < size; at++) {
        bool is_last = at >= sizes[steps - 2];

        bytes[at] ^= 0x20;
        expect_found(bytes, size, is_last ? states[steps - 2] : NULL, -EBADMSG);
        bytes[at] ^= 0x20;
    }
    expect_found(bytes, size, states[steps - 1], 0);
    free(bytes);
}

TORN_TEST(work_file_without_one_of_its_frames_says_so)
{
    size_t size;
    char *bytes = make_history(&durable, &size);

    for (int step = 1; step < steps; step++) {
        size_t from = sizes[step], to = sizes[step - 1];

        if (step == steps - 1)
            break;
        memmove(bytes + to, bytes + from, size - from);
        expect_found(bytes, size - (from - to), NULL, -EBADMSG);
        free(bytes);
        bytes = read_journal("q", &size);
    }
    free(bytes);
}

/* Nobody was promised more by who may forget. */
TORN_TEST(work_file_that_was_not_synced_is_cut_off_where_it_is_damaged)
{
    size_t size;
    char *bytes = make_history(&options, &size);

    bytes[sizes[3] + 1] ^= 1;
    expect_found(bytes, size, states[3], 0);
    free(bytes);
}
