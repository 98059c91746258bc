/* SPDX-License-Identifier: MIT */
/*
 * coil/process.h - start other programs, talk to them, and wait for their end
 *
 *     char *const argv[] = { "git", "describe", NULL };
 *     const struct coil_process_options options = {
 *         .out = { COIL_STDIO_PIPE },
 *     };
 *     struct coil_process_output got;
 *
 *     rc = coil_process_run(argv, &options, &got);
 *     if (rc == 0)
 *         printf("this is %s", got.out);
 *     coil_process_output_fini(&got);
 *
 * How a program has ended is one int: 0 to 255, its exit status; or
 * COIL_ESIGNAL(n), negative, if the signal n has ended it (asyncio: -n).
 * coil_strerror() has a text for that, and coil_run_status() makes of it what a
 * shell shows.
 *
 * Start    The program is started without a copy of this process's memory, so
 *          the size of that does not matter.  What goes wrong before the program
 *          runs is told by the call that starts it.
 * Inherits the environment, the directory, the limits and standard input, output
 *          and error, unless the options say otherwise.  No other descriptor is
 *          passed on, but those that the options name.  No signal is blocked.
 *          Signals that are ignored stay ignored, except SIGPIPE and SIGXFSZ.
 * The end  A child is reaped by the loop, also if nobody waits for it.  It has a
 *          descriptor of its own for that (pidfd), so nobody is disturbed who
 *          handles SIGCHLD or waits for children of his own.  If somebody else
 *          reaps it, or if SIGCHLD is ignored, the loop notices the end all the
 *          same; Linux 6.15 and later still tell how it ended, and with
 *          an older kernel the result is -ECHILD.  Where there are no pidfds
 *          (before Linux 5.3, or in a sandbox), the loop looks after each child
 *          every 1 to 20 ms, and nobody else may reap it.
 * Threads  A process belongs to the loop that ran when it was started, and is
 *          closed before that.
 * Where    On the kernel only: on the simulator these functions return -ENOTSUP.
 * asyncio  create_subprocess_exec(), Process; trio's run_process().
 */
#ifndef COIL_PROCESS_H
#define COIL_PROCESS_H

#include <sys/resource.h>
#include <sys/types.h>

#include <coil/base.h>
#include <coil/stream.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_process;

/* What standard input, output or error of the program is. */
enum coil_stdio_kind {
    COIL_STDIO_INHERIT, /* that of this process */
    COIL_STDIO_PIPE,    /* a pipe; its other end is a stream */
    COIL_STDIO_NULL,    /* /dev/null.  asyncio: DEVNULL */
    COIL_STDIO_PTY,     /* a terminal of its own: coil_process_terminal() */
    COIL_STDIO_FD,     /* the descriptor `fd`, borrowed: a file, a socket … */
    COIL_STDIO_STDOUT, /* of standard error: where standard output goes */
};

struct coil_stdio {
    enum coil_stdio_kind kind;
    int fd; /* with COIL_STDIO_FD */
};

/* The program has the descriptor `fd` of this process under the number `as`. */
struct coil_process_fd {
    int fd;
    int as; /* 3 or more */
};

/* As by setrlimit(). */
struct coil_process_limit {
    int resource; /* RLIMIT_CPU … */
    struct rlimit limit;
};

/* What was being done for the program when its start failed. */
enum coil_process_step {
    COIL_PROCESS_STEP_PREPARE, /* nothing: memory, descriptors, or processes
                                  were lacking, or an argument is wrong */
    COIL_PROCESS_STEP_GROUP,   /* its group, session or terminal */
    COIL_PROCESS_STEP_FDS,     /* its descriptors */
    COIL_PROCESS_STEP_CWD,     /* the directory */
    COIL_PROCESS_STEP_LIMITS,
    COIL_PROCESS_STEP_EXEC, /* the program: -ENOENT: it is not there */
    COIL_PROCESS_STEP_USER, /* its user and groups: -EPERM: only root may */
};

/* How to start a program.  All zero: as this process is.  Borrowed. */
struct coil_process_options {
    struct coil_stdio in, out, err;

    /* The file to run, if argv[0] is to be something else. */
    const char *executable;
    const char *cwd;

    /*
     * The environment: strings "NAME=value", then NULL.  `env` takes the place
     * of that of this process; `env_added` is added, or replaces what has the
     * same name, or, without a "=", removes it.
     */
    char *const *env;
    char *const *env_added;

    /* Descriptors to be passed on, besides 0, 1 and 2. */
    const struct coil_process_fd *fds;
    size_t fd_count;

    const struct coil_process_limit *limits;
    size_t limit_count;

    /*
     * A program with a group or a session of its own is ended with its whole
     * group by coil_process_close() and what else ends it.  With a terminal it
     * has both.
     */
    bool new_group;
    bool new_session;
    pid_t group; /* join this one; 0: that of this process */

