/* SPDX-License-Identifier: MIT */
/*
 * coil/sequencer.h - let the tasks of a test act in a given order
 *
 *     static struct coil_sequencer order;          // zeroed
 *
 *     // in one task                               // in another one
 *     rc = coil_sequencer_begin(&order, 0);        rc = coil_sequencer_begin(&order, 1);
 *     ... first ...                                ... second ...
 *     coil_sequencer_end(&order);                  coil_sequencer_end(&order);
 *
 * Memory   Caller's memory; nothing is allocated, and there is no destroy call.
 * asyncio  There is none.  trio: testing.Sequencer.
 */
#ifndef COIL_SEQUENCER_H
#define COIL_SEQUENCER_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes begins with 0. */
struct coil_sequencer {
    struct coil_list waiters;
    unsigned turn;
};

/*
 * Wait for the turn `number`, which comes when all before it have ended.  Each number
 * is of one task.
 *
 * Returns 0; -ECANCELED: the turn was not taken, and the others wait on until some
 * task takes and ends it; -EALREADY: the turn has passed.
 */
COIL_API int coil_sequencer_begin(struct coil_sequencer *sequencer,
                                  unsigned number) COIL_SUSPENDS;

/* End the turn that was begun: the next one begins. */
COIL_API void coil_sequencer_end(struct coil_sequencer *sequencer);

#ifdef __cplusplus
}
#endif

#endif
