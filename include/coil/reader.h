/* SPDX-License-Identifier: MIT */
/*
 * coil/reader.h - call a function as long as a descriptor is ready
 *
 *     static struct coil_fd_handler on_line;
 *
 *     rc = coil_loop_add_reader(loop, &on_line, STDIN_FILENO, read_line, NULL);
 *
 * For code written as callbacks.  Straight-line code calls coil_wait_fd()
 * (coil/fd.h), and coil's own sockets are streams.
 *
 * The function is called again and again while the descriptor is ready, at most
 * once a turn of the loop, so it need not read all there is.  A reader and a
 * writer of one descriptor, or several readers, are independent of each other.
 * While a handler is added, the loop waits for its descriptor rather than
 * report -EDEADLK.
 *
 * asyncio  add_reader(), add_writer().
 */
#ifndef COIL_READER_H
#define COIL_READER_H

#include <coil/base.h>
#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One handler: caller's memory, zeroed, kept until it is removed or the loop is
 * closed.  The fields are private.
 */
struct coil_fd_handler {
    void *op[12];
    struct coil_handle handle;
    struct coil_loop_hook hook;
    struct coil_loop *loop; /* NULL: not added */
    coil_callback_fn fn;
    void *arg;
    int fd;
    unsigned events;
};

/*
 * Have fn(arg) called whenever `fd` is readable, or writable; its end and an
 * error count as both.  A descriptor that the kernel cannot wait for, such as a
 * file, is always ready.  It must not be closed before the handler is removed:
 * that is noticed as coil/fd.h says, reported to the loop's exception handler,
 * and the handler is removed.  If it is closed by fn itself, and fn opens another
 * of the same number, the handler goes on with that one.
 *
 * A handler that is added already is first removed: this replaces it.
 *
 * Returns 0, else, with the handler not added, as coil_wait_fd(): -EBADF,
 * -EINVAL, -ELOOP, -ENOMEM, -ENOSPC, or -ENOTSUP on the simulator.
 */
COIL_API int coil_loop_add_reader(struct coil_loop *loop,
                                  struct coil_fd_handler *handler, int fd,
                                  coil_callback_fn fn, void *arg)
    COIL_MUST_CHECK;
COIL_API int coil_loop_add_writer(struct coil_loop *loop,
                                  struct coil_fd_handler *handler, int fd,
                                  coil_callback_fn fn, void *arg)
    COIL_MUST_CHECK;

/*
 * fn is not called any more, even if the call was due.  Returns whether `loop`
 * had `handler` as such a reader or writer.
 */
COIL_API bool coil_loop_remove_reader(struct coil_loop *loop,
                                      struct coil_fd_handler *handler);
COIL_API bool coil_loop_remove_writer(struct coil_loop *loop,
                                      struct coil_fd_handler *handler);

#ifdef __cplusplus
}
#endif

#endif
