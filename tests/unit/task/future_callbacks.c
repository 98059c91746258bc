/* SPDX-License-Identifier: MIT */
/*
 * The callbacks of a future: when they are called, and how often.
 */
#include <stdlib.h>

#include "futures.h"

/* ---- done callbacks ---- */

/* FUT-4 */
CORE_TEST(future_callbacks_run_in_order_and_later)
{
    struct coil_future_callback callbacks[4] = { { .fn = NULL } };

    add_callback(&callbacks[0], "1");
    add_callback(&callbacks[1], "2");
    add_callback(&callbacks[2], "3");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    say("set ");
    add_callback(&callbacks[3], "late");
    SAID("set ");
    turn();
    SAID("1 2 3 late ");
}

/* FUT-4 */
CORE_TEST(future_callbacks_run_after_an_error)
{
    struct coil_future_callback callback = { .fn = NULL };

    add_callback(&callback, "1");
    ASSERT_EQ(coil_future_set_error(&future, -EIO), 0);
    SAID("");
    turn();
    SAID("1 ");
}

/* FUT-4 */
CORE_TEST(future_callbacks_run_after_a_cancellation)
{
    struct coil_future_callback callback = { .fn = NULL };

    add_callback(&callback, "1");
    ASSERT(coil_future_cancel(&future));
    SAID("");
    turn();
    SAID("1 ");
}

/* FUT-4 */
CORE_TEST(future_callbacks_run_once)
{
    struct coil_future_callback callback = { .fn = NULL };

    add_callback(&callback, "1");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    turn();
    SAID("1 ");
}

/* FUT-4: handles keep their order even where tasks do not. */
SEEDS_TEST(future_callbacks_keep_their_order_under_any_seed)
{
    struct coil_future_callback callbacks[3] = { { .fn = NULL } };

    coil_future_init(&future);
    add_callback(&callbacks[0], "1");
    add_callback(&callbacks[1], "2");
    add_callback(&callbacks[2], "3");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    SAID("1 2 3 ");
}

static void check_call(struct coil_future *done, void *arg)
{
    ASSERT_PTR_EQ(done, &future);
    ASSERT_PTR_EQ(arg, &value_b);
    ASSERT_NULL(coil_current_task());
    ASSERT_NULL(coil_coroutine_current());
    ASSERT_NOT_NULL(coil_loop_current());
    say("called ");
}

/* FUT-4 */
CORE_TEST(future_callback_is_told_what_and_runs_outside_of_tasks)
{
    struct coil_future_callback callback = { .fn = NULL };

    ASSERT_EQ(
        coil_future_add_done_callback(&future, &callback, check_call, &value_b),
        0);
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("called ");
}

CORE_TEST(future_callback_cannot_be_registered_twice)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_future other = COIL_FUTURE_INIT;

    add_callback(&callback, "1");
    ASSERT_EQ(coil_future_add_done_callback(&future, &callback, say_call, "2"),
              -EBUSY);
    ASSERT_EQ(coil_future_add_done_callback(&other, &callback, say_call, "2"),
              -EBUSY);
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    /* A callback that is due counts as registered. */
    ASSERT_EQ(coil_future_add_done_callback(&future, &callback, say_call, "2"),
              -EBUSY);
    turn();
    SAID("1 ");
    add_callback(&callback, "again");
    turn();
    SAID("again ");
}

TEST(future_callback_needs_a_running_loop)
{
    struct coil_future_callback callback = { .fn = NULL };

    ASSERT_EQ(coil_future_add_done_callback(&future, &callback, say_call, "1"),
              -EINVAL);
    ASSERT(!coil_future_remove_done_callback(&future, &callback));
}