    /*
     * Run as another user, with other groups; NULL: as this process.  `uid` and
     * `gid` are set as by setresuid() and setresgid(), all three of each;
     * `groups` are the supplementary groups, as by setgroups(), and may be an
     * empty list.  Only root may change them.  Whoever sets `uid` should set the
     * other two as well: what is not set is this process's.  It happens last, so
     * `cwd` and `limits` are still root's.  The start then takes longer the more
     * memory this process has: the kernel copies its page tables.
     * Python: user, group, extra_groups, by number.
     */
    const uid_t *uid;
    const gid_t *gid;
    const gid_t *groups;
    size_t group_count;

    /* The program's file mode creation mask; NULL: as here.  Python: umask. */
    const mode_t *umask;

    bool keep_signals;  /* also SIGPIPE, SIGXFSZ, and what is blocked */
    bool reset_signals; /* no signal is ignored either */

    /* Of a terminal; 0: the kernel's choice. */
    unsigned short rows;
    unsigned short columns;

    /*
     * How long the program has from SIGTERM to SIGKILL when it is to end before
     * its time.  0: 5 seconds, as with trio; less than 0: no time.
     */
    coil_time grace;

    /* coil_process_run(): what the program reads.  NULL: see `in`. */
    const void *input;
    size_t input_size;

    /*
     * At most so many bytes of each of standard output and error are kept by
     * coil_process_run() and coil_process_communicate(); more is -EMSGSIZE.  0:
     * as many as there is memory for.
     */
    size_t output_limit;

    /* Where to say what failed; NULL: nowhere. */
    enum coil_process_step *failed;
};

/*
 * What a program has written: memory that is returned, and released by
 * coil_process_output_fini().  Behind the last byte there is a NUL that does
 * not count.  NULL: nothing was read there.
 */
struct coil_process_output {
    char *out;
    size_t out_size;
    char *err;
    size_t err_size;
    int returncode; /* or -ECHILD: unknown; or -EAGAIN: it runs */
};

/* ---- the start ---------------------------------------------------------- */

/*
 * Start argv[0] with the arguments argv, which ends with NULL.  A name without
 * a slash is searched in the PATH of the program's environment.  `options` may
 * be NULL.  `*out` is returned: release it with coil_process_close(),
 * coil_process_abort() or coil_process_detach().  It does not wait, except for
 * the kernel to load the program.
 *
 * Returns 0, else, with nothing started and nothing left open,
 *   -ENOENT, -EACCES, -ENOTDIR, -ENOEXEC, -E2BIG …  as of execve(), chdir(),
 *            setrlimit() and the like: options->failed says of which
 *   -EPERM   only root may change the user and the groups, or raise a limit
 *   -EBADF   a descriptor to be passed on is not open
 *   -EINVAL  no program, an option that is none, two descriptors with one
 *            number, or a number that is too high
 *   -EMFILE, -ENFILE, -EAGAIN, -ENOMEM
 *   -ENOTSUP on the simulator, or no loop runs here
 * asyncio: create_subprocess_exec().
 */
COIL_API int coil_process_exec(struct coil_process **out, char *const argv[],
                               const struct coil_process_options *options)
    COIL_MUST_CHECK;

/* The same with /bin/sh -c command.  asyncio: create_subprocess_shell(). */
COIL_API int coil_process_shell(struct coil_process **out, const char *command,
                                const struct coil_process_options *options)
    COIL_MUST_CHECK;

/* ---- while it runs -------------------------------------------------------- */

COIL_API pid_t coil_process_pid(const struct coil_process *process);

/*
 * The streams at the other end of a COIL_STDIO_PIPE; NULL where there is none.
 * They belong to the process, and end with it.  Only to be told the end of its
 * input, a program needs coil_process_close_stdin().
 */
COIL_API struct coil_stream *
coil_process_stdin(const struct coil_process *process);
COIL_API struct coil_stream *
coil_process_stdout(const struct coil_process *process);
COIL_API struct coil_stream *
coil_process_stderr(const struct coil_process *process);

/*
 * The other side of the terminal of a COIL_STDIO_PTY, for reading and writing;
 * NULL: there is none.  Its input ends when no program has the terminal open.
 */
COIL_API struct coil_stream *
coil_process_terminal(const struct coil_process *process);

/* Change the size of the terminal.  0; -ENOTTY: there is none. */
COIL_API int coil_process_resize(struct coil_process *process,
                                 unsigned short rows, unsigned short columns);

/*
 * Send what was written to standard input, and end it.  Returns 0, also if there
 * is no such stream or the program reads no more; -ECANCELED: if what was written
 * was not sent yet, the stream is as it was.
 */
