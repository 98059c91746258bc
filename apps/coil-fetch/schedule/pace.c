/* SPDX-License-Identifier: MIT */
#include "schedule/pace.h"

coil_time pace_take(struct pace *pace, uint64_t rate, size_t bytes,
                    coil_time now)
{
    if (rate == 0)
        return now;
    if (pace->next < now)
        pace->next = now;
    pace->next +=
        (coil_time)((double)bytes / (double)rate * (double)COIL_SECOND);
    return pace->next;
}

size_t pace_piece(uint64_t rate, size_t most)
{
    enum { LEAST = 1024, A_SECOND = 16 };
    uint64_t piece = rate / A_SECOND;

    if (rate == 0 || piece > most)
        return most;
    return piece < LEAST ? LEAST : (size_t)piece;
}
