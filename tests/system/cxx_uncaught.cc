/* SPDX-License-Identifier: MIT */
/*
 * An exception that nobody can catch ends the program by std::terminate(), and
 * a line on standard error names its task. It cannot unwind coil's own frames.
 */
#include "cxx_test.h"

#include <unistd.h>

#include <coil/coroutine.h>
#include <coil/queue.h>

#define IN_COIL "it was thrown by a function that coil has called"
#define LEFT_TASK "it left the function of a task or coroutine"

/* This could catch what leaves coil's frames: nothing may get that far. */
template <typename Body> static void nothing_comes_out_of(Body body)
{
    try {
        body();
    } catch (...) {
        fprintf(stderr, "it came out\n");
        _exit(1);
    }
}

static int throw_at_once(void *)
{
    throw std::runtime_error("nobody catches this");
}

static int throw_later(void *arg)
{
    turn();
    return throw_at_once(arg);
}

/* Run `fn` as a task with a name. */
static void run_named(coil_fn fn)
{
    nothing_comes_out_of([fn] {
        (void)!coil_run(
            [](void *arg) {
                coil_task *task;
                coil_task_options options = {};

                options.name = "worker";
                if (coil_task_create_with(&task, *static_cast<coil_fn *>(arg),
                                          nullptr, &options) < 0)
                    return -1;
                return end_of(task);
            },
            const_cast<coil_fn *>(&fn));
    });
}

PANIC_TEST(exception_that_leaves_a_task_is_told_with_its_name,
           "coil: uncaught exception: " LEFT_TASK ", where nobody can catch it "
           "(in task 'worker')\n"
           "terminate called after throwing an instance of "
           "'std::runtime_error'\n"
           "  what():  nobody catches this\n")
{
    run_named(throw_at_once);
}

PANIC_TEST(exception_that_leaves_a_task_after_a_wait_is_told,
           LEFT_TASK ", where nobody can catch it (in task 'worker')")
{
    run_named(throw_later);
}

PANIC_TEST(exception_that_leaves_an_eager_task_does_not_reach_its_creator,
           LEFT_TASK ", where nobody can catch it (in task 'eager')")
{
    (void)!coil_run(
        [](void *) {
            coil_task *task;
            coil_task_options options = {};

            options.name = "eager";
            options.eager = true;
            nothing_comes_out_of([&] {
                (void)!coil_task_create_with(&task, throw_at_once, nullptr,
                                             &options);
            });
            return 0;
        },
        nullptr);
}

PANIC_TEST(exception_that_leaves_a_coroutine_does_not_reach_its_driver,
           "coil: uncaught exception: " LEFT_TASK)
{
    coil_coroutine *co;

    nothing_comes_out_of([&] {
        if (coil_coroutine_new(&co, throw_at_once, nullptr, 0) == 0)
            (void)!coil_coroutine_send(co, nullptr, nullptr);
    });
}

PANIC_TEST(task_that_must_not_throw_is_told_when_it_does,
           "coil: std::terminate: it was called (in task 'worker')\n"
           "terminate called after throwing an instance of")
{
    run_named([](void *arg) noexcept { return throw_at_once(arg); });
}

PANIC_TEST(task_that_throws_on_what_there_is_not_is_told,
           "coil: std::terminate: it was called (in task 'worker')")
{
    run_named([](void *) -> int { throw; });
}

static void terminate_of_the_program()
{
    fprintf(stderr, "the program's own last words\n");
    abort();
}

PANIC_TEST(program_s_own_terminate_handler_has_the_last_word,
           "where nobody can catch it (in task 'worker')\n"
           "the program's own last words\n")
{
    std::set_terminate(terminate_of_the_program);
    run_named(throw_at_once);
}

PANIC_TEST(terminate_handler_that_is_set_in_a_task_has_the_last_word,
           "where nobody can catch it (in task 'worker')\n"
           "the program's own last words\n")
{
    run_named([](void *arg) {
        std::set_terminate(terminate_of_the_program);
        return throw_at_once(arg);
    });
}

/* ---- functions that coil calls -------------------------------------------- */

static void throw_from_callback(void *)
{
    throw std::runtime_error("thrown by a callback");
}

PANIC_TEST(exception_of_a_callback_does_not_leave_the_loop,
           "coil: uncaught exception: " IN_COIL ", and cannot pass through "
           "coil\nterminate called after throwing an instance of "
           "'std::runtime_error'\n  what():  thrown by a callback\n")
{
    static coil_handle handle;

    nothing_comes_out_of([] {
        (void)!coil_run(
            [](void *) {
                (void)!coil_loop_call_soon(coil_loop_current(), &handle,
                                           throw_from_callback, nullptr);
                return coil_sleep(COIL_SECOND);
            },
            nullptr);
    });
}