/* FUT-5 */
CORE_TEST(future_callback_is_removed_from_any_place)
{
    for (int gone = 0; gone < 3; gone++) {
        static const char *const expected[] = { "2 3 ", "1 3 ", "1 2 " };
        struct coil_future_callback callbacks[3] = { { .fn = NULL } };

        coil_future_init(&future);
        add_callback(&callbacks[0], "1");
        add_callback(&callbacks[1], "2");
        add_callback(&callbacks[2], "3");
        ASSERT(coil_future_remove_done_callback(&future, &callbacks[gone]));
        ASSERT(!coil_future_remove_done_callback(&future, &callbacks[gone]));
        ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
        turn();
        SAID(expected[gone]);
    }
}

/* FUT-5 */
CORE_TEST(future_callback_is_removed_from_its_own_future_only)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_future other = COIL_FUTURE_INIT;

    add_callback(&callback, "1");
    ASSERT(!coil_future_remove_done_callback(&other, &callback));
    ASSERT(coil_future_remove_done_callback(&future, &callback));
    add_callback(&callback, "2");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("2 ");
    ASSERT(!coil_future_remove_done_callback(&future, &callback));
}

/* FUT-5, as amended: a call that is due can be retracted. */
CORE_TEST(future_callback_that_is_due_can_be_removed)
{
    for (int gone = 0; gone < 3; gone++) {
        static const char *const expected[] = { "2 3 ", "1 3 ", "1 2 " };
        struct coil_future_callback callbacks[3] = { { .fn = NULL } };

        coil_future_init(&future);
        add_callback(&callbacks[0], "1");
        add_callback(&callbacks[1], "2");
        add_callback(&callbacks[2], "3");
        ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
        ASSERT(coil_future_remove_done_callback(&future, &callbacks[gone]));
        ASSERT(!coil_future_remove_done_callback(&future, &callbacks[gone]));
        memset(&callbacks[gone], 0xa5, sizeof callbacks[gone]);
        turn();
        SAID(expected[gone]);
    }
}

static void say_address(struct coil_future *done, void *arg)
{
    ASSERT_EQ((uintptr_t)done, *(uintptr_t *)arg);
    say("called ");
}

/* Only the address of the future is left. */
CORE_TEST(future_may_be_gone_when_its_callback_is_called_or_taken_back)
{
    struct coil_future_callback a = { .fn = NULL };
    struct coil_future_callback b = { .fn = NULL };
    struct coil_future *gone = calloc(1, sizeof *gone);
    uintptr_t address = (uintptr_t)gone;

    ASSERT_NOT_NULL(gone);
    ASSERT_EQ(coil_future_add_done_callback(gone, &a, say_address, &address),
              0);
    ASSERT_EQ(coil_future_add_done_callback(gone, &b, say_address, &address),
              0);
    ASSERT_EQ(coil_future_set_result(gone, NULL), 0);
    free(gone);
    ASSERT(coil_future_remove_done_callback((struct coil_future *)address, &b));
    turn();
    SAID("called ");
}

struct pair {
    struct coil_future_callback *other;
    const char *name;
};

static void remove_other(struct coil_future *done, void *arg)
{
    struct pair *pair = arg;

    say("%s:%d ", pair->name,
        coil_future_remove_done_callback(done, pair->other));
}

/* FUT-5 */
CORE_TEST(future_callback_removes_one_that_is_due_after_it)
{
    struct coil_future_callback a = { .fn = NULL };
    struct coil_future_callback b = { .fn = NULL };
    struct coil_future_callback c = { .fn = NULL };
    struct pair removes_b = { &b, "removes" };

    coil_future_add_done_callback(&future, &a, remove_other, &removes_b);
    add_callback(&b, "b");
    add_callback(&c, "c");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("removes:1 c ");
}

/* FUT-5 */
CORE_TEST(future_callback_has_nothing_to_remove_of_itself)
{
    struct coil_future_callback a = { .fn = NULL };
    struct pair removes_a = { &a, "itself" };

    coil_future_add_done_callback(&future, &a, remove_other, &removes_a);
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("itself:0 ");
}

