// SPDX-License-Identifier: MIT
//
// coil/timeout.hpp - limit the time of whatever happens in a scope
#ifndef COIL_TIMEOUT_HPP
#define COIL_TIMEOUT_HPP

#include <chrono>
#include <exception>

#include <coil/error.hpp>
#include <coil/outcome.hpp>
#include <coil/time.hpp>
#include <coil/timeout.h>

namespace coil
{

// Returns body(), which has so much time: then its calls throw coil::cancelled, and this
// throws coil::timed_out.  asyncio: async with timeout().
template <class Rep, class Period, class F>
detail::result_of<F> with_timeout(std::chrono::duration<Rep, Period> duration,
                                  F body)
{
    detail::outcome<detail::result_of<F>> out;
    coil_timeout limit;
    int rc = check(coil_timeout_begin(&limit, to_time(duration)));
    int code = detail::call(out, body);

    rc = coil_timeout_end(&limit, code);
    if (rc != code)
        throw timed_out();
    if (out.exception)
        std::rethrow_exception(out.exception);
    return out.take();
}

} // namespace coil

#endif
