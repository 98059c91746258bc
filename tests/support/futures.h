/* SPDX-License-Identifier: MIT */
/*
 * futures.h - a future with its callbacks, and calls that wait for many
 */
#ifndef COIL_TESTS_FUTURES_H
#define COIL_TESTS_FUTURES_H

#include "jobs.h"

extern struct coil_future future;
extern char value_b;
void say_call(struct coil_future *done, void *arg);
void add_callback(struct coil_future_callback *callback, const char *name);

enum { MANY = 1000 };

extern struct coil_future some[MANY];
extern struct coil_future *all[MANY];

/* The first `count` of `some`, pending. */
struct coil_future *const *fresh(size_t count);

void complete_future(struct coil_future *pending);
void fail_future(struct coil_future *pending, int error);

/* A call of coil_wait() or coil_gather() in a task of its own. */
struct call {
    size_t count;
    bool gather;
    enum coil_wait_mode mode;
    coil_time timeout;
    unsigned flags;
};

struct coil_task *start_call(struct call call);
struct coil_task *start_gather(size_t count, unsigned flags);

#endif
