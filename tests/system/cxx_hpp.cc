/* SPDX-License-Identifier: MIT */
/*
 * coil.hpp: function objects as tasks, exceptions for errors, guards.
 */
#include "cxx_test.h"

#include <memory>
#include <mutex>
#include <vector>

#include <coil.hpp>

using namespace std::chrono_literals;

/* The code of what fn() throws; 0: nothing, 1: something else. */
template <class F> static int code_of(F fn)
{
    try {
        fn();
        return 0;
    } catch (const coil::error &e) {
        return e.code();
    } catch (...) {
        return 1;
    }
}

template <class F> static std::string text_of(F fn)
{
    try {
        fn();
        return "nothing";
    } catch (const std::exception &e) {
        return e.what();
    }
}

/* ---- errors ---------------------------------------------------------------- */

TEST(a_result_that_is_negative_is_thrown)
{
    ASSERT_EQ(coil::check(0), 0);
    ASSERT_EQ(coil::check(7), 7);
    ASSERT_EQ(code_of([] { coil::check(-ENOMEM); }), -ENOMEM);
    ASSERT_STR_EQ(text_of([] { coil::check(-ENOMEM); }).c_str(),
                  coil_strerror(-ENOMEM));
    try {
        coil::check(-ECANCELED);
        ASSERT(false);
    } catch (const coil::cancelled &e) {
        ASSERT_EQ(e.code(), -ECANCELED);
    }
    try {
        coil::check(-ETIMEDOUT);
        ASSERT(false);
    } catch (const coil::timed_out &e) {
        ASSERT_EQ(e.code(), -ETIMEDOUT);
    }
}

/* ---- run ------------------------------------------------------------------- */

static coil_loop_options simulator()
{
    coil_loop_options options = {};

    options.backend = COIL_BACKEND_SIMULATOR;
    return options;
}

TEST(run_returns_what_its_function_returns)
{
    coil_loop_options options = simulator();
    std::unique_ptr<int> moved = coil::run(
        [] {
            coil::sleep(1s);
            return std::make_unique<int>(42);
        },
        &options);

    ASSERT_EQ(*moved, 42);
    ASSERT_EQ(coil::run([] { return -7; }, &options), -7);
    coil::run([] { coil::yield(); }, &options);
}

TEST(run_throws_what_its_function_throws)
{
    coil_loop_options options = simulator();
    bool has_ended = false;

    ASSERT_STR_EQ(text_of([&] {
                      coil::run(
                          [&] {
                              struct at_end {
                                  bool *set;

                                  ~at_end()
                                  {
                                      *set = coil_yield() == 0;
                                  }
                              } end{ &has_ended };

                              coil::sleep(1s);
                              throw std::logic_error("no reason");
                          },
                          &options);
                  }).c_str(),
                  "no reason");
    ASSERT(has_ended);
    nothing_is_handled();
}

TEST(run_throws_what_the_loop_says)
{
    coil_loop_options options = simulator();
    coil_event never = COIL_EVENT_INIT;

    ASSERT_EQ(code_of([&] {
                  coil::run([&] { coil::check(coil_event_wait(&never)); },
                            &options);
              }),
              -EDEADLK);
}

TEST(run_status_is_the_status_of_a_program)
{
    coil_loop_options options = simulator();

    ASSERT_EQ(coil::run_status([] {}, &options), 0);
    ASSERT_EQ(coil::run_status([] { return 3; }, &options), 3);
    ASSERT_EQ(
        coil::run_status([] { throw std::runtime_error("oh"); }, &options), 1);
    ASSERT_EQ(coil::run_status([] { throw coil::error(-EIO); }, &options), 1);
}

/* ---- tasks ----------------------------------------------------------------- */

