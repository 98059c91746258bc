/* SPDX-License-Identifier: MIT */
/*
 * http/wire/budget.h - a limit on what many messages keep in memory together
 *
 * A budget belongs to a server.  Each of its connections has a share, which
 * counts what the connection has taken out of the budget.
 */
#ifndef COIL_HTTP_WIRE_BUDGET_H
#define COIL_HTTP_WIRE_BUDGET_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

struct coil__http_budget {
    size_t limit;
    size_t used;
};

/* Zeroed it has no budget, and so no limit. */
struct coil__http_share {
    struct coil__http_budget *budget;
    size_t size;
};

/* How many bytes can still be taken. */
static inline size_t coil__http_share_left(const struct coil__http_share *s)
{
    return s->budget ? s->budget->limit - s->budget->used : SIZE_MAX;
}

/* Take `size` bytes.  0, or -ENOBUFS: nothing was taken. */
static inline int coil__http_share_take(struct coil__http_share *s, size_t size)
{
    if (!s->budget)
        return 0;
    if (size > coil__http_share_left(s))
        return -ENOBUFS;
    s->budget->used += size;
    s->size += size;
    return 0;
}

/* Give all back. */
static inline void coil__http_share_give_back(struct coil__http_share *s)
{
    if (s->size > 0)
        s->budget->used -= s->size;
    s->size = 0;
}

#endif
