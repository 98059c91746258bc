/* SPDX-License-Identifier: MIT */
/*
 * poll_test.h - drive the seam by hand, and what every backend must do alike
 *
 * A probe is an operation that notes when it is over.  The scenarios hold on
 * the kernel and on the simulator with any seed: they do not care whether an
 * operation is over in begin() or later, nor how large the pieces of a stream
 * are.  A test file makes a TEST of each with POLL_SCENARIOS().
 */
#ifndef COIL_TESTS_POLL_TEST_H
#define COIL_TESTS_POLL_TEST_H

#include <errno.h>
#include <netinet/in.h>

#include "backend/backend.h"
#include "test.h"

struct probe {
    struct coil_op op;
    bool done;
    unsigned order; /* the n-th that was over, from 1 */
    void (*then)(struct probe *probe);
    void *arg;
};

struct pair {
    int client;
    int server;
};

/* Counts the probes that are over. */
extern unsigned probes_over;

/* ---- one operation ---- */

/* Begin the operation probe->op. Returns whether it is over. */
bool probe_begin(struct coil__backend *backend, struct probe *probe);
bool probe_read(struct coil__backend *backend, struct probe *probe, int fd,
                void *data, size_t size);
bool probe_write(struct coil__backend *backend, struct probe *probe, int fd,
                 const void *data, size_t size);
bool probe_accept(struct coil__backend *backend, struct probe *probe, int fd);
bool probe_connect(struct coil__backend *backend, struct probe *probe, int fd,
                   struct coil_address *address);

/* Wait until it is over; returns its result. */
ptrdiff_t probe_wait(struct coil__backend *backend, struct probe *probe);

/* Cancel it and wait until it is over; returns its result. */
ptrdiff_t probe_cancel(struct coil__backend *backend, struct probe *probe);

/* Run `poll` until nothing happens any more that takes no time. */
void poll_settle(struct coil__backend *backend);

/* ---- one after the other ---- */

ptrdiff_t do_read(struct coil__backend *backend, int fd, void *data,
                  size_t size);
ptrdiff_t do_write(struct coil__backend *backend, int fd, const void *data,
                   size_t size);
void recv_all(struct coil__backend *backend, int fd, void *data, size_t size);
void send_all(struct coil__backend *backend, int fd, const void *data,
              size_t size);

/* Write until a write would have to wait; returns how much. `probe` pends. */
size_t write_until_full(struct coil__backend *backend, int fd,
                        struct probe *probe);

struct coil_address loopback(void);
int open_listener(struct coil__backend *backend, struct coil_address *address);
struct pair open_pair(struct coil__backend *backend);
void close_pair(struct coil__backend *backend, struct pair pair);

/* ---- what holds everywhere ---- */

/* It runs on a backend of its own, and must leave nothing behind. */
struct poll_scenario {
    const char *name;
    void (*play)(struct coil__backend *backend);
};

/* poll_scenarios*.c; each list ends with a scenario without a name. */
extern const struct poll_scenario poll_scenarios[];
extern const struct poll_scenario poll_scenarios_end[];

/*
 * Make a test <prefix>_<its name> of each scenario in both lists; play() runs
 * one.
 */
void poll_scenario_tests(const char *file, const char *prefix,
                         void (*play)(const void *scenario));

/* For a thread: wake the backend a little later, when it waits. */
void *wake_later(void *backend);

#endif
