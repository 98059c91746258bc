/* SPDX-License-Identifier: MIT */
/*
 * http/server/pace.h - how long the server still waits for a slow client
 *
 * While the server waits, patience runs out; each byte that moves gives some
 * back.  So a client that is faster than the least rate can go on for ever, and
 * one that is slower cannot.
 */
#ifndef COIL_HTTP_SERVER_PACE_H
#define COIL_HTTP_SERVER_PACE_H

#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

/* The rules of a server. */
struct coil__http_pace_rules {
    size_t rate;     /* bytes a second; SIZE_MAX: none is demanded */
    coil_time grace; /* patience at the beginning */
    coil_time most;  /* patience at most */
};

/* One direction of one exchange. */
struct coil__http_pace {
    coil_time patience;
    uint64_t seen; /* bytes that are accounted for */
};

static inline void
coil__http_pace_begin(struct coil__http_pace *pace,
                      const struct coil__http_pace_rules *rules)
{
    pace->patience = rules->rate == SIZE_MAX ? rules->most : rules->grace;
    pace->seen = 0;
}

/* So many bytes have moved since the beginning. */
void coil__http_pace_moved(struct coil__http_pace *pace,
                           const struct coil__http_pace_rules *rules,
                           uint64_t bytes);

/* The server has waited for `duration`. */
void coil__http_pace_waited(struct coil__http_pace *pace,
                            const struct coil__http_pace_rules *rules,
                            coil_time duration);

#endif
