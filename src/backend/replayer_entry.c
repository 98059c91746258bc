/* SPDX-License-Identifier: MIT */
#include "backend/replayer_entry.h"

#include "base/panic.h"

static const char *const names[] = {
    [0] = "nothing",
    [COIL_HISTORY_NOW] = "the clock",
    [COIL_HISTORY_TICKED] = "the clock's tick",
    [COIL_HISTORY_RANDOM] = "a random number",
    [COIL_HISTORY_BEGIN] = "an operation that begins",
    [COIL_HISTORY_OVER] = "an operation that is over",
    [COIL_HISTORY_LOST] = "a descriptor that is lost",
    [COIL_HISTORY_WAIT] = "a look outside",
    [COIL_HISTORY_CANCEL] = "an operation that is cancelled",
    [COIL_HISTORY_CLOSE_SOCKET] = "a socket that is closed",
    [COIL_HISTORY_GIVE_UP] = "a socket that is given up",
    [COIL_HISTORY_END] = "the end of a call",
    [COIL_HISTORY_SOCKET] = "a new socket",
    [COIL_HISTORY_RESULT] = "the result of a call",
    [COIL_HISTORY_BIND_UNIX] = "a Unix socket that is bound",
    [COIL_HISTORY_CREDENTIALS] = "credentials",
    [COIL_HISTORY_ADDRESS] = "an address",
    [COIL_HISTORY_READ_NOW] = "a read that does not wait",
    [COIL_HISTORY_ARRIVED] = "what comes from threads and signals",
    [COIL_HISTORY_BYTES] = "bytes of the program's own",
};

const char *coil__replayer_entry_name(uint64_t entry)
{
    return entry < sizeof names / sizeof *names && names[entry] ? names[entry]
                                                                : "damage";
}

void coil__replayer_entry_panic(const struct replayer *r, const char *here,
                                const char *there)
{
    coil__panic("COIL_REPLAY",
                "the program has left its history at byte %zu: here is %s, "
                "there was %s",
                r->history.at, here, there);
}

/* The next entry, of whatever kind. */
uint64_t coil__replayer_entry_next(struct replayer *r)
{
    if (coil__history_is_over(&r->history))
        coil__panic("COIL_REPLAY",
                    "the history ends here, as the recorded process did");
    return coil__history_get(&r->history);
}

void coil__replayer_entry_expect(struct replayer *r,
                                 enum coil_history_entry entry)
{
    uint64_t next = coil__replayer_entry_next(r);

    if (next != entry)
        coil__replayer_entry_panic(r, coil__replayer_entry_name(entry),
                                   coil__replayer_entry_name(next));
}

int coil__replayer_entry_result(struct replayer *r)
{
    coil__replayer_entry_expect(r, COIL_HISTORY_RESULT);
    return (int)coil__history_get_signed(&r->history);
}

/* ---- what ends within a call ---------------------------------------------- */

static void end_operation(struct replayer *r)
{
    size_t number = (size_t)coil__history_get(&r->history);
    struct coil_op *op = number < r->capacity ? r->pending[number] : NULL;

    if (!op)
        coil__replayer_entry_panic(
            r, "no such operation",
            coil__replayer_entry_name(COIL_HISTORY_OVER));
    r->pending[number] = NULL;
    r->backend.pending--;
    op->state = 0;
    coil__history_get_op(&r->history, op);
    op->over(op);
}

static void lose_descriptor(struct replayer *r)
{
    int fd = (int)coil__history_get_signed(&r->history);

    if (r->backend.lost)
        r->backend.lost(&r->backend, fd);
}

void coil__replayer_entry_go_on(struct replayer *r)
{
    uint64_t next;

    while ((next = coil__replayer_entry_next(r)) != COIL_HISTORY_END) {
        if (next == COIL_HISTORY_OVER)
            end_operation(r);
        else if (next == COIL_HISTORY_LOST)
            lose_descriptor(r);
        else
            coil__replayer_entry_panic(
                r, coil__replayer_entry_name(COIL_HISTORY_END),
                coil__replayer_entry_name(next));
    }
}