CXX_TEST(a_task_returns_a_value)
{
    int base = 40;
    auto number = coil::spawn([base] {
        coil::sleep(10ms);
        return base + 2;
    });
    auto text = coil::spawn([] { return std::string("a text to be moved"); });
    auto nothing = coil::spawn([] { coil::yield(); });
    coil::task<std::string> moved = std::move(text);

    ASSERT(!number.is_done());
    ASSERT_EQ(number.await(), 42);
    ASSERT(number.is_done());
    ASSERT_STR_EQ(moved.await().c_str(), "a text to be moved");
    nothing.await();
    nothing.await();
}

CXX_TEST(a_task_throws_to_whoever_awaits_it)
{
    auto failing = coil::spawn([]() -> int {
        coil::yield();
        throw std::out_of_range("there is no such page");
    });

    for (int i = 0; i < 2; i++)
        ASSERT_STR_EQ(text_of([&] { failing.await(); }).c_str(),
                      "there is no such page");
    ASSERT_EQ(coil_task_result(failing.get()), -EIO);

    auto refused = coil::spawn([] { coil::check(-ECONNREFUSED); });

    ASSERT_EQ(code_of([&] { refused.await(); }), -ECONNREFUSED);
    ASSERT_EQ(coil_task_result(refused.get()), -ECONNREFUSED);
}

CXX_TEST(the_function_object_lives_as_long_as_the_task)
{
    auto counted = std::make_shared<int>(1);

    {
        auto dropped = coil::spawn([counted] {
            coil::sleep(10ms);
            ++*counted;
        });
    }
    ASSERT_EQ(counted.use_count(), 2);
    coil::sleep(20ms);
    ASSERT_EQ(*counted, 2);
    ASSERT_EQ(counted.use_count(), 1);

    auto never_runs = coil::spawn([counted] { ++*counted; });

    ASSERT(never_runs.cancel());
    ASSERT_EQ(code_of([&] { never_runs.await(); }), -ECANCELED);
    ASSERT_EQ(*counted, 2);
    never_runs = {};
    ASSERT_EQ(counted.use_count(), 1);
}

CXX_TEST(a_cancelled_task_unwinds)
{
    bool is_told = false;
    auto sleeping = coil::spawn([&] {
        try {
            coil::sleep(1h);
        } catch (const coil::cancelled &) {
            is_told = true;
            throw;
        }
    });

    coil::sleep(1ms);
    ASSERT(sleeping.cancel());
    ASSERT_EQ(code_of([&] { sleeping.await(); }), -ECANCELED);
    ASSERT(is_told);
    ASSERT(coil_task_is_cancelled(sleeping.get()));
    ASSERT(!sleeping.cancel());
}

CXX_TEST(options_are_those_of_c)
{
    coil_task_options options = {};

    options.name = "eager";
    options.eager = true;
    options.small_stack = true;

    auto eager = coil::spawn([] { return std::string("at once"); }, options);

    ASSERT(eager.is_done());
    ASSERT_STR_EQ(coil_task_name(eager.get()), "eager");
    ASSERT_STR_EQ(eager.await().c_str(), "at once");
}

CXX_TEST(reports_say_where_a_task_was_made)
{
    char text[4096] = "";
    FILE *file = tmpfile();
    auto one = coil::spawn([] { coil::sleep(1h); });
    auto two = coil::spawn([] { coil::sleep(1h); });
    int line = __LINE__;

    ASSERT(file);
    coil::sleep(1ms);
    coil_dump_tasks(fileno(file));
    rewind(file);
    ASSERT_GT(fread(text, 1, sizeof text - 1, file), 0u);
    fclose(file);
    for (int i = 1; i <= 2; i++)
        ASSERT_STR_CONTAINS(text,
                            ("cxx_hpp.cc:" + std::to_string(line - i)).c_str());
    one.cancel();
    two.cancel();
}

/* ---- groups ---------------------------------------------------------------- */

CXX_TEST(a_group_waits_for_all)
{
    std::vector<int> ended;

    coil::with_task_group([&](coil::task_group &group) {
        for (int i = 0; i < 3; i++)
            group.spawn([&ended, i] {
                coil::sleep((3 - i) * 10ms);
                ended.push_back(i);
            });
        ASSERT_EQ(ended.size(), 0u);
    });
    ASSERT_EQ(ended.size(), 3u);
    ASSERT_EQ(ended[0], 2);
    ASSERT_EQ(ended[2], 0);
}

