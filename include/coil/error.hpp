// SPDX-License-Identifier: MIT
//
// coil/error.hpp - errors of coil as exceptions
#ifndef COIL_ERROR_HPP
#define COIL_ERROR_HPP

#include <cerrno>
#include <stdexcept>

#include <coil/error.h>

namespace coil
{

// What a call of coil returned.  what() is coil_strerror() of it.
class error : public std::runtime_error
{
    int code_;

  public:
    explicit error(int code)
        : std::runtime_error(coil_strerror(code)), code_(code)
    {
    }
    // A negative number, such as -ECONNREFUSED.
    int code() const noexcept
    {
        return code_;
    }
};

// -ECANCELED.
class cancelled : public error
{
  public:
    cancelled() : error(-ECANCELED)
    {
    }
};

// -ETIMEDOUT.
class timed_out : public error
{
  public:
    timed_out() : error(-ETIMEDOUT)
    {
    }
};

// The result of a function of coil: `rc`, or what it means is thrown if it is negative.
inline int check(int rc)
{
    if (rc == -ECANCELED)
        throw cancelled();
    if (rc == -ETIMEDOUT)
        throw timed_out();
    if (rc < 0)
        throw error(rc);
    return rc;
}

} // namespace coil

#endif
