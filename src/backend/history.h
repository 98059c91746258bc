/* SPDX-License-Identifier: MIT */
/*
 * backend/history.h - the file of what the outside world has told a loop
 *
 * The file begins with a struct coil_history_head.  Numbers follow, and bytes, in the
 * order in which a recorder has put them (history_recorder.h); a replayer takes them in the same
 * order (replayer.h).  A number has 7 bits in each byte, the lowest first; the highest
 * bit of a byte says that another one follows (LEB128, DWARF 5, section 7.6).
 *
 * The file is mapped and shared, so all that was put is in it when the process is
 * killed.  The head counts whole entries only.
 */
#ifndef COIL_BACKEND_HISTORY_H
#define COIL_BACKEND_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COIL_HISTORY_MAGIC "coilhist"
#define COIL_HISTORY_VERSION 1

struct coil_history_head {
    char magic[8]; /* without the final 0 */
    uint32_t version;
    uint32_t kind; /* enum coil_backend: whose calls these were */
    uint64_t used; /* bytes of whole entries, this head included */
};

/* One that is written, or one that is read. */
struct coil_history {
    unsigned char *bytes; /* NULL: none, or given up */
    size_t capacity;
    size_t at;
    int fd;
};

/*
 * Make the file `path`, which must not be there.  0; -EEXIST, -ENOENT, -EACCES and
 * other errors of open(); -ENOSPC, -EFBIG, -ENOMEM.
 */
int coil__history_create(struct coil_history *history, const char *path,
                         unsigned kind);

/* Read it.  Errors of open(); -EBADMSG: it is no such file; -ENOTSUP: its version. */
int coil__history_open(struct coil_history *history, const char *path);

/* Cut off what a file that was written has more than it needs, and let it go. */
void coil__history_close(struct coil_history *history);

/* In a child of fork(): leave the file to the parent. */
void coil__history_leave(struct coil_history *history);

static inline bool coil__history_is_there(const struct coil_history *history)
{
    return history->bytes;
}

static inline struct coil_history_head *
coil__history_head(const struct coil_history *history)
{
    return (struct coil_history_head *)(void *)history->bytes;
}

/*
 * Write.  If the file cannot grow, it is given up with a complaint: what it has until
 * then stays.  `commit` ends an entry.
 */
void coil__history_put(struct coil_history *history, uint64_t value);
void coil__history_put_signed(struct coil_history *history, int64_t value);
void coil__history_put_bytes(struct coil_history *history, const void *data,
                             size_t size);
void coil__history_commit(struct coil_history *history);

/* Read.  Where the file ends, 0 comes, and zeroed bytes. */
uint64_t coil__history_get(struct coil_history *history);
int64_t coil__history_get_signed(struct coil_history *history);
void coil__history_get_bytes(struct coil_history *history, void *data,
                             size_t size);
bool coil__history_is_over(const struct coil_history *history);

#endif