PANIC_TEST(exception_of_a_callback_does_not_leave_a_guest, IN_COIL)
{
    static coil_handle handle;
    coil_loop *loop;

    nothing_comes_out_of([&] {
        if (coil_loop_new(&loop, nullptr) < 0)
            return;
        (void)!coil_loop_call_soon(loop, &handle, throw_from_callback, nullptr);
        (void)!coil_loop_run_once(loop, 0);
    });
}

static int compare_nothing(const void *, const void *)
{
    throw std::runtime_error("these cannot be compared");
}

static void in_a_task(coil_fn fn)
{
    (void)!coil_run(fn, nullptr);
}

PANIC_TEST(comparison_that_throws_leaves_no_broken_queue, IN_COIL)
{
    in_a_task([](void *) {
        coil_queue queue;
        int item = 0;

        coil_queue_init_priority(&queue, sizeof item, 0, compare_nothing);
        nothing_comes_out_of([&] {
            for (int i = 0; i < 2; i++)
                (void)!coil_queue_put(&queue, &item);
        });
        return 0;
    });
}

PANIC_TEST(item_destructor_that_throws_leaves_no_broken_queue,
           IN_COIL ", and cannot pass through coil (in task 'Task-1')")
{
    in_a_task([](void *) {
        coil_queue queue;
        int item = 0;

        coil_queue_init(&queue, sizeof item, 0);
        coil_queue_set_item_destroy(&queue, throw_from_callback);
        nothing_comes_out_of([&] {
            (void)!coil_queue_put(&queue, &item);
            coil_queue_fini(&queue);
        });
        return 0;
    });
}

PANIC_TEST(argument_destructor_that_throws_does_not_pass, IN_COIL)
{
    in_a_task([](void *) {
        coil_task *task;
        coil_task_options options = {};
        int arg = 0;

        options.arg_size = sizeof arg;
        options.arg_destroy = throw_from_callback;
        if (coil_task_create_with(
                &task, [](void *) { return 0; }, &arg, &options) < 0)
            return -1;
        nothing_comes_out_of([&] { (void)!end_of(task); });
        return 0;
    });
}

PANIC_TEST(exception_handler_that_throws_does_not_pass, IN_COIL)
{
    in_a_task([](void *) {
        coil_exception exception = {};

        exception.message = "a test";
        coil_loop_set_exception_handler(
            coil_loop_current(),
            [](coil_loop *, const coil_exception *, void *) {
                throw std::runtime_error("the handler's");
            },
            nullptr);
        nothing_comes_out_of([&] {
            coil_loop_call_exception_handler(coil_loop_current(), &exception);
        });
        return 0;
    });
}

/* ---- what goes on --------------------------------------------------------- */

/*
 * The exception passes the caller's frames above coil's: nothing of coil is
 * half done.
 */
TEST(predicate_of_a_condition_may_throw_to_the_waiter)
{
    ASSERT_EQ(coil_run(
                  [](void *) {
                      coil_lock lock;
                      coil_condition condition;

                      coil_lock_init(&lock);
                      coil_condition_init(&condition, &lock);
                      ASSERT_EQ(coil_lock_acquire(&lock), 0);
                      try {
                          (void)!coil_condition_wait_for(
                              &condition,
                              [](void *) -> bool {
                                  throw std::runtime_error("cannot say");
                              },
                              nullptr);
                          FAIL("it did not throw");
                      } catch (const std::runtime_error &e) {
                          ASSERT_STR_EQ(e.what(), "cannot say");
                      }
                      ASSERT(coil_lock_is_locked(&lock));
                      coil_lock_release(&lock);
                      return 0;
                  },
                  nullptr),
              0);
}

/*
 * Each task's function catches everything: the loop and the other tasks go on.
 */
TEST(task_that_catches_at_its_top_makes_an_error_of_it)
{
    ASSERT_EQ(coil_run(
                  [](void *) {
                      coil_task *task = start([](void *arg) {
                          try {
                              return throw_later(arg);
                          } catch (const std::exception &) {
                              return -EIO;
                          }
                      });

                      turn();
                      ASSERT_EQ(end_of(task), -EIO);
                      turn();
                      return 0;
                  },
                  nullptr),
              0);
}
