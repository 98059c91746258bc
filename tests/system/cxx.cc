/* SPDX-License-Identifier: MIT */
/*
 * C++ keeps exceptions per thread, coil keeps them per task: a task that waits
 * inside a catch block, or while its stack is unwound, goes on with its own
 * exceptions.
 */
/* LABELS: threads */
#include "cxx_test.h"

#include <pthread.h>

#include <memory>

#include <coil/coroutine.h>
#include <coil/guest.h>

/* ---- waiting inside a catch block ----------------------------------------- */

/*
 * Counts the exceptions of its thread: an exception that is freed too early is
 * seen.
 */
struct counted : std::runtime_error {
    static thread_local int alive;
    static thread_local std::string last_freed;

    explicit counted(const std::string &text) : std::runtime_error(text)
    {
        alive++;
    }
    counted(const counted &other) : std::runtime_error(other)
    {
        alive++;
    }
    ~counted() override
    {
        alive--;
        last_freed = what();
    }
};

thread_local int counted::alive;
thread_local std::string counted::last_freed;

/* In each round the task waits in some way, and then sees its own exception. */
static int throw_often(int id, int (*wait)(int))
{
    for (int i = 0; i < 4; i++) {
        std::string text = "task " + std::to_string(id) + ", round " +
                           std::to_string(i) + ", too long for a short string";

        try {
            throw counted(text);
        } catch (const std::exception &e) {
            ASSERT_EQ(wait(id + i), 0);
            ASSERT_STR_EQ(e.what(), text.c_str());
            ASSERT_STR_EQ(handled().c_str(), text.c_str());
            ASSERT_EQ(wait(id), 0);
            ASSERT(std::current_exception());
        }
        nothing_is_handled();
    }
    return 0;
}

static int yield_some(int n)
{
    for (int i = 0; i <= n; i++)
        turn();
    return 0;
}

static int sleep_some(int n)
{
    return coil_sleep(COIL_MILLISECOND * (n + 1));
}

static int by_yielding(void *arg)
{
    return throw_often(*static_cast<int *>(arg), yield_some);
}

static int by_sleeping(void *arg)
{
    return throw_often(*static_cast<int *>(arg), sleep_some);
}

static void throw_in_many(coil_fn fn)
{
    static const int ids[] = { 0, 1, 2, 3 };
    coil_task *tasks[4];

    for (int i = 0; i < 4; i++)
        tasks[i] = start(fn, &ids[i]);
    for (coil_task *task : tasks)
        ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(counted::alive, 0);
}

CXX_TEST(each_task_that_yields_in_a_catch_block_has_its_own)
{
    throw_in_many(by_yielding);
}

CXX_TEST(each_task_that_sleeps_in_a_catch_block_has_its_own)
{
    throw_in_many(by_sleeping);
}

/* Without the loop in between, as in a program: the simulator goes step by
   step. */
TEST(each_task_of_a_loop_that_hands_over_has_its_own)
{
    ASSERT_EQ(coil_run(
                  [](void *) {
                      throw_in_many(by_yielding);
                      throw_in_many(by_sleeping);
                      return 0;
                  },
                  nullptr),
              0);
}

/* One task leaves its block while the other is inside its own. */
CXX_TEST(exception_lives_until_its_own_block_is_left)
{
    coil_task *first = start([](void *) {
        try {
            throw counted("first");
        } catch (const counted &) {
            yield_some(3);
        }
        return 0;
    });

    turn();
    try {
        throw counted("second");
    } catch (const counted &e) {
        ASSERT_EQ(end_of(first), 0);
        ASSERT_STR_EQ(counted::last_freed.c_str(), "first");
        ASSERT_EQ(counted::alive, 1);
        ASSERT_STR_EQ(e.what(), "second");
    }
    ASSERT_EQ(counted::alive, 0);
}

CXX_TEST(blocks_within_blocks_keep_their_order)
{
    coil_task *other = start([](void *) {
        try {
            throw std::runtime_error("other");
        } catch (...) {
            yield_some(7);
            ASSERT_STR_EQ(handled().c_str(), "other");
        }
        return 0;
    });

    try {
        throw std::runtime_error("outer");
    } catch (...) {
        turn();
        try {
            turn();
            throw std::runtime_error("inner");
        } catch (...) {
            turn();
            ASSERT_STR_EQ(handled().c_str(), "inner");
            turn();
        }
        ASSERT_STR_EQ(handled().c_str(), "outer");
        turn();
    }
    ASSERT_EQ(end_of(other), 0);
}

