// SPDX-License-Identifier: MIT
//
// coil/lock.hpp - let one task at a time into a critical section
#ifndef COIL_LOCK_HPP
#define COIL_LOCK_HPP

#include <coil/error.hpp>
#include <coil/lock.h>

namespace coil
{

// coil_lock, for std::lock_guard, std::unique_lock and std::scoped_lock.
class mutex
{
    coil_lock lock_ = COIL_LOCK_INIT;

  public:
    mutex() = default;
    mutex(const mutex &) = delete;
    mutex &operator=(const mutex &) = delete;

    // Throws coil::cancelled: it is not held.
    void lock()
    {
        check(coil_lock_acquire(&lock_));
    }
    bool try_lock()
    {
        return coil_lock_try_acquire(&lock_) == 0;
    }
    void unlock()
    {
        coil_lock_release(&lock_);
    }
    coil_lock *get() noexcept
    {
        return &lock_;
    }
};

} // namespace coil

#endif
