/* SPDX-License-Identifier: MIT */
#include <coil/sequencer.h>

#include <errno.h>

#include "base/platform.h"
#include "sched/wait.h"

struct waiting {
    struct coil_waiter waiter;
    unsigned number;
};

int coil_sequencer_begin(struct coil_sequencer *sequencer, unsigned number)
{
    static const struct coil_wait_reason reason = { .name = "sequencer" };
    struct waiting self = { .waiter = COIL_WAITER(&reason, sequencer),
                            .number = number };
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (number < sequencer->turn)
        return -EALREADY;
    if (number == sequencer->turn)
        return 0;
    return coil__wait(&sequencer->waiters, &self.waiter);
}

void coil_sequencer_end(struct coil_sequencer *sequencer)
{
    struct coil_waiter *w = coil__waitq_first(&sequencer->waiters);

    sequencer->turn++;
    while (w && coil__container_of(w, struct waiting, waiter)->number !=
                    sequencer->turn)
        w = coil__waitq_next(w);
    if (w)
        coil__decide(w, 0);
}
