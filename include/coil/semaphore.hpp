// SPDX-License-Identifier: MIT
//
// coil/semaphore.hpp - let a few tasks at a time do something
#ifndef COIL_SEMAPHORE_HPP
#define COIL_SEMAPHORE_HPP

#include <cstddef>

#include <coil/error.hpp>
#include <coil/semaphore.h>

namespace coil
{

// coil_semaphore.
class semaphore
{
    coil_semaphore semaphore_;

  public:
    explicit semaphore(std::size_t permits)
    {
        coil_semaphore_init(&semaphore_, permits);
    }
    semaphore(const semaphore &) = delete;
    semaphore &operator=(const semaphore &) = delete;

    // Throws coil::cancelled: no permit was taken.
    void acquire()
    {
        check(coil_semaphore_acquire(&semaphore_));
    }
    bool try_acquire()
    {
        return coil_semaphore_try_acquire(&semaphore_) == 0;
    }
    void release()
    {
        coil_semaphore_release(&semaphore_);
    }
    coil_semaphore *get() noexcept
    {
        return &semaphore_;
    }

    // Has a permit until the end of its block.
    class permit
    {
        semaphore &semaphore_;

      public:
        explicit permit(semaphore &from) : semaphore_(from)
        {
            semaphore_.acquire();
        }
        ~permit()
        {
            semaphore_.release();
        }
        permit(const permit &) = delete;
        permit &operator=(const permit &) = delete;
    };
};

} // namespace coil

#endif
