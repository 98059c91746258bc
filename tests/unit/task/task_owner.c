/* SPDX-License-Identifier: MIT */
/*
 * The owner of a task is told when the task has ended.
 */
#include <coil/task_group.h>
#include <coil/task_owner.h>

#include "bodies.h"
#include "jobs.h"

/* A pool of workers, as a user would write it. */
struct pool {
    int ended_count;
    struct coil_task_owner owner;
    coil_fn next; /* made when a task has ended; or NULL */
};

static struct pool pool;

static const char *outcome(int rc)
{
    if (rc == -EIO)
        return "failed";
    return rc == -ECANCELED ? "cancelled" : rc < 0 ? "?" : "done";
}

static const struct coil_task_options *of_pool(const char *name, bool eager)
{
    static struct coil_task_options options;

    options = (struct coil_task_options){ .name = name,
                                          .eager = eager,
                                          .owner = &pool.owner };
    return &options;
}

static void say_end(struct coil_task_owner *self, struct coil_task *task,
                    int rc)
{
    coil_fn next = pool.next;

    ASSERT(self == &pool.owner);
    ASSERT(coil_task_is_done(task));
    pool.ended_count++;
    say("%s %s, ", coil_task_name(task), outcome(rc));
    pool.next = NULL;
    if (next)
        ASSERT_EQ(
            coil_task_create_with(NULL, next, NULL, of_pool("next", false)), 0);
}

static void open_pool(void)
{
    pool = (struct pool){ .owner = { .ended = say_end } };
}

static void add(coil_fn fn, const char *name, bool eager)
{
    ASSERT_EQ(coil_task_create_with(NULL, fn, NULL, of_pool(name, eager)), 0);
}

static int succeed(void *unused)
{
    (void)unused;
    return 7;
}

CORE_TEST(task_owner_is_told_of_each_end_in_its_order)
{
    open_pool();
    add(sleep_long, "slow", false);
    add(sleep_a_little, "quick", false);
    add(succeed, "first", false);
    ASSERT_EQ(coil_task_owner_count(&pool.owner), 3);
    SAID("");
    ASSERT_EQ(coil_sleep(3600 * COIL_SECOND), 0);
    SAID("first done, quick done, slow done, ");
    ASSERT_EQ(coil_task_owner_count(&pool.owner), 0);
    check_nothing_is_left();
}

/* The simulated loop would report an error that nobody has looked at. */
CORE_TEST(task_owner_has_the_errors)
{
    open_pool();
    add(fail, "failing", false);
    turn();
    SAID("failing failed, ");
    check_nothing_is_left();
}

CORE_TEST(task_owner_is_told_of_a_task_that_never_began)
{
    struct coil_task *task;
    open_pool();
    ASSERT_EQ(coil_task_create_with(&task, succeed, NULL, of_pool("a", false)),
              0);
    coil_task_cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("a cancelled, ");
    ASSERT_EQ(coil_task_owner_count(&pool.owner), 0);
}

/* The creator has returned by then. */
CORE_TEST(task_owner_is_told_of_an_eager_task_in_the_next_turn)
{
    open_pool();
    add(succeed, "eager", true);
    SAID("");
    ASSERT_EQ(coil_task_owner_count(&pool.owner), 1);
    turn();
    SAID("eager done, ");
    ASSERT_EQ(coil_task_owner_count(&pool.owner), 0);
    add(sleep_a_little, "later", true);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    SAID("later done, ");
    check_nothing_is_left();
}

CORE_TEST(task_owner_cancels_those_that_have_not_ended)
{
    open_pool();
    add(succeed, "a", false);
    add(sleep_long, "b", false);
    turn();
    SAID("a done, ");
    add(sleep_long, "c", false);
    turn();
    coil_task_owner_cancel(&pool.owner);
    SAID("");
    ASSERT_EQ(coil_task_owner_count(&pool.owner), 2);
    turn();
    turn();
    SAID("b cancelled, c cancelled, ");
    coil_task_owner_cancel(&pool.owner);
    /* The pool can be used again. */
    add(succeed, "d", false);
    turn();
    SAID("d done, ");
    check_nothing_is_left();
}

CORE_TEST(task_owner_may_make_another_task_when_one_has_ended)
{
    open_pool();
    pool.next = succeed;
    add(succeed, "a", false);
    turn();
    SAID("a done, ");
    ASSERT_EQ(coil_task_owner_count(&pool.owner), 1);
    turn();
    SAID("next done, ");
    ASSERT_EQ(pool.ended_count, 2);
    check_nothing_is_left();
}

/* A group is the owner of its tasks, so they cannot have another one. */
CORE_TEST(task_owner_of_a_task_of_a_group_is_the_group)
{
    struct coil_task_group group;

    open_pool();
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create_with(&group, NULL, succeed, NULL,
                                          of_pool("a", false)),
              -EINVAL);
    ASSERT_EQ(coil_task_group_create(&group, NULL, succeed, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    SAID("");
    ASSERT_EQ(coil_task_owner_count(&pool.owner), 0);
    check_nothing_is_left();
}
