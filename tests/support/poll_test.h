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
    unsigned order; /* the n-th probe to be over, from 1 */
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

/* Begin what probe->op asks.  Returns whether it is over. */
bool probe_begin(struct coil__backend *backend, struct probe *probe);
bool probe_read(struct coil__backend *backend, struct probe *probe, int fd,
                void *data, size_t size);
bool probe_write(struct coil__backend *backend, struct probe *probe, int fd,
                 const void *data, size_t size);
bool probe_accept(struct coil__backend *backend, struct probe *probe, int fd);
bool probe_connect(struct coil__backend *backend, struct probe *probe, int fd,
                   struct coil_address *address);

/* Wait until it is over; its result. */
ptrdiff_t probe_wait(struct coil__backend *backend, struct probe *probe);

/* Cancel it and wait until it is over; its result. */
ptrdiff_t probe_cancel(struct coil__backend *backend, struct probe *probe);

/* Run `poll` until nothing happens any more that needs no time. */
void poll_settle(struct coil__backend *backend);

/* ---- one after the other ---- */

ptrdiff_t do_read(struct coil__backend *backend, int fd, void *data,
                  size_t size);
ptrdiff_t do_write(struct coil__backend *backend, int fd, const void *data,
                   size_t size);
void recv_all(struct coil__backend *backend, int fd, void *data, size_t size);
void send_all(struct coil__backend *backend, int fd, const void *data,
              size_t size);

/* Write until it would have to wait; returns how much.  `probe` pends. */
size_t write_until_full(struct coil__backend *backend, int fd,
                        struct probe *probe);

struct coil_address loopback(void);
int open_listener(struct coil__backend *backend, struct coil_address *address);
struct pair open_pair(struct coil__backend *backend);
void close_pair(struct coil__backend *backend, struct pair pair);

/* ---- what holds everywhere ---- */

#define POLL_SCENARIOS(X)                                                      \
    X(connects_and_accepts)                                                    \
    X(accepts_what_connected_before)                                           \
    X(refuses_where_nobody_listens)                                            \
    X(bind_finds_an_address_in_use)                                            \
    X(read_waits_for_data)                                                     \
    X(reads_are_served_in_order)                                               \
    X(newcomers_do_not_overtake)                                               \
    X(cancelled_reads_do_not_overtake)                                         \
    X(writes_are_sent_in_order)                                                \
    X(accepts_are_served_in_order)                                             \
    X(a_full_pipe_holds_the_writer_back)                                       \
    X(half_closed_still_reads)                                                 \
    X(peer_close_is_the_end)                                                   \
    X(data_before_the_end_is_read)                                             \
    X(close_with_unread_data_resets)                                           \
    X(reset_ends_a_pending_write)                                              \
    X(reset_ends_a_pending_read)                                               \
    X(writing_to_a_closed_peer_fails)                                          \
    X(shutdown_ends_a_pending_write)                                           \
    X(cancelled_read_loses_nothing)                                            \
    X(cancelled_write_sends_nothing)                                           \
    X(cancelled_accept_loses_nothing)                                          \
    X(cancelled_connect_can_be_closed)                                         \
    X(cancel_in_the_middle_of_a_queue)                                         \
    X(close_ends_what_pends)                                                   \
    X(close_of_a_listener_ends_what_pends)                                     \
    X(stale_means_readable_or_ended)                                           \
    X(a_reset_socket_is_stale_and_has_no_peer)                                 \
    X(nothing_is_read_and_written_at_once)                                     \
    X(misuse_is_an_error)                                                      \
    X(over_may_begin_the_next)                                                 \
    X(over_may_close_and_open)                                                 \
    X(over_may_cancel_others)                                                  \
    X(nothing_begins_on_a_socket_that_is_being_closed)                         \
    X(a_reused_number_is_a_new_socket)                                         \
    X(many_sockets)                                                            \
    X(nothing_to_wait_for_is_a_deadlock)                                       \
    X(a_past_deadline_only_looks)

#define POLL_SCENARIO_DECLARE(name)                                            \
    void scenario_##name(struct coil__backend *);
POLL_SCENARIOS(POLL_SCENARIO_DECLARE)

/* For a thread: wake the backend a little later, when it waits. */
void *wake_later(void *backend);

#endif
