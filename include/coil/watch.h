/* SPDX-License-Identifier: MIT */
/*
 * coil/watch.h - the latest value, and who wants to know when it changes
 *
 *     static struct config current = { … };
 *     static struct coil_watch config = COIL_WATCH_INIT(&current, sizeof current);
 *
 *     coil_watch_send(&config, &fresh);               // somewhere
 *
 *     coil_watch_receiver_init(&receiver, &config);   // in each task
 *     do {
 *         rc = coil_watch_changed(&receiver, &mine);
 *         if (rc == 0)
 *             rc = apply(&mine);
 *     } while (rc == 0);
 *
 * Each receiver gets the latest value, and not every one: who is slow misses those
 * between.  Where each counts there are coil/queue.h and coil/broadcast.h.
 *
 * Memory   The value is caller's memory, kept as long as the watch is used.  Nothing
 *          is allocated; no destroy call.
 * asyncio  There is none.  tokio: sync::watch.
 */
#ifndef COIL_WATCH_H
#define COIL_WATCH_H

#include <coil/base.h>
#include <coil/select.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private. */
struct coil_watch {
    struct coil_list waiters;
    void *value;
    size_t size;
    uint64_t version; /* how often it was sent */
    bool closed;
};

#define COIL_WATCH_INIT(value, size)                                           \
    {                                                                          \
        COIL_LIST_INIT, (value), (size), 0, false                              \
    }

/* Make it one of the value, of `size` bytes, that `value` points to now. */
COIL_API void coil_watch_init(struct coil_watch *watch, void *value,
                              size_t size);

/* What a task has seen of it: caller's memory; the fields are private. */
struct coil_watch_receiver {
    struct coil_watch *watch;
    uint64_t seen;
};

/* The value as it is now counts as seen. */
COIL_API void coil_watch_receiver_init(struct coil_watch_receiver *receiver,
                                       struct coil_watch *watch);

/*
 * Copy `*value` in, and wake all who wait.  Does not wait.  Returns 0, or -EPIPE,
 * changing nothing: it is closed.
 */
COIL_API int coil_watch_send(struct coil_watch *watch, const void *value);

/* Copy the value out; it does not count as seen. */
COIL_API void coil_watch_get(const struct coil_watch *watch, void *value);

/*
 * Wait until a value was sent that the receiver has not seen, and copy the latest
 * into `*value`, which may be NULL.  It counts as seen then.
 *
 * Returns 0, else with nothing seen
 *   -ECANCELED  the task was cancelled; the next call returns at once if a value
 *               was sent meanwhile
 *   -EPIPE      closed, and the last value was seen
 */
COIL_API int coil_watch_changed(struct coil_watch_receiver *receiver,
                                void *value) COIL_SUSPENDS;

/* The same as a case of coil_select(); `value` is kept until that returns. */
COIL_API struct coil_select_case
coil_watch_changed_case(struct coil_watch_receiver *receiver, void *value);

/* Whether coil_watch_changed() need not wait for a value. */
COIL_API bool
coil_watch_has_changed(const struct coil_watch_receiver *receiver);

/* No value will be sent any more.  May be repeated. */
COIL_API void coil_watch_close(struct coil_watch *watch);

/* How many tasks wait. */
COIL_API size_t coil_watch_waiting(const struct coil_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
