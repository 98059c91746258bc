/* SPDX-License-Identifier: MIT */
/*
 * queue.c - items that are handed over, never put up for grabs
 *
 * An item that is put while tasks wait to get one goes straight to the longest
 * getter.  When an item is taken from a full queue, the item of the longest
 * putter moves in at once:
 *
 *     a getter waits  implies  the queue is empty
 *     a putter waits  implies  the queue is full
 *     either waits    implies  the queue is not shut down
 *     a joiner waits  implies  items are unfinished
 *
 * So a newcomer can neither take what another task was woken for, nor overtake
 * those who wait.  A waiter's item pointer points to memory that its call
 * keeps.  A putter's item moves into a place that has just become free: that
 * needs no memory and cannot fail.
 */
/* The functions themselves: coil/running.h. */
#define COIL_NO_FAST_PATHS

#include <coil/queue.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "sched/call.h"
#include "base/platform.h"
#include "sched/select.h"
#include "sched/sink.h"
#include "sched/wait.h"
#include "sync/queue_item.h"
#include "sync/queue_keys.h"
#include "sync/queue_store.h"

struct getter {
    struct coil_waiter waiter;
    void *item;
};

struct putter {
    struct coil_waiter waiter;
    const void *item;
};

static const struct coil_wait_reason get_reason = {
    .name = "queue get",
    .reach = sizeof(struct getter),
};
static const struct coil_wait_reason put_reason = {
    .name = "queue put",
    .reach = sizeof(struct putter),
};
static const struct coil_wait_reason join_reason = {
    .name = "queue join",
    .reach = sizeof(struct coil_waiter),
};

static void set_order(struct coil_queue *queue, enum coil_queue_order order)
{
    queue->order = order;
    queue->stride = coil__queue_store_stride(order, queue->item_size);
    queue->plain =
        order == COIL_QUEUE_FIFO && queue->item_size == sizeof(void *);
}

void coil_queue_init(struct coil_queue *queue, size_t item_size, size_t max)
{
    *queue = (struct coil_queue){
        .item_size = item_size,
        .max = max,
    };
    set_order(queue, COIL_QUEUE_FIFO);
}

void coil_queue_init_lifo(struct coil_queue *queue, size_t item_size,
                          size_t max)
{
    coil_queue_init(queue, item_size, max);
    set_order(queue, COIL_QUEUE_LIFO);
}

void coil_queue_init_priority(struct coil_queue *queue, size_t item_size,
                              size_t max, coil_queue_compare_fn compare)
{
    coil_queue_init(queue, item_size, max);
    set_order(queue, COIL_QUEUE_PRIORITY);
    queue->compare = compare;
}

void coil_queue_init_priority_key(struct coil_queue *queue, size_t item_size,
                                  size_t max, struct coil_queue_key key)
{
    if (!coil__queue_key_is_valid(&key, item_size))
        coil__panic_call(__func__,
                         "the key of a queue is no number within its items",
                         "make it by COIL_QUEUE_KEY()");

    coil_queue_init(queue, item_size, max);
    set_order(queue, COIL_QUEUE_PRIORITY_KEY);
    queue->key = key;
}

void coil_queue_set_item_destroy(struct coil_queue *queue,
                                 void (*item_destroy)(void *item))
{
    queue->item_destroy = item_destroy;
}

void coil_queue_fini(struct coil_queue *queue)
{
    /* Such a task would later be taken out of a queue whose memory is gone. */
    if (queue->getters.head || queue->putters.head || queue->joiners.head)
        coil__panic_call(__func__, "a task still waits for the queue",
                         "await the tasks that use it first, or end them by "
                         "coil_queue_shutdown()");

    coil__queue_store_fini(queue);
}

/* Hand the item to the longest getter.  There must be one. */
static void give(struct coil_queue *queue, const void *item)
{
    struct getter *getter = coil__container_of(
        coil__waitq_first(&queue->getters), struct getter, waiter);

    coil__queue_copy_item(queue, getter->item, item);
    coil__decide(&getter->waiter, 0);
}

