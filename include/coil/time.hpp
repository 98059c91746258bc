// SPDX-License-Identifier: MIT
//
// coil/time.hpp - durations, and to wait for one
#ifndef COIL_TIME_HPP
#define COIL_TIME_HPP

#include <chrono>

#include <coil/error.hpp>
#include <coil/sleep.h>
#include <coil/time.h>

namespace coil
{

// A duration as coil counts it, in nanoseconds.
template <class Rep, class Period>
coil_time to_time(std::chrono::duration<Rep, Period> duration)
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(duration)
        .count();
}

// coil_sleep().  Throws coil::cancelled.
template <class Rep, class Period>
void sleep(std::chrono::duration<Rep, Period> duration)
{
    check(coil_sleep(to_time(duration)));
}

// coil_yield().  Throws coil::cancelled.
inline void yield()
{
    check(coil_yield());
}

} // namespace coil

#endif