CXX_TEST(a_group_throws_the_first_and_cancels_the_rest)
{
    int cancelled = 0;
    auto wait = [&] {
        try {
            coil::sleep(1h);
        } catch (const coil::cancelled &) {
            cancelled++;
            throw;
        }
    };

    ASSERT_STR_EQ(text_of([&] {
                      coil::with_task_group([&](coil::task_group &group) {
                          group.spawn(wait);
                          group.spawn([] {
                              coil::sleep(10ms);
                              throw std::domain_error("the first");
                          });
                          group.spawn([] {
                              coil::sleep(20ms);
                              throw std::domain_error("too late");
                          });
                          wait();
                      });
                  }).c_str(),
                  "the first");
    ASSERT_EQ(cancelled, 2);
    coil::yield();
}

CXX_TEST(a_task_of_a_group_that_is_cancelled_alone_is_no_error)
{
    auto fail = [] {
        coil::with_task_group([](coil::task_group &group) {
            group.spawn([] {
                coil_task_cancel(coil_current_task());
                coil::yield();
            });
            group.spawn([] {
                coil::sleep(10ms);
                throw std::domain_error("the first");
            });
        });
    };

    ASSERT_STR_EQ(text_of(fail).c_str(), "the first");
}

CXX_TEST(a_group_throws_what_its_body_throws)
{
    bool has_ended = false;

    ASSERT_STR_EQ(text_of([&] {
                      coil::with_task_group([&](coil::task_group &group) {
                          group.spawn([&] {
                              struct at_end {
                                  bool *set;

                                  ~at_end()
                                  {
                                      *set = true;
                                  }
                              } end{ &has_ended };

                              coil::sleep(1h);
                          });
                          coil::sleep(1ms);
                          throw std::domain_error("the body");
                      });
                  }).c_str(),
                  "the body");
    ASSERT(has_ended);
}

CXX_TEST(a_group_that_is_cancelled_is_no_error)
{
    coil::with_task_group([](coil::task_group &group) {
        group.spawn([] { coil::sleep(1h); });
        group.cancel();
        coil::sleep(1h);
    });

    auto outside = coil::spawn([] {
        coil::with_task_group([](coil::task_group &group) {
            group.spawn([] { coil::sleep(1h); });
        });
    });

    coil::sleep(1ms);
    outside.cancel();
    ASSERT_EQ(code_of([&] { outside.await(); }), -ECANCELED);
}

CXX_TEST(a_group_that_shuts_down_takes_no_task)
{
    ASSERT_EQ(code_of([] {
                  coil::with_task_group([](coil::task_group &group) {
                      group.cancel();
                      group.spawn([] { ASSERT(false); });
                  });
              }),
              -EPERM);
}

/* ---- timeouts -------------------------------------------------------------- */

CXX_TEST(a_timeout_returns_what_was_in_time)
{
    ASSERT_EQ(coil::with_timeout(1s,
                                 [] {
                                     coil::sleep(10ms);
                                     return 5;
                                 }),
              5);
    ASSERT_STR_EQ(text_of([] {
                      coil::with_timeout(
                          1s, [] { throw std::logic_error("its own"); });
                  }).c_str(),
                  "its own");
    /* Nothing of it comes later. */
    coil::sleep(2s);
}

CXX_TEST(a_timeout_throws_when_the_time_is_up)
{
    coil_time begin = coil_now();

    try {
        coil::with_timeout(
            1h, [] { coil::with_timeout(1s, [] { coil::sleep(1h); }); });
        ASSERT(false);
    } catch (const coil::timed_out &e) {
        ASSERT_EQ(e.code(), -ETIMEDOUT);
    }
    ASSERT_GE(coil_now() - begin, COIL_SECOND);
    ASSERT_LT(coil_now() - begin, 2 * COIL_SECOND);
    coil::yield();
}