/* Let the longest putter's item move into the place that has become free. */
static void admit(struct coil_queue *queue)
{
    struct putter *putter = coil__container_of(
        coil__waitq_first(&queue->putters), struct putter, waiter);

    coil__queue_store_push(queue, putter->item);
    queue->unfinished++;
    coil__decide(&putter->waiter, 0);
}

static bool is_full(const struct coil_queue *queue)
{
    return queue->max && queue->count >= queue->max;
}

/* Put without waiting.  Returns -EAGAIN if that is impossible. */
static int put_at_once(struct coil_queue *queue, const void *item)
{
    int rc;

    if (COIL_UNLIKELY(queue->shut_down))
        return -EPIPE;
    if (is_full(queue))
        return -EAGAIN;

    if (!coil__waitq_is_empty(&queue->getters)) {
        give(queue, item);
    } else {
        rc = coil__queue_store_reserve(queue);
        if (COIL_UNLIKELY(rc < 0))
            return rc;
        coil__queue_store_push(queue, item);
    }
    queue->unfinished++;
    return 0;
}

static int get_at_once(struct coil_queue *queue, void *item)
{
    if (queue->count == 0)
        return queue->shut_down ? -EPIPE : -EAGAIN;

    coil__queue_store_pop(queue, item);
    if (!coil__waitq_is_empty(&queue->putters))
        admit(queue);
    return 0;
}

static COIL_NOINLINE COIL_RETURNS_BY_JUMP int
wait_to_put(struct coil_queue *queue, const void *item)
{
    struct putter self = {
        .waiter = COIL_WAITER(&put_reason, queue),
        .item = item,
    };

    return coil__wait_inline(&queue->putters, &self.waiter);
}

static COIL_NOINLINE COIL_RETURNS_BY_JUMP int
wait_to_get(struct coil_queue *queue, void *item)
{
    struct getter self = {
        .waiter = COIL_WAITER(&get_reason, queue),
        .item = item,
    };

    return coil__wait_inline(&queue->getters, &self.waiter);
}

int coil_queue_put(struct coil_queue *queue, const void *item)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    rc = put_at_once(queue, item);
    return rc == -EAGAIN ? wait_to_put(queue, item) : rc;
}

int coil_queue_get(struct coil_queue *queue, void *item)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    rc = get_at_once(queue, item);
    return rc == -EAGAIN ? wait_to_get(queue, item) : rc;
}

int coil_queue_try_put(struct coil_queue *queue, const void *item)
{
    return put_at_once(queue, item);
}

int coil_queue_try_get(struct coil_queue *queue, void *item)
{
    return get_at_once(queue, item);
}

/* ---- in a selection ------------------------------------------------------- */

static bool attempt_put(const struct coil_select_case *c, int *result)
{
    return coil__select_attempted(put_at_once(c->object, c->item), result);
}

static bool attempt_get(const struct coil_select_case *c, int *result)
{
    return coil__select_attempted(get_at_once(c->object, c->item), result);
}

static bool stand_to_put(const struct coil_select_case *c,
                         union coil__select_entry *entry, int *result)
{
    struct coil_queue *queue = c->object;
    struct putter *putter = (struct putter *)(void *)entry;

    (void)result;
    COIL__SELECT_FITS(struct putter);
    putter->item = c->item;
    coil__waitq_append(&queue->putters, &putter->waiter);
    return true;
}

static bool stand_to_get(const struct coil_select_case *c,
                         union coil__select_entry *entry, int *result)
{
    struct coil_queue *queue = c->object;
    struct getter *getter = (struct getter *)(void *)entry;

    (void)result;
    COIL__SELECT_FITS(struct getter);
    getter->item = c->item;
    coil__waitq_append(&queue->getters, &getter->waiter);
    return true;
}

