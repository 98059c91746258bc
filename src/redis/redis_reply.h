/* SPDX-License-Identifier: MIT */
/*
 * redis/redis_reply.h - making replies
 *
 * A reply is made piece by piece, as it is read.  Its memory grows with what has
 * come, not with what the server says will come.
 */
#ifndef COIL_REDIS_REDIS_REPLY_H
#define COIL_REDIS_REDIS_REPLY_H

#include <coil/redis.h>

/* How much memory the reply takes that is being made, and may take. */
struct coil__redis_making {
    size_t used;
    size_t most;
    int error; /* why the last coil__redis_reply_make() returned NULL */
};

/* Arrays in arrays, at most. */
#define COIL__REDIS_DEPTH 32u

/*
 * Make a reply of `type` with a copy of `size` bytes of `text`, which may be NULL.
 * `parent`, if not NULL, is an array and gets it as its next element, of
 * `expected` in all.  NULL: see making->error.
 */
struct coil_redis_reply *coil__redis_reply_make(
    struct coil__redis_making *making, struct coil_redis_reply *parent,
    size_t expected, enum coil_redis_type type, const char *text, size_t size);

/* An array without elements, with room for `count`; NULL: no memory. */
struct coil_redis_reply *coil__redis_reply_array(size_t count);

/* Return `made` in `*reply`, or free it where nobody wants it. */
static inline void coil__redis_reply_return(struct coil_redis_reply **reply,
                                            struct coil_redis_reply *made)
{
    if (reply)
        *reply = made;
    else
        coil_redis_reply_free(made);
}

/* Free the elements. */
void coil__redis_reply_empty(struct coil_redis_reply *array);

#endif
