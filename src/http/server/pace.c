/* SPDX-License-Identifier: MIT */
#include "http/server/pace.h"

void coil__http_pace_moved(struct coil__http_pace *p,
                           const struct coil__http_pace_rules *rules,
                           uint64_t bytes)
{
    uint64_t more = bytes - p->seen;
    coil_time missing = rules->most - p->patience;

    p->seen = bytes;
    if (missing <= 0)
        return;
    /* More bytes than these would only be more than enough. */
    if (more / rules->rate >= (uint64_t)(missing / COIL_SECOND) + 1)
        p->patience = rules->most;
    else
        p->patience += (coil_time)(more / rules->rate) * COIL_SECOND +
                       (coil_time)(more % rules->rate * (uint64_t)COIL_SECOND /
                                   rules->rate);
    if (p->patience > rules->most)
        p->patience = rules->most;
}

void coil__http_pace_waited(struct coil__http_pace *p,
                            const struct coil__http_pace_rules *rules,
                            coil_time duration)
{
    if (rules->rate != SIZE_MAX)
        p->patience -= duration;
}
