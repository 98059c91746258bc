/* SPDX-License-Identifier: MIT */
/*
 * odd_transport.h - a layer that passes everything on, or does what a test says
 *
 *     struct odd_transport odd;
 *
 *     odd_put(&odd, stream);
 *     odd.ops.watch = NULL;          it lacks a function
 *     odd.holds_writes = true;       it keeps what is written
 *     ...
 *     odd_let_go(&odd);
 *
 * It lives as long as the stream.
 */
#ifndef COIL_TESTS_ODD_TRANSPORT_H
#define COIL_TESTS_ODD_TRANSPORT_H

#include <stdbool.h>

#include <coil/stream.h>
#include <coil/transport.h>

struct odd_transport {
    struct coil_transport transport; /* first */
    struct coil_transport *below;
    struct coil_transport_ops ops;

    /* A write is kept until odd_let_go() or odd_refuse(). */
    bool holds_writes;
    bool will_hold_writes; /* from the next read on */
    struct coil_transport_write *held;

    /* Each write is over at once with this result. */
    bool fails_writes;
    ptrdiff_t write_result;

    /* The next watch says that there is input. */
    bool rings;

    bool was_released;
};

/* Put it between `stream` and its transport. */
void odd_put(struct odd_transport *odd, struct coil_stream *stream);

/* Pass on what is held, and hold nothing from now on. */
void odd_let_go(struct odd_transport *odd);

/* What is held fails with `error`. */
void odd_refuse(struct odd_transport *odd, ptrdiff_t error);

#endif
