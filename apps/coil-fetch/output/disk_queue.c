/* SPDX-License-Identifier: MIT */
#include "output/disk_queue.h"

#include <errno.h>

#include <coil/event.h>
#include <coil/sleep.h>

/* A call that takes longer is not worth being put together with others. */
enum { SLOW = COIL_MILLISECOND };

struct disk_call {
    coil_fn fn;
    void *arg;
    int result;
    bool is_over;
    struct coil_event over;
    struct disk_call *next;
};

/* In a thread: one call after another. */
static int work(void *arg)
{
    struct disk_lane *lane = arg;
    struct disk_call *call = lane->first;

    for (size_t i = 0; i < lane->count; i++, call = call->next)
        call->result = call->fn(call->arg);
    return 0;
}

/* They are over: `error` of the thread, or their own results. */
static void end_calls(struct disk_call *first, size_t count, int error)
{
    while (count-- > 0) {
        struct disk_call *call = first;

        first = call->next;
        if (error < 0)
            call->result = error;
        call->is_over = true;
        coil_event_set(&call->over);
    }
}

static void start_lanes(struct disk_queue *queue);

static void end_lane(struct coil_future *future, void *arg)
{
    struct disk_lane *lane = arg;
    struct disk_queue *queue = lane->queue;
    int rc = coil_future_result(future, NULL);

    queue->is_slow = coil_now() - lane->began > SLOW * (coil_time)lane->count;
    queue->busy--;
    lane->is_busy = false;
    end_calls(lane->first, lane->count, rc);
    start_lanes(queue);
}

/* The first calls of the queue are the lane's. */
static void take_calls(struct disk_queue *queue, struct disk_lane *lane)
{
    size_t limit = queue->is_slow ? 1 : DISK_BATCH;

    *lane = (struct disk_lane){ .queue = queue, .first = queue->first };
    while (queue->first && lane->count < limit) {
        queue->first = queue->first->next;
        lane->count++;
    }
}

static int start_lane(struct disk_queue *queue, struct disk_lane *lane)
{
    int rc;

    take_calls(queue, lane);
    lane->began = coil_now();
    rc = coil_executor_submit(NULL, &lane->call, work, lane);
    if (rc == 0)
        rc = coil_future_add_done_callback(&lane->call.future, &lane->over,
                                           end_lane, lane);
    if (rc < 0) {
        end_calls(lane->first, lane->count, rc);
        return rc;
    }
    lane->is_busy = true;
    queue->busy++;
    return 0;
}

/* One thread is enough, unless the disk is slow. */
static void start_lanes(struct disk_queue *queue)
{
    for (size_t i = 0; i < DISK_LANES && queue->first; i++) {
        if (queue->busy > 0 && !queue->is_slow)
            return;
        if (!queue->lanes[i].is_busy)
            (void)start_lane(queue, &queue->lanes[i]);
    }
}

int disk_run_anyway(struct disk_queue *queue, coil_fn fn, void *arg)
{
    struct disk_call call = { .fn = fn, .arg = arg };
    bool was_cancelled = false;

    coil_event_init(&call.over);
    if (!queue->first)
        queue->last = &queue->first;
    *queue->last = &call;
    queue->last = &call.next;
    start_lanes(queue);
    while (!call.is_over)
        if (coil_event_wait(&call.over) == -ECANCELED)
            was_cancelled = true;
    return call.result < 0 ? call.result : was_cancelled ? -ECANCELED : 0;
}

int disk_run(struct disk_queue *queue, coil_fn fn, void *arg)
{
    int rc = coil_checkpoint();

    return rc < 0 ? rc : disk_run_anyway(queue, fn, arg);
}
