// SPDX-License-Identifier: MIT
//
// coil/outcome.hpp - what a function object did: private
#ifndef COIL_OUTCOME_HPP
#define COIL_OUTCOME_HPP

#include <cerrno>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <coil/error.hpp>

namespace coil
{

namespace detail
{

// A result, or an exception.
template <class T> class outcome
{
    std::optional<T> value_;

  public:
    std::exception_ptr exception;

    template <class F> void call(F &fn)
    {
        value_.emplace(fn());
    }
    T take()
    {
        return std::move(*value_);
    }
};

template <> class outcome<void>
{
  public:
    std::exception_ptr exception;

    template <class F> void call(F &fn)
    {
        fn();
    }
    void take()
    {
    }
};

template <class F> using result_of = std::decay_t<std::invoke_result_t<F &>>;

// Call `fn`, and say what that is for a task: 0, or the code of what it threw.
template <class T, class F> int call(outcome<T> &out, F &fn)
{
    try {
        out.call(fn);
        return 0;
    } catch (const error &e) {
        out.exception = std::current_exception();
        return e.code();
    } catch (...) {
        out.exception = std::current_exception();
        return -EIO;
    }
}

} // namespace detail

} // namespace coil

#endif
