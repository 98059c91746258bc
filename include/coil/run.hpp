// SPDX-License-Identifier: MIT
//
// coil/run.hpp - a program: a loop and a main task
#ifndef COIL_RUN_HPP
#define COIL_RUN_HPP

#include <cerrno>
#include <cstdio>
#include <exception>
#include <type_traits>
#include <utility>

#include <coil/error.hpp>
#include <coil/outcome.hpp>
#include <coil/run.h>

namespace coil
{

// coil_run_with(): a loop with `fn` as its main task.  Returns what `fn` returns.  Throws
// what `fn` throws, after the loop has been closed; or coil::error with what coil_run()
// returns, such as -EDEADLK, or COIL_ESIGNAL(SIGINT) if that signal has ended it.
template <class F>
detail::result_of<F> run(F fn, const coil_loop_options *options = nullptr)
{
    struct main_task {
        F fn;
        detail::outcome<detail::result_of<F>> out;
        int code;

        static int begin(void *arg)
        {
            auto *self = static_cast<main_task *>(arg);

            self->code = detail::call(self->out, self->fn);
            return self->code;
        }
    } main{ std::move(fn), {}, 0 };
    int rc = coil_run_with(main_task::begin, &main, options);

    if (main.out.exception && rc == main.code)
        std::rethrow_exception(main.out.exception);
    check(rc);
    return main.out.take();
}

// run() for main(): the status of the program, as coil_run_status() has it; `fn` returns a
// status, or nothing for 0.  An exception is written to standard error; the status is 1.
template <class F>
int run_status(F fn, const coil_loop_options *options = nullptr)
{
    try {
        if constexpr (std::is_void_v<detail::result_of<F>>) {
            run(std::move(fn), options);
            return 0;
        } else {
            return coil_run_status(run(std::move(fn), options));
        }
    } catch (const error &e) {
        return coil_run_status(e.code());
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s: %s\n", program_invocation_short_name,
                     e.what());
        return 1;
    }
}

} // namespace coil

#endif
