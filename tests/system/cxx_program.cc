/* SPDX-License-Identifier: MIT */
/* What docs/cplusplus.md lets a program in C++ rely on. */
#include "cxx_test.h"

#include <coil/queue.h>
#include <coil/timeout.h>

static std::string trace;

/* Says that it was made, and that it was destroyed. */
struct visitor {
    char name;

    explicit visitor(char n) : name(n)
    {
        trace += name;
    }
    ~visitor()
    {
        trace += '-';
        trace += name;
    }
};

/* ---- cancellation --------------------------------------------------------- */

static int wait_within_two(void *)
{
    visitor outer('a');
    visitor inner('b');

    return coil_sleep(COIL_SECOND);
}

CXX_TEST(destructors_run_in_order_when_a_task_is_cancelled)
{
    coil_task *task = start(wait_within_two);

    trace = "";
    while (trace != "ab")
        turn();
    ASSERT(coil_task_cancel(task));
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_STR_EQ(trace.c_str(), "ab-b-a");
}

/* The interrupted call has reported the request. */
CXX_TEST(destructor_of_a_cancelled_task_may_wait)
{
    coil_task *task = start([](void *) {
        struct waits {
            ~waits()
            {
                ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
                trace += "waited";
            }
        } at_the_end;

        trace += "begun ";
        return coil_sleep(COIL_SECOND);
    });

    trace = "";
    while (trace.empty())
        turn();
    ASSERT(coil_task_cancel(task));
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_STR_EQ(trace.c_str(), "begun waited");
}

/* An object that is handed to a task is destroyed once, whatever happens. */
static int look_at_visitor(void *arg)
{
    trace += (*static_cast<visitor **>(arg))->name;
    return 0;
}

static coil_task *start_with_visitor()
{
    auto *owned = new visitor('v');
    coil_task_options options = {};
    coil_task *task;

    options.arg_size = sizeof owned;
    options.arg_destroy = [](void *arg) {
        delete *static_cast<visitor **>(arg);
    };
    ASSERT_EQ(coil_task_create_with(&task, look_at_visitor, &owned, &options),
              0);
    return task;
}

CXX_TEST(argument_of_a_task_is_destroyed_when_it_ends)
{
    trace = "";
    ASSERT_EQ(end_of(start_with_visitor()), 0);
    ASSERT_STR_EQ(trace.c_str(), "vv-v");
}

CXX_TEST(argument_of_a_task_that_never_ran_is_destroyed)
{
    coil_task *task;

    trace = "";
    task = start_with_visitor();
    ASSERT(coil_task_cancel(task));
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_STR_EQ(trace.c_str(), "v-v");
}

/* ---- exceptions ----------------------------------------------------------- */

static int go_down(int depth)
{
    visitor here(static_cast<char>('0' + depth));

    turn();
    if (depth == 0)
        throw std::runtime_error("at the bottom");
    return go_down(depth - 1);
}

CXX_TEST(exception_unwinds_calls_that_have_waited)
{
    coil_task *other = start([](void *) { return coil_sleep(COIL_SECOND); });

    trace = "";
    try {
        (void)!go_down(3);
        FAIL("it did not throw");
    } catch (const std::runtime_error &e) {
        turn();
        ASSERT_STR_EQ(e.what(), "at the bottom");
    }
    ASSERT_STR_EQ(trace.c_str(), "3210-0-1-2-3");
    ASSERT_EQ(end_of(other), 0);
}

/* A destructor ends the scope, and waits while the stack unwinds. */
struct group {
    coil_task_group tasks;

    group()
    {
        ASSERT_EQ(coil_task_group_begin(&tasks), 0);
    }
    ~group()
    {
        ASSERT_EQ(std::uncaught_exceptions(), 1);
        ASSERT_EQ(coil_task_group_end(&tasks, -ECANCELED), -ECANCELED);
        ASSERT_EQ(std::uncaught_exceptions(), 1);
    }
};

CXX_TEST(group_that_a_destructor_ends_has_cancelled_its_tasks)
{
    trace = "";
    try {
        group g;

        ASSERT_EQ(
            coil_task_group_create(&g.tasks, nullptr, wait_within_two, nullptr),
            0);
        while (trace != "ab")
            turn();
        throw std::runtime_error("out of the group");
    } catch (const std::runtime_error &e) {
        ASSERT_STR_EQ(e.what(), "out of the group");
    }
    ASSERT_STR_EQ(trace.c_str(), "ab-b-a");
    turn();
}

struct limit {
    coil_timeout timeout;

    limit()
    {
        ASSERT_EQ(coil_timeout_begin(&timeout, COIL_SECOND), 0);
    }
    ~limit()
    {
        (void)!coil_timeout_end(&timeout, 0);
    }
};

CXX_TEST(timeout_that_a_destructor_ends_does_not_strike_later)
{
    try {
        limit l;

        turn();
        throw std::runtime_error("out of the limit");
    } catch (const std::runtime_error &) {
        ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    }
}

/* A cancellation may be an exception of the program. */
struct cancelled {
};

static void check(int rc)
{
    if (rc == -ECANCELED)
        throw cancelled();
    ASSERT_EQ(rc, 0);
}

CXX_TEST(cancellation_may_be_thrown_on_by_the_program)
{
    coil_task *task = start([](void *) {
        try {
            visitor v('x');

            check(coil_sleep(COIL_SECOND));
            return 0;
        } catch (const cancelled &) {
            turn();
            return -ECANCELED;
        }
    });

    trace = "";
    while (trace.empty())
        turn();
    ASSERT(coil_task_cancel(task));
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_STR_EQ(trace.c_str(), "x-x");
}

/* ---- what belongs to the thread ------------------------------------------- */

static thread_local int of_the_thread;
static thread_local std::string with_constructor = "made";

CXX_TEST(thread_local_variables_are_shared_by_the_tasks_of_a_thread)
{
    of_the_thread = 1;
    with_constructor = "made";
    coil_task *task = start([](void *) {
        ASSERT_STR_EQ(with_constructor.c_str(), "made");
        of_the_thread++;
        with_constructor = "changed by the task";
        return 0;
    });

    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(of_the_thread, 2);
    ASSERT_STR_EQ(with_constructor.c_str(), "changed by the task");
}

/* ---- macros --------------------------------------------------------------- */

CXX_TEST(queue_takes_a_field_as_its_key)
{
    struct job {
        char name;
        double due;
    } jobs[] = { { 'a', 2.5 }, { 'b', -1 }, { 'c', 2.25 } }, job;
    coil_queue queue;

    coil_queue_init_priority_key(&queue, sizeof(job), 0,
                                 COIL_QUEUE_KEY(struct job, due));
    trace = "";
    for (const struct job &each : jobs)
        ASSERT_EQ(coil_queue_put(&queue, &each), 0);
    while (!coil_queue_is_empty(&queue)) {
        ASSERT_EQ(coil_queue_get(&queue, &job), 0);
        trace += job.name;
    }
    ASSERT_STR_EQ(trace.c_str(), "bca");
    coil_queue_fini(&queue);
}
