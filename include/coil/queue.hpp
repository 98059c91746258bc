// SPDX-License-Identifier: MIT
//
// coil/queue.hpp - pass objects from task to task
#ifndef COIL_QUEUE_HPP
#define COIL_QUEUE_HPP

#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <coil/error.hpp>
#include <coil/queue.h>

namespace coil
{

// coil_queue of T: first in, first out.  An item that waits in it lies on the heap.
template <class T> class queue
{
    coil_queue queue_;

    static void destroy(void *item)
    {
        delete *static_cast<T **>(item);
    }
    static T take(T *item)
    {
        std::unique_ptr<T> owner(item);

        return std::move(*item);
    }

  public:
    // At most so many items; 0: no limit.
    explicit queue(std::size_t max = 0)
    {
        coil_queue_init(&queue_, sizeof(T *), max);
        coil_queue_set_item_destroy(&queue_, destroy);
    }
    // The items in it are destroyed.
    ~queue()
    {
        coil_queue_fini(&queue_);
    }
    queue(const queue &) = delete;
    queue &operator=(const queue &) = delete;

    // Waits for room.  Throws coil::cancelled, or coil::error: -EPIPE if the
    // queue is shut down, -ENOMEM.  The item is then destroyed.
    void put(T item)
    {
        auto owner = std::make_unique<T>(std::move(item));
        T *pointer = owner.get();

        check(coil_queue_put(&queue_, &pointer));
        owner.release();
    }
    // Waits for an item.  Throws coil::cancelled, with no item taken, or
    // coil::error: -EPIPE if the queue is shut down and empty.
    T get()
    {
        T *item;

        check(coil_queue_get(&queue_, &item));
        return take(item);
    }
    // The same, and nothing if the queue is shut down and empty.
    std::optional<T> next()
    {
        T *item;
        int rc = coil_queue_get(&queue_, &item);

        if (rc == -EPIPE)
            return std::nullopt;
        check(rc);
        return take(item);
    }
    // An item if there is one.
    std::optional<T> try_get()
    {
        T *item;

        if (coil_queue_try_get(&queue_, &item) < 0)
            return std::nullopt;
        return take(item);
    }
    // coil_queue_task_done(), coil_queue_join(), coil_queue_shutdown().
    void task_done()
    {
        check(coil_queue_task_done(&queue_));
    }
    void join()
    {
        check(coil_queue_join(&queue_));
    }
    void shutdown(bool immediate = false)
    {
        coil_queue_shutdown(&queue_, immediate);
    }
    std::size_t size() const
    {
        return coil_queue_size(&queue_);
    }
    coil_queue *get_queue() noexcept
    {
        return &queue_;
    }
};

} // namespace coil

#endif