struct coil_select_case coil_queue_put_case(struct coil_queue *queue,
                                            const void *item)
{
    static const struct coil_select_kind kind = { .reason = &put_reason,
                                                  .attempt = attempt_put,
                                                  .stand = stand_to_put };

    /* Nothing writes to *item. */
    return (struct coil_select_case){ .kind = &kind,
                                      .object = queue,
                                      .item = (void *)(uintptr_t)item };
}

struct coil_select_case coil_queue_get_case(struct coil_queue *queue,
                                            void *item)
{
    static const struct coil_select_kind kind = { .reason = &get_reason,
                                                  .attempt = attempt_get,
                                                  .stand = stand_to_get };

    return (struct coil_select_case){ .kind = &kind,
                                      .object = queue,
                                      .item = item };
}

/* ---- items that are dealt with -------------------------------------------- */

/* Count `count` items as dealt with. */
static void finish(struct coil_queue *queue, size_t count)
{
    queue->unfinished -= count;
    if (queue->unfinished == 0)
        coil__wake_all(&queue->joiners, 0);
}

static const struct coil_misuse too_often = {
    .function = "coil_queue_task_done",
    .message = "more items of a queue are done than were put",
    .error = -EPERM,
    .cure = "call it once for each item that was got",
};

int coil_queue_task_done(struct coil_queue *queue)
{
    if (queue->unfinished == 0) {
        coil__report_misuse(&too_often, queue);
        return -EPERM;
    }

    finish(queue, 1);
    return 0;
}

int coil_queue_join(struct coil_queue *queue)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (queue->unfinished == 0)
        return 0;

    struct coil_waiter self = COIL_WAITER(&join_reason, queue);
    return coil__wait(&queue->joiners, &self);
}

void coil_queue_shutdown(struct coil_queue *queue, bool immediate)
{
    size_t dropped = immediate ? queue->count : 0;

    queue->shut_down = true;
    queue->plain = false;
    /* Some items may have been counted as done before they were taken. */
    if (immediate)
        finish(queue,
               dropped < queue->unfinished ? dropped : queue->unfinished);
    coil__wake_all(&queue->getters, -EPIPE);
    coil__wake_all(&queue->putters, -EPIPE);
    if (immediate)
        coil__queue_store_clear(queue);
}

size_t coil_queue_size(const struct coil_queue *queue)
{
    return queue->count;
}

size_t coil_queue_max(const struct coil_queue *queue)
{
    return queue->max;
}

bool coil_queue_is_empty(const struct coil_queue *queue)
{
    return queue->count == 0;
}

bool coil_queue_is_full(const struct coil_queue *queue)
{
    return is_full(queue);
}

bool coil_queue_is_shut_down(const struct coil_queue *queue)
{
    return queue->shut_down;
}

static const char *check_waiters(const struct coil_queue *queue)
{
    bool getters = !coil__waitq_is_empty(&queue->getters);
    bool putters = !coil__waitq_is_empty(&queue->putters);

    if (getters && queue->count > 0)
        return "queue: there are items, but somebody waits to get one";
    if (putters && !is_full(queue))
        return "queue: there is room, but somebody waits to put";
    if ((getters || putters) && queue->shut_down)
        return "queue: shut down, but somebody waits";
    if (!coil__waitq_is_empty(&queue->joiners) && queue->unfinished == 0)
        return "queue: all is done, but somebody waits for that";
    return NULL;
}

const char *coil_test_check_queue(const void *object)
{
    const struct coil_queue *queue = object;
    const char *wrong = check_waiters(queue);

    if (!wrong)
        wrong = coil__waitq_check(&queue->getters);
    if (!wrong)
        wrong = coil__waitq_check(&queue->putters);
    if (!wrong)
        wrong = coil__waitq_check(&queue->joiners);
    if (!wrong)
        wrong = coil__queue_store_check(queue);
    return wrong;
}
