/* SPDX-License-Identifier: MIT */
/*
 * sched/sink.h - where errors go that nobody receives
 */
#ifndef COIL_SCHED_SINK_H
#define COIL_SCHED_SINK_H

#include <coil/exception.h>

struct coil_scheduler;

/* The one way to make an exception.  `object` may be NULL. */
static inline struct coil_exception
coil__exception(const char *message, int error, const void *object)
{
    return (struct coil_exception){
        .message = message,
        .error = error,
        .object = object,
    };
}

/*
 * Pass the exception to the handler of `scheduler`.  Without a handler, and if
 * `scheduler` is NULL, write it to standard error.
 */
void coil__sink_tell(struct coil_scheduler *scheduler,
                     const struct coil_exception *exception);

/* Write the exception to standard error, as one line. */
void coil__sink_write(const struct coil_exception *exception);

/* The same for an error that nobody has seen: it is also counted. */
void coil__sink_tell_unseen(const struct coil_exception *exception);

/*
 * Tell the handler of `scheduler`; NULL: of the one that runs.  `object` may be
 * NULL.
 */
void coil__report(struct coil_scheduler *scheduler, const char *message,
                  int error, const void *object);

/* A mistake that a program can make with a function. */
struct coil_misuse {
    const char *function; /* the public one; NULL: whichever was called */
    const char *message;  /* what is wrong */
    const char *cure;     /* what to do about it */
    int error;
};

/*
 * Report the mistake, and name the function, the place of its call, and the
 * running task if there is one.  `object` may be NULL.
 */
void coil__report_misuse(const struct coil_misuse *misuse, const void *object);

/* The same in debug mode only: what a correct program might do as well. */
void coil__report_in_debug(const struct coil_misuse *misuse,
                           const void *object);

/* "task 'name'" of the running task, or NULL.  Static storage. */
const char *coil__report_who(void);

#endif
