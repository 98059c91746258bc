/* SPDX-License-Identifier: MIT */
#include "schedule/rate.h"

/* How late a beginning may be without delaying all that follow. */
enum { SLACK = 10 * 1000 * 1000 };

struct rate rate_of(uint64_t count, coil_time in)
{
    coil_time interval = count > 0 ? in / (coil_time)count : 0;

    return (struct rate){ .interval = interval };
}

void rate_begin(struct rate *rate, coil_time now)
{
    coil_time since = now;

    if (rate->interval == 0)
        return;
    if (rate->interval < SLACK && rate->next > now - SLACK)
        since = rate->next;
    rate->next = since + rate->interval;
}

void rate_take_back(struct rate *rate)
{
    rate->next -= rate->interval;
}
