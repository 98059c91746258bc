/* SPDX-License-Identifier: MIT */
#include "show/timeline.h"

#define FIRST_WIDTH (100 * COIL_MILLISECOND)

void timeline_init(struct timeline *timeline, coil_time now)
{
    *timeline = (struct timeline){ .began = now, .width = FIRST_WIDTH };
}

static struct timeline_stretch join(const struct timeline_stretch *a,
                                    const struct timeline_stretch *b)
{
    return (struct timeline_stretch){
        .started = a->started + b->started,
        .done = a->done + b->done,
        .failed = a->failed + b->failed,
        .in_flight = a->in_flight > b->in_flight ? a->in_flight : b->in_flight,
        .bytes = a->bytes + b->bytes,
    };
}

/* Each two become one. */
static void halve(struct timeline *timeline)
{
    static const struct timeline_stretch none;
    size_t count = (timeline->count + 1) / 2;

    for (size_t i = 0; i < count; i++)
        timeline->stretches[i] =
            join(&timeline->stretches[2 * i],
                 2 * i + 1 < timeline->count ? &timeline->stretches[2 * i + 1]
                                             : &none);
    timeline->count = count;
    timeline->width *= 2;
}

struct timeline_stretch *timeline_at(struct timeline *timeline, coil_time now)
{
    coil_time age = now > timeline->began ? now - timeline->began : 0;
    size_t i;

    while (age / timeline->width >= TIMELINE_STRETCHES)
        halve(timeline);
    i = (size_t)(age / timeline->width);
    while (timeline->count <= i)
        timeline->stretches[timeline->count++] =
            (struct timeline_stretch){ .in_flight = timeline->in_flight };
    return &timeline->stretches[i];
}

void timeline_set_in_flight(struct timeline *timeline, uint32_t in_flight,
                            coil_time now)
{
    struct timeline_stretch *stretch = timeline_at(timeline, now);

    timeline->in_flight = in_flight;
    if (in_flight > stretch->in_flight)
        stretch->in_flight = in_flight;
}