CXX_TEST(a_timeout_is_no_cancellation_from_outside)
{
    auto task =
        coil::spawn([] { coil::with_timeout(1h, [] { coil::sleep(2h); }); });

    coil::sleep(1ms);
    task.cancel();
    ASSERT_EQ(code_of([&] { task.await(); }), -ECANCELED);
}

/* ---- primitives ------------------------------------------------------------ */

CXX_TEST(a_lock_is_for_the_guards_of_the_standard)
{
    coil::mutex mutex;
    int inside = 0;
    int rounds = 0;

    coil::with_task_group([&](coil::task_group &group) {
        for (int i = 0; i < 5; i++)
            group.spawn([&] {
                std::lock_guard<coil::mutex> guard(mutex);

                ASSERT_EQ(++inside, 1);
                coil::sleep(1ms);
                inside--;
                rounds++;
            });
    });
    ASSERT_EQ(rounds, 5);

    std::unique_lock<coil::mutex> held(mutex);
    auto waits =
        coil::spawn([&] { std::lock_guard<coil::mutex> guard(mutex); });

    coil::sleep(1ms);
    ASSERT(!mutex.try_lock());
    waits.cancel();
    ASSERT_EQ(code_of([&] { waits.await(); }), -ECANCELED);
    held.unlock();
    ASSERT(mutex.try_lock());
    mutex.unlock();
}

CXX_TEST(a_permit_is_given_back_however_its_block_ends)
{
    coil::semaphore semaphore(2);
    int inside = 0;
    int most = 0;

    coil::with_task_group([&](coil::task_group &group) {
        for (int i = 0; i < 6; i++)
            group.spawn([&, i] {
                try {
                    coil::semaphore::permit permit(semaphore);

                    most = ++inside > most ? inside : most;
                    coil::sleep(1ms);
                    inside--;
                    if (i % 2)
                        throw std::runtime_error("odd");
                } catch (const std::runtime_error &e) {
                    ASSERT_STR_EQ(e.what(), "odd");
                }
            });
    });
    ASSERT_EQ(most, 2);
    ASSERT(semaphore.try_acquire());
    ASSERT(semaphore.try_acquire());
    ASSERT(!semaphore.try_acquire());
    semaphore.release();
    semaphore.release();
}

CXX_TEST(a_queue_passes_objects)
{
    coil::queue<std::unique_ptr<std::string>> queue(2);
    std::vector<std::string> seen;

    coil::with_task_group([&](coil::task_group &group) {
        group.spawn([&] {
            while (auto item = queue.next()) {
                seen.push_back(**item);
                queue.task_done();
            }
        });
        for (int i = 0; i < 5; i++)
            queue.put(std::make_unique<std::string>(std::to_string(i)));
        queue.join();
        queue.shutdown();
    });
    ASSERT_EQ(seen.size(), 5u);
    ASSERT_STR_EQ(seen[4].c_str(), "4");
    ASSERT_EQ(code_of([&] { queue.put(nullptr); }), -EPIPE);
    ASSERT_EQ(code_of([&] { queue.get(); }), -EPIPE);
}

CXX_TEST(what_is_left_in_a_queue_is_destroyed)
{
    auto counted = std::make_shared<int>(0);

    {
        coil::queue<std::shared_ptr<int>> queue(1);
        auto waits = coil::spawn([&] { queue.put(counted); });

        queue.put(counted);
        coil::sleep(1ms);
        ASSERT(counted.use_count() >= 3);
        waits.cancel();
        ASSERT_EQ(code_of([&] { waits.await(); }), -ECANCELED);
        ASSERT_EQ(queue.size(), 1u);
        ASSERT(queue.try_get());
        ASSERT(!queue.try_get());
        queue.put(counted);
    }
    coil::yield();
    ASSERT_EQ(counted.use_count(), 1);
}
