/* SPDX-License-Identifier: MIT */
/* schedule.c - random schedules of a few tasks, held against a model */
#include "schedule.h"

struct actor actors[MAX_ACTORS];
int actor_count;
int longest_limit = 3;

int below(int limit)
{
    return (int)coil_test_choose((uint64_t)limit);
}

bool one_in(int n)
{
    return below(n) == 0;
}

/* ---- the line ---- */

void stand(struct line *line, struct actor *a)
{
    line->actors[line->count++] = a;
    a->line = line;
}

static void step_out(struct actor *a)
{
    struct line *line = a->line;
    int i = 0;

    if (!line)
        return;
    while (line->actors[i] != a)
        i++;
    line->count--;
    for (; i < line->count; i++)
        line->actors[i] = line->actors[i + 1];
    a->line = NULL;
}

/* Whether a call that has not been decided can still succeed. */
static bool is_live(const struct actor *a)
{
    return !a->cancelled &&
           !(a->limited && (a->hopeless || coil_timeout_expired(&a->limit)));
}

void oblige(struct actor *a, int due)
{
    a->obliged = true;
    a->due = due;
}

/* The longest waiter that can still be served, or NULL. */
static struct actor *front(const struct line *line)
{
    int i;

    for (i = 0; i < line->count; i++)
        if (is_live(line->actors[i]))
            return line->actors[i];
    return NULL;
}

struct actor *serve_first(struct line *line, int due)
{
    struct actor *a = front(line);

    if (a) {
        step_out(a);
        oblige(a, due);
    }
    return a;
}

void serve_all(struct line *line, int due)
{
    while (serve_first(line, due))
        continue;
}

int live_count(const struct line *line)
{
    int i, n = 0;

    for (i = 0; i < line->count; i++)
        n += is_live(line->actors[i]);
    return n;
}

/* ---- calls ---- */

/* Before a suspending call. */
static void begin_unlimited(struct actor *a)
{
    a->obliged = false;
    a->free = false;
    a->limited = false;
    a->live = is_live(a);
}

void begin(struct actor *a)
{
    coil_time duration;

    begin_unlimited(a);
    a->limited = longest_limit >= 0 && one_in(2);
    if (!a->limited)
        return;
    duration = below(longest_limit + 1) * COIL_MILLISECOND;
    a->hopeless = duration == 0;
    ASSERT_EQ(coil_timeout_begin(&a->limit, duration), 0);
    a->live = is_live(a);
}

int end(struct actor *a, int rc)
{
    step_out(a);
    if (a->obliged)
        ASSERT_EQ(rc, a->due);
    else if (!a->free || !a->live || rc < 0)
        ASSERT_EQ(rc, -ECANCELED);
    if (rc == -ECANCELED) {
        ASSERT(!is_live(a));
        a->cancelled = false;
    }
    if (a->limited) {
        a->limited = false;
        if (coil_timeout_end(&a->limit, rc) != rc)
            ASSERT_EQ(rc, -ECANCELED);
    }
    return rc;
}

/* Let time pass, or only let others run. */
static void idle(struct actor *a)
{
    coil_time duration = below(3) * COIL_MILLISECOND;

    begin(a);
    a->free = true;
    end(a, coil_sleep(duration));
}

void give_way(struct actor *a)
{
    begin_unlimited(a);
    a->free = true;
    end(a, coil_yield());
}

void cancel_actor(struct actor *victim)
{
    if (coil_task_cancel(victim->task))
        victim->cancelled = true;
}

static void cancel_somebody(void)
{
    cancel_actor(&actors[below(actor_count)]);
}

/* ---- running ---- */

static const struct play *play;

static int run_actor(void *arg)
{
    struct actor *self = arg;
    int acts;

    for (acts = 1 + below(12); acts > 0; acts--) {
        if (one_in(5))
            cancel_somebody();
        else if (one_in(3))
            idle(self);
        else
            play->act(self);
    }
    if (play->leave)
        play->leave(self);
    return 0;
}

static int run_schedule(void *arg)
{
    int i;

    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    actor_count = 3 + below(MAX_ACTORS - 2);
    coil_test_let_time_pass((unsigned)below(2) * 8, COIL_SECOND);
    memset(actors, 0, sizeof actors);
    play->prepare();
    for (i = 0; i < actor_count; i++)
        ASSERT_EQ(coil_task_create(&actors[i].task, run_actor, &actors[i]), 0);
    ASSERT_EQ(coil_sleep(below(20) * COIL_MILLISECOND), 0);
    for (i = 0; i < actor_count; i++) {
        while (!coil_task_is_done(actors[i].task)) {
            if (play->finish)
                play->finish();
            ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
        }
    }
    play->conclude();
    for (i = 0; i < actor_count; i++)
        coil_task_release(actors[i].task);
    return 0;
}

void print_schedule(void)
{
    coil_test_dump_schedule(STDERR_FILENO);
    fputs(" plays this schedule again\n", stderr);
}

uint64_t number_from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

void run_schedules(const struct play *p)
{
    uint64_t count = number_from_environment("COIL_SCHEDULES", SCHEDULES);

    play = p;
    test_on_failure = print_schedule;
    ASSERT_EQ(coil_test_run_seeds(run_schedule, NULL, 1, count), 0);
}