CXX_TEST(exception_is_thrown_on_after_a_wait)
{
    coil_task *other = start([](void *) {
        for (int i = 0; i < 9; i++) {
            try {
                throw std::runtime_error("other");
            } catch (...) {
                turn();
            }
        }
        return 0;
    });

    try {
        try {
            throw counted("mine");
        } catch (const counted &) {
            yield_some(3);
            throw;
        }
    } catch (const counted &e) {
        yield_some(3);
        ASSERT_STR_EQ(e.what(), "mine");
    }
    ASSERT_EQ(end_of(other), 0);
    ASSERT_EQ(counted::alive, 0);
}

CXX_TEST(cancelled_in_a_catch_block_it_still_has_its_own)
{
    coil_task *task = start([](void *) {
        try {
            throw counted("mine");
        } catch (const counted &e) {
            int rc = coil_sleep(COIL_SECOND);

            ASSERT_EQ(rc, -ECANCELED);
            ASSERT_STR_EQ(handled().c_str(), "mine");
            return rc;
        }
        return 0;
    });

    turn();
    try {
        throw std::runtime_error("the canceller's");
    } catch (...) {
        ASSERT(coil_task_cancel(task));
        ASSERT_EQ(end_of(task), -ECANCELED);
        ASSERT_STR_EQ(handled().c_str(), "the canceller's");
    }
    ASSERT_EQ(counted::alive, 0);
}

CXX_TEST(exception_travels_to_another_task_by_pointer)
{
    static std::exception_ptr carried;
    coil_task *task = start([](void *) {
        try {
            throw counted("carried");
        } catch (...) {
            turn();
            carried = std::current_exception();
            turn();
        }
        return 0;
    });

    ASSERT_EQ(end_of(task), 0);
    try {
        std::rethrow_exception(carried);
    } catch (const counted &e) {
        turn();
        ASSERT_STR_EQ(e.what(), "carried");
    }
    carried = nullptr;
    ASSERT_EQ(counted::alive, 0);
}

/* ---- waiting while a stack is unwound ------------------------------------- */

struct waits_at_its_end {
    int before = std::uncaught_exceptions();

    ~waits_at_its_end()
    {
        ASSERT_EQ(std::uncaught_exceptions(), before + 1);
        turn();
        throw_and_catch("inside a destructor");
        turn();
        ASSERT_EQ(std::uncaught_exceptions(), before + 1);
    }
};

static int unwind(void *arg)
{
    const char *text = static_cast<const char *>(arg);

    ASSERT_EQ(std::uncaught_exceptions(), 0);
    try {
        waits_at_its_end waits;

        throw counted(text);
    } catch (const counted &e) {
        ASSERT_STR_EQ(e.what(), text);
        ASSERT_EQ(std::uncaught_exceptions(), 0);
        turn();
    }
    nothing_is_handled();
    return 0;
}

CXX_TEST(destructors_that_wait_while_unwinding_count_their_own)
{
    coil_task *a = start(unwind, "a");
    coil_task *b = start(unwind, "b");
    coil_task *c = start([](void *) {
        for (int i = 0; i < 6; i++) {
            ASSERT_EQ(std::uncaught_exceptions(), 0);
            throw_and_catch("c");
            turn();
        }
        return 0;
    });

    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
    ASSERT_EQ(counted::alive, 0);
}

/* ---- where stacks begin --------------------------------------------------- */

static int begin_clean(void *)
{
    nothing_is_handled();
    throw_and_catch("of the new one");
    try {
        throw std::runtime_error("kept by the new one");
    } catch (...) {
        turn();
        ASSERT_STR_EQ(handled().c_str(), "kept by the new one");
    }
    nothing_is_handled();
    return 0;
}

CXX_TEST(new_task_begins_with_none)
{
    try {
        throw std::runtime_error("the creator's");
    } catch (...) {
        coil_task *task = start(begin_clean);

        turn();
        ASSERT_STR_EQ(handled().c_str(), "the creator's");
        ASSERT_EQ(end_of(task), 0);
        ASSERT_STR_EQ(handled().c_str(), "the creator's");
    }
}

CXX_TEST(eager_task_begins_with_none_and_leaves_the_creator_its_own)
{
    coil_task_options options = {};

    options.eager = true;
    try {
        throw std::runtime_error("the creator's");
    } catch (...) {
        coil_task *task;

        ASSERT_EQ(coil_task_create_with(&task, begin_clean, nullptr, &options),
                  0);
        ASSERT_STR_EQ(handled().c_str(), "the creator's");
        ASSERT_EQ(end_of(task), 0);
        ASSERT_STR_EQ(handled().c_str(), "the creator's");
    }
}