static void add_other(struct coil_future *done, void *arg)
{
    struct pair *pair = arg;

    ASSERT_EQ(coil_future_add_done_callback(done, pair->other, say_call,
                                            (void *)(uintptr_t)pair->name),
              0);
    say("adds ");
}

/* FUT-5, B0: what a callback adds runs in the next turn. */
CORE_TEST(future_callback_adds_another_for_the_next_turn)
{
    struct coil_future_callback a = { .fn = NULL };
    struct coil_future_callback b = { .fn = NULL };
    struct coil_future_callback added = { .fn = NULL };
    struct pair adds = { &added, "added" };

    coil_future_add_done_callback(&future, &a, add_other, &adds);
    add_callback(&b, "b");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("adds b ");
    turn();
    SAID("added ");
}

/* FUT-5 */
CORE_TEST(future_callback_adds_itself_again)
{
    struct coil_future_callback a = { .fn = NULL };
    struct pair adds = { &a, "again" };

    coil_future_add_done_callback(&future, &a, add_other, &adds);
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    turn();
    turn();
    SAID("adds again ");
}

static void free_both(struct coil_future *done, void *arg)
{
    free(done);
    free(arg);
    say("freed ");
}

/* The memory belongs to the caller from the call on. */
CORE_TEST(future_and_callback_may_be_freed_in_the_call)
{
    struct coil_future *own = calloc(1, sizeof *own);
    struct coil_future_callback *callback = calloc(1, sizeof *callback);

    coil_future_add_done_callback(own, callback, free_both, callback);
    ASSERT_EQ(coil_future_set_result(own, NULL), 0);
    turn();
    SAID("freed ");
}

static void complete_other(struct coil_future *done, void *arg)
{
    (void)done;
    ASSERT_EQ(coil_future_set_result(arg, NULL), 0);
    say("passes on ");
}

/* B0: one turn for each link. */
CORE_TEST(future_callback_completes_another_future)
{
    struct coil_future next = COIL_FUTURE_INIT;
    struct coil_future_callback a = { .fn = NULL };
    struct coil_future_callback b = { .fn = NULL };

    coil_future_add_done_callback(&future, &a, complete_other, &next);
    coil_future_add_done_callback(&next, &b, say_call, "next");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("passes on ");
    turn();
    SAID("next ");
}

static struct coil_future_callback link;
static struct coil_future_callback left_over;

/* A callback that becomes due in the last turn of a run stays due. */
static int leave_a_due_callback(void *arg)
{
    struct coil_future *self = coil_task_future(coil_current_task());

    add_callback(&left_over, arg);
    return coil_future_add_done_callback(self, &link, complete_other, &future);
}

/* LOOP-15, RUN-2: as asyncio's run() does it. */
TEST(future_callback_that_is_due_at_the_close_is_called)
{
    ASSERT_EQ(coil_run(leave_a_due_callback, (void *)(uintptr_t) "called"), 0);
    SAID("passes on called ");
    ASSERT(!coil_future_remove_done_callback(&future, &left_over));
}

static void add_again(struct coil_future *self, void *arg)
{
    say("again ");
    ASSERT_EQ(coil_future_add_done_callback(self, &left_over, add_again, arg),
              0);
}

static int leave_an_endless_callback(void *arg)
{
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    return coil_future_add_done_callback(&future, &left_over, add_again, arg);
}

/* A closed loop gives back the callbacks that it will not call. */
TEST(future_callback_that_is_due_at_the_close_is_the_callers_again)
{
    struct coil_loop *loop;
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(
        coil_loop_run_until_complete(loop, leave_an_endless_callback, NULL), 0);
    /*
     * One is called in each turn: in the turn in which main ended, and in four
     * while the loop closes.
     */
    SAID("again ");
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    SAID("again again again again ");
    ASSERT(!coil_future_remove_done_callback(&future, &left_over));
}
