// SPDX-License-Identifier: MIT
//
// coil/task.hpp - function objects that run side by side
#ifndef COIL_TASK_HPP
#define COIL_TASK_HPP

#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <coil/error.hpp>
#include <coil/outcome.hpp>
#include <coil/task.h>

namespace coil
{

namespace detail
{

// The place where a task was made, for reports.  It is kept: there are as many as places.
inline const char *site(const char *file, int line)
{
    static std::mutex
        mutex; // loops of several threads come here; nobody waits inside
    static auto &sites =
        *new std::map<std::pair<const char *, int>, std::string>;
    std::lock_guard<std::mutex> guard(mutex);
    std::string &text = sites[{ file, line }];

    if (text.empty())
        text = std::string(file) + ":" + std::to_string(line);
    return text.c_str();
}

// The arguments of coil_task_create_at() for a function object on the heap.
template <class Call> struct heap_call {
    static int begin(void *arg)
    {
        return (*static_cast<std::shared_ptr<Call> *>(arg))->begin();
    }
    static void destroy(void *arg)
    {
        delete static_cast<std::shared_ptr<Call> *>(arg);
    }
};

// create(fn, arg, options), which makes the task or throws.
template <class Call, class Create>
void start(std::shared_ptr<Call> call, coil_task_options options, Create create)
{
    auto arg = std::make_unique<std::shared_ptr<Call>>(std::move(call));

    options.arg_size = 0;
    options.small_stack = false; // an exception needs more
    options.arg_destroy = heap_call<Call>::destroy;
    check(create(heap_call<Call>::begin, arg.get(), &options));
    arg.release();
}

} // namespace detail

// A reference to a task that returns a T.  As in C, the task runs on when it is dropped.
template <class T> class task
{
    template <class F>
    friend task<detail::result_of<F>> spawn(F fn, coil_task_options options,
                                            const char *file, int line);

    coil_task *task_ = nullptr;
    std::shared_ptr<detail::outcome<T>> out_;

  public:
    task() = default;
    task(task &&other) noexcept
        : task_(std::exchange(other.task_, nullptr)),
          out_(std::move(other.out_))
    {
    }
    task &operator=(task &&other) noexcept
    {
        std::swap(task_, other.task_);
        std::swap(out_, other.out_);
        return *this;
    }
    ~task()
    {
        coil_task_release(task_);
    }

    // coil_task_await(): waits until it has ended.  Returns what its function returned,
    // by moving: once, unless that is void.  Throws what its function threw;
    // coil::cancelled if it was cancelled before it ran.  Cancelling the task that waits
    // here cancels this one, and the wait goes on until that has ended.
    T await()
    {
        int rc = coil_task_await(task_);

        if (out_->exception)
            std::rethrow_exception(out_->exception);
        check(rc);
        return out_->take();
    }
    // coil_task_cancel(): false if it has ended.
    bool cancel()
    {
        return coil_task_cancel(task_);
    }
    bool is_done() const
    {
        return coil_task_is_done(task_);
    }
    // For the functions of C; borrowed.
    coil_task *get() const noexcept
    {
        return task_;
    }
};

// coil_task_create(): a task that runs fn().  `options` may have a name, a stack size and
// so on; the last two arguments say in reports where the task was made.  Throws
// coil::error, with no task made: -ENOMEM, or -EINVAL where no loop runs.
template <class F>
task<detail::result_of<F>> spawn(F fn, coil_task_options options = {},
                                 const char *file = __builtin_FILE(),
                                 int line = __builtin_LINE())
{
    using result = detail::result_of<F>;

    struct call {
        F fn;
        detail::outcome<result> out;

        int begin()
        {
            return detail::call(out, fn);
        }
    };
    auto shared = std::make_shared<call>(call{ std::move(fn), {} });
    task<result> made;

    made.out_ = std::shared_ptr<detail::outcome<result>>(shared, &shared->out);
    detail::start(shared, options,
                  [&](coil_fn begin, void *arg, coil_task_options *o) {
                      return coil_task_create_at(&made.task_, begin, arg, o,
                                                 detail::site(file, line));
                  });
    return made;
}

} // namespace coil

#endif
