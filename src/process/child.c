/* SPDX-License-Identifier: MIT */
#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/credentials.h"

enum { EXIT_NOT_STARTED = 127 };

/* ---- signals -------------------------------------------------------------- */

/*
 * A handler must not run here, where the memory may be the parent's.  exec()
 * would take the handlers away only after signals have been let in.
 */
static void reset_signal(int number, bool also_ignored)
{
    struct sigaction action;

    if (sigaction(number, NULL, &action) < 0)
        return;
    if (!(action.sa_flags & SA_SIGINFO) &&
        (action.sa_handler == SIG_DFL ||
         (action.sa_handler == SIG_IGN && !also_ignored)))
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    (void)sigaction(number, &action, NULL);
}

static void reset_signals(const struct coil_process_options *o)
{
    for (int number = 1; number < NSIG; number++) {
        bool is_of_pipes = number == SIGPIPE || number == SIGXFSZ;

        reset_signal(number,
                     o->reset_signals || (is_of_pipes && !o->keep_signals));
    }
}

/* ---- group, session, terminal --------------------------------------------- */

static int join_group(const struct coil__child *c)
{
    const struct coil_process_options *o = c->options;

    if (o->new_session || c->terminal >= 0)
        return setsid() < 0 ? errno : 0;
    if (o->new_group || o->group)
        return setpgid(0, o->group) < 0 ? errno : 0;
    return 0;
}

/* ---- descriptors ---------------------------------------------------------- */

/*
 * The numbers that are wanted may be in use: for what is moved, for the report,
 * or for what is still to be moved.  So all is moved above them first.
 */
static int move_away(struct coil__child *c)
{
    int above = c->fds[c->fd_count - 1].to + 1;

    if (c->report >= 0) {
        int report = fcntl(c->report, F_DUPFD_CLOEXEC, above);

        if (report < 0)
            return errno;
        c->report = report;
    }
    for (size_t i = 0; i < c->fd_count; i++) {
        struct coil__child_fd *fd = &c->fds[i];

        if (fd->from == fd->to)
            continue;
        fd->from = fcntl(fd->from, F_DUPFD_CLOEXEC, above);
        if (fd->from < 0)
            return errno;
    }
    return 0;
}

/*
 * Of the standard ones, what is closed on exec is not inherited: it is some
 * descriptor of the parent's, which runs without a standard input, say.
 */
static int put(const struct coil__child_fd *fd)
{
    if (fd->from != fd->to)
        return dup2(fd->from, fd->to) < 0 ? errno : 0;
    if (fd->is_inherited)
        return 0;
    return fcntl(fd->to, F_SETFD, 0) < 0 ? errno : 0;
}

static int arrange_fds(struct coil__child *c)
{
    int error = move_away(c);

    for (size_t i = 0; i < c->fd_count && error == 0; i++)
        error = put(&c->fds[i]);
    if (error == 0)
        coil__close_others(c->fds, c->fd_count);
    return error;
}

/* ---- the program ---------------------------------------------------------- */

static int set_limits(const struct coil_process_options *o)
{
    for (size_t i = 0; i < o->limit_count; i++)
        if (setrlimit(o->limits[i].resource, &o->limits[i].limit) < 0)
            return errno;
    return 0;
}

/* Whether the program may still be elsewhere in the PATH. */
static bool is_not_here(int error)
{
    return error == ENOENT || error == ENOTDIR || error == EACCES;
}

/* A file that is there, but must not be run, is what to tell of. */
static int execute(const struct coil__child *c)
{
    int told = ENOENT;

    for (char *const *file = c->files; *file; file++) {
        execve(*file, c->argv, c->env);
        if (!is_not_here(errno))
            return errno;
        if (told != EACCES)
            told = errno;
    }
    return told;
}

/* Returns only if it fails, and then the error. */
static int go_on(struct coil__child *c, int *step)
{
    const struct coil_process_options *o = c->options;
    int error;

    reset_signals(o);
    *step = COIL_PROCESS_STEP_GROUP;
    error = join_group(c);
    if (error)
        return error;
    *step = COIL_PROCESS_STEP_FDS;
    error = arrange_fds(c);
    if (error)
        return error;
    *step = COIL_PROCESS_STEP_GROUP;
    if (c->terminal >= 0 && ioctl(c->terminal, TIOCSCTTY, 0) < 0)
        return errno;
    *step = COIL_PROCESS_STEP_CWD;
    if (o->umask)
        (void)umask(*o->umask);
    if (o->cwd && chdir(o->cwd) < 0)
        return errno;
    *step = COIL_PROCESS_STEP_LIMITS;
    error = set_limits(o);
    if (error)
        return error;
    *step = COIL_PROCESS_STEP_USER;
    error = coil__become_user(o);
    if (error)
        return error;
    *step = COIL_PROCESS_STEP_EXEC;
    (void)sigprocmask(SIG_SETMASK, &c->mask, NULL);
    return execute(c);
}

int coil__child_main(void *arg)
{
    struct coil__child *c = arg;
    struct coil__child_failure failure;

    c->was_here = true;
    failure.error = go_on(c, &failure.step);
    c->failure = failure;
    if (c->report >= 0)
        (void)!write(c->report, &failure, sizeof failure);
    return EXIT_NOT_STARTED;
}
