// SPDX-License-Identifier: MIT
//
// coil/task_group.hpp - tasks that end before the scope that started them
#ifndef COIL_TASK_GROUP_HPP
#define COIL_TASK_GROUP_HPP

#include <cerrno>
#include <exception>
#include <memory>
#include <utility>

#include <coil/error.hpp>
#include <coil/task.hpp>
#include <coil/task_group.h>

namespace coil
{

// The tasks of with_task_group().
class task_group
{
    template <class F> friend void with_task_group(F body);

    coil_task_group group_;
    std::exception_ptr
        first_; // of the tasks and the body, in the order they came

    task_group() = default;

    void note(int code)
    {
        if (code < 0 && code != -ECANCELED && !first_)
            first_ = std::current_exception();
    }

    // Call fn() for the group; returns its code.
    template <class F> int call(F &fn)
    {
        try {
            fn();
            return 0;
        } catch (const error &e) {
            note(e.code());
            return e.code();
        } catch (...) {
            note(-EIO);
            return -EIO;
        }
    }

  public:
    task_group(const task_group &) = delete;
    task_group &operator=(const task_group &) = delete;

    // coil_task_group_create(): a task of the group that runs fn(), whose result is
    // dropped.  Throws coil::error, with no task made: -EPERM if the group is shutting
    // down, -ENOMEM.
    template <class F>
    void spawn(F fn, coil_task_options options = {},
               const char *file = __builtin_FILE(), int line = __builtin_LINE())
    {
        struct call_of {
            task_group *group;
            F fn;

            int begin()
            {
                return group->call(fn);
            }
        };
        auto shared = std::make_shared<call_of>(call_of{ this, std::move(fn) });

        detail::start(shared, options,
                      [&](coil_fn begin, void *arg, coil_task_options *o) {
                          return coil_task_group_create_at(
                              &group_, nullptr, begin, arg, o,
                              detail::site(file, line));
                      });
    }
    // coil_task_group_cancel(): the tasks and the body end early, and that is no error.
    void cancel()
    {
        coil_task_group_cancel(&group_);
    }
    coil_task_group *get() noexcept
    {
        return &group_;
    }
};

// body(group), then wait until every task of the group has ended.  When a task or the body
// throws, the others are cancelled; what came first is thrown here when all have ended.
// asyncio: async with TaskGroup().
template <class F> void with_task_group(F body)
{
    task_group group;
    int rc = check(coil_task_group_begin(&group.group_));
    auto call = [&] { body(group); };

    rc = group.call(call);
    rc = coil_task_group_end(&group.group_, rc);
    if (rc < 0 && group.first_)
        std::rethrow_exception(group.first_);
    check(rc);
}

} // namespace coil

#endif