COIL_API int coil_process_close_stdin(struct coil_process *process)
    COIL_SUSPENDS;

/*
 * Wait for the end of the program.  Any number of tasks may.  Returns how it has
 * ended (see above), else
 *   -ECANCELED  the program goes on
 *   -ECHILD     it has ended, and nobody can say how
 *   -EBADF      another task has closed, aborted or detached the process; it must
 *               not be used any more
 * A program whose pipe is full waits for a reader, so read first, or use
 * coil_process_communicate().  asyncio: wait().
 */
COIL_API int coil_process_wait(struct coil_process *process) COIL_SUSPENDS;

/* What coil_process_wait() would return; -EAGAIN: the program runs. */
COIL_API int coil_process_returncode(const struct coil_process *process);

/*
 * Send a signal to the program: never to another that has got its number.
 * Returns 0; -ESRCH: it has ended; -EPERM: it runs as another user; -EINVAL.
 * asyncio: send_signal(), terminate() (SIGTERM), kill() (SIGKILL).
 */
COIL_API int coil_process_send_signal(struct coil_process *process, int number);
COIL_API int coil_process_terminate(struct coil_process *process);
COIL_API int coil_process_kill(struct coil_process *process);

/*
 * The same for all of its group, if the group is its own; else -EINVAL.  Returns
 * -ESRCH when the program itself has ended, whoever else is left.
 */
COIL_API int coil_process_send_signal_group(struct coil_process *process,
                                            int number);

/*
 * Send `size` bytes of `input` and the end of input, read all that comes from
 * standard output and error as far as they are pipes, and wait for the end of
 * the program.  That it does not read its input is no error.  `output`, which
 * may be NULL, is filled on success.
 *
 * Returns as coil_process_wait(), and
 *   -EBUSY     another task reads
 *   -EMSGSIZE  the program wrote more than options->output_limit
 *   -ENOMEM, or an error of reading
 * After an error the program goes on, what was read is kept, and a further call
 * with the same input goes on where this one ended.  asyncio: communicate().
 */
COIL_API int coil_process_communicate(struct coil_process *process,
                                      const void *input, size_t size,
                                      struct coil_process_output *output)
    COIL_SUSPENDS;

/* ---- the end -------------------------------------------------------------- */

/*
 * Close the streams; if the program runs, let it end: SIGTERM, options->grace,
 * SIGKILL; wait until it is reaped, and free the process.  NULL is allowed.  What
 * is still to be sent to the program is lost: see coil_process_close_stdin().
 * The process is gone, whatever this returns: as coil_process_wait(), and
 *   -ECANCELED  SIGKILL was sent at once
 *   -EPERM      the program runs as another user, and goes on
 * The loop reaps a program that has not ended yet.  asyncio: the end of an
 * `async with`; transport.close() kills at once.
 */
COIL_API int coil_process_close(struct coil_process *process) COIL_SUSPENDS;

/*
 * Close the streams, send SIGKILL if the program runs, and free the process.  It
 * does not wait: the loop reaps the program.  NULL is allowed.
 */
COIL_API void coil_process_abort(struct coil_process *process);

/*
 * Close the streams and free the process; the program goes on.  As long as the
 * loop is there, it reaps the program.  NULL is allowed.
 */
COIL_API void coil_process_detach(struct coil_process *process);

/* ---- all in one ----------------------------------------------------------- */

/*
 * Run a program from its start to its end.  What it writes to a COIL_STDIO_PIPE
 * is returned in `*output`, which is always filled: release it with
 * coil_process_output_fini().  With a NULL `output`, /dev/null takes the place of
 * such a pipe.
 *
 * Returns as coil_process_exec(), coil_process_communicate() and
 * coil_process_wait(), so 0 means that all went well.  After -ECANCELED, and
 * every other error after the start, the program has ended: it got SIGTERM,
 * options->grace, and SIGKILL if it needed that; with a group of its own, all of
 * the group did.  What it wrote till then is in `*output`, and so is how it
 * ended.  A second cancellation makes the grace shorter.  With coil_timeout_begin()
 * this is how a program gets a limit.
 * -EPERM: the program could not be ended, as it runs as another user.
 *
 * trio: run_process() with its capture_stdout, capture_stderr and deliver_cancel;
 * check is what this returns.
 */
COIL_API int coil_process_run(char *const argv[],
                              const struct coil_process_options *options,
                              struct coil_process_output *output) COIL_SUSPENDS;

/* The same with /bin/sh -c command. */
COIL_API int coil_process_run_shell(const char *command,
                                    const struct coil_process_options *options,
                                    struct coil_process_output *output)
    COIL_SUSPENDS;

/* Release the memory of `output`. */
COIL_API void coil_process_output_fini(struct coil_process_output *output);

#ifdef __cplusplus
}
#endif

#endif
