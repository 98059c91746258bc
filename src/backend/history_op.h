/* SPDX-License-Identifier: MIT */
/*
 * backend/history_op.h - how an operation ended, in a history
 */
#ifndef COIL_BACKEND_HISTORY_OP_H
#define COIL_BACKEND_HISTORY_OP_H

#include "backend/history.h"
#include "backend/op.h"

/*
 * What an entry is about.  Each begins with this number.  Entries lie within those of
 * WAIT, CANCEL, CLOSE_SOCKET and GIVE_UP, which END ends, since operations end within
 * these calls and begin further ones.
 */
enum coil_history_entry {
    COIL_HISTORY_NOW = 1,
    COIL_HISTORY_TICKED,
    COIL_HISTORY_RANDOM,
    COIL_HISTORY_BEGIN, /* kind; the number of the operation, or 0: it is over */
    COIL_HISTORY_OVER,  /* the number of the operation */
    COIL_HISTORY_LOST,
    COIL_HISTORY_WAIT,
    COIL_HISTORY_CANCEL,
    COIL_HISTORY_CLOSE_SOCKET,
    COIL_HISTORY_GIVE_UP,
    COIL_HISTORY_END,
    COIL_HISTORY_SOCKET,
    COIL_HISTORY_RESULT, /* of a call that answers by a number alone */
    COIL_HISTORY_BIND_UNIX,
    COIL_HISTORY_CREDENTIALS,
    COIL_HISTORY_ADDRESS,
    COIL_HISTORY_READ_NOW,
    COIL_HISTORY_ARRIVED, /* what: enum coil__arrival; how many */
    COIL_HISTORY_BYTES,   /* of the program's own */
};

/* The result of `op`, and the bytes, addresses and messages that came with it. */
void coil__history_put_op(struct coil_history *history,
                          const struct coil_op *op);
void coil__history_get_op(struct coil_history *history, struct coil_op *op);

void coil__history_put_address(struct coil_history *history,
                               const struct coil_address *address);
void coil__history_get_address(struct coil_history *history,
                               struct coil_address *address);

#endif