CXX_TEST(callback_of_the_loop_begins_with_none)
{
    static coil_handle handle;
    static bool called;

    called = false;
    handle = coil_handle{};
    try {
        throw std::runtime_error("the task's");
    } catch (...) {
        coil_loop_call_soon(
            coil_loop_current(), &handle,
            [](void *) {
                nothing_is_handled();
                throw_and_catch("the callback's");
                called = true;
            },
            nullptr);
        while (!called)
            turn();
        ASSERT_STR_EQ(handled().c_str(), "the task's");
    }
}

/* ---- coroutines by hand --------------------------------------------------- */

static int yield_in_catch_blocks(void *)
{
    int rc = 0;

    nothing_is_handled();
    for (int i = 0; rc == 0; i++) {
        std::string text = "by hand " + std::to_string(i);

        try {
            throw counted(text);
        } catch (...) {
            rc = coil_coroutine_yield(nullptr, nullptr);
            ASSERT_STR_EQ(handled().c_str(), text.c_str());
        }
        nothing_is_handled();
    }
    return rc;
}

TEST(coroutines_by_hand_have_their_own)
{
    coil_coroutine *a;
    coil_coroutine *b;

    ASSERT_EQ(coil_coroutine_new(&a, yield_in_catch_blocks, nullptr, 0), 0);
    ASSERT_EQ(coil_coroutine_new(&b, yield_in_catch_blocks, nullptr, 0), 0);
    try {
        throw std::runtime_error("the driver's");
    } catch (...) {
        for (int i = 0; i < 3; i++) {
            ASSERT_EQ(coil_coroutine_send(a, nullptr, nullptr), 1);
            ASSERT_STR_EQ(handled().c_str(), "the driver's");
            ASSERT_EQ(coil_coroutine_send(b, nullptr, nullptr), 1);
        }
        ASSERT_EQ(coil_coroutine_throw(a, -EIO, nullptr), 0);
        ASSERT_STR_EQ(handled().c_str(), "the driver's");
    }
    nothing_is_handled();
    ASSERT_EQ(coil_coroutine_result(a), -EIO);
    ASSERT_EQ(coil_coroutine_send(b, nullptr, nullptr), 1);
    coil_coroutine_free(a);
    coil_coroutine_free(b);
    ASSERT_EQ(counted::alive, 0);
    nothing_is_handled();
}

/* ---- loops ---------------------------------------------------------------- */

TEST(loop_that_runs_in_a_catch_block_leaves_it_as_it_was)
{
    try {
        throw std::runtime_error("around the loop");
    } catch (...) {
        ASSERT_EQ(coil_run(begin_clean, nullptr), 0);
        ASSERT_STR_EQ(handled().c_str(), "around the loop");
    }
    nothing_is_handled();
}

static coil_loop *guest;

/* Each turn of the guest runs inside a catch block of the host's task. */
static int host(void *)
{
    for (int i = 0; i < 3; i++) {
        coil_handle handle = {};

        try {
            throw std::runtime_error("around the turns");
        } catch (...) {
            ASSERT_EQ(coil_loop_call_soon(
                          guest, &handle,
                          [](void *) { coil_task_release(start(begin_clean)); },
                          nullptr),
                      0);
            for (int k = 0; k < 6; k++) {
                (void)!coil_loop_run_once(guest, 0);
                ASSERT_STR_EQ(handled().c_str(), "around the turns");
                turn();
                ASSERT_STR_EQ(handled().c_str(), "around the turns");
            }
        }
    }
    return 0;
}

TEST(loop_that_runs_in_a_task_leaves_it_its_own)
{
    ASSERT_EQ(coil_loop_new(&guest, nullptr), 0);
    ASSERT_EQ(coil_run(host, nullptr), 0);
    ASSERT_EQ(coil_loop_close(guest, nullptr), 0);
}

/* ---- threads -------------------------------------------------------------- */

TEST(each_thread_has_its_own)
{
    pthread_t threads[3];

    for (pthread_t &thread : threads)
        ASSERT_EQ(
            pthread_create(
                &thread, nullptr,
                [](void *) -> void * {
                    ASSERT_EQ(
                        coil_run(
                            [](void *) {
                                static const int ids[] = { 0, 1 };
                                coil_task *a = start(by_yielding, &ids[0]);

                                ASSERT_EQ(
                                    by_yielding(const_cast<int *>(&ids[1])), 0);
                                return end_of(a);
                            },
                            nullptr),
                        0);
                    return nullptr;
                },
                nullptr),
            0);
    for (pthread_t thread : threads)
        ASSERT_EQ(pthread_join(thread, nullptr), 0);
}
