/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <coil/stream_fd.h>

#include "base/fork.h"
#include "base/memory.h"
#include "process/ends.h"
#include "process/environment.h"
#include "process/process_watch.h"
#include "process/spawn.h"

#define DEFAULT_GRACE (5 * COIL_SECOND)

enum { STANDARD = 3 };

/* ---- descriptors ---------------------------------------------------------- */

/* Insert a passed descriptor by its number.  -EINVAL: that is taken. */
static int insert_fd(struct coil__child *child,
                     const struct coil_process_fd *passed)
{
    size_t at = child->fd_count;

    if (passed->as < STANDARD || passed->as == INT_MAX)
        return -EINVAL;
    while (child->fds[at - 1].to > passed->as)
        at--;
    if (child->fds[at - 1].to == passed->as)
        return -EINVAL;
    memmove(&child->fds[at + 1], &child->fds[at],
            (child->fd_count - at) * sizeof *child->fds);
    child->fds[at] =
        (struct coil__child_fd){ .from = passed->fd, .to = passed->as };
    child->fd_count++;
    return 0;
}

/* child->fds has room for all. */
static int list_fds(struct coil__child *child, const struct coil__ends *ends)
{
    const struct coil_process_options *o = child->options;
    const struct coil_stdio *io[STANDARD] = { &o->in, &o->out, &o->err };
    int rc = 0;

    child->terminal = -1;
    for (int n = 0; n < STANDARD; n++) {
        child->fds[n] = (struct coil__child_fd){
            .from = ends->theirs[n],
            .to = n,
            .is_inherited = io[n]->kind == COIL_STDIO_INHERIT,
        };
        if (io[n]->kind == COIL_STDIO_PTY)
            child->terminal = n;
    }
    child->fd_count = STANDARD;
    for (size_t i = 0; i < o->fd_count && rc == 0; i++)
        rc = insert_fd(child, &o->fds[i]);
    return rc;
}

/* ---- the start ------------------------------------------------------------ */

/* Start the program.  0, with p->pid and p->pidfd; or an error. */
static int start_child(struct coil_process *p, struct coil__child *child,
                       const struct coil__ends *ends)
{
    const struct coil_process_options *o = child->options;
    char **env = coil__environment_new(o);
    char **files = NULL;
    int rc = -ENOMEM;

    if (env)
        files = coil__program_files(
            o->executable ? o->executable : child->argv[0], env);
    child->fds =
        files ? coil__alloc((STANDARD + o->fd_count) * sizeof *child->fds)
              : NULL;
    if (child->fds) {
        child->env = env;
        child->files = files;
        rc = list_fds(child, ends);
    }
    if (rc == 0)
        rc = coil__spawn(child, &p->pid, &p->pidfd);
    coil__free(child->fds);
    coil__free(files);
    coil__free(env);
    return rc;
}

/* A stream over `*fd`, which then belongs to it; -1: there is none. */
static int make_stream(struct coil_stream **out, int *fd)
{
    int rc;

    if (*fd < 0)
        return 0;
    rc = coil_stream_from_fd(out, *fd);
    if (rc == 0)
        *fd = -1;
    return rc;
}

static int make_streams(struct coil_process *p, struct coil__ends *ends)
{
    int rc;

    p->terminal_fd = ends->terminal;
    rc = make_stream(&p->in, &ends->ours[STDIN_FILENO]);
    if (rc == 0)
        rc = make_stream(&p->out, &ends->ours[STDOUT_FILENO]);
    if (rc == 0)
        rc = make_stream(&p->err, &ends->ours[STDERR_FILENO]);
    if (rc == 0)
        rc = make_stream(&p->terminal, &ends->terminal);
    return rc;
}

static struct coil_process *new_process(struct coil_loop *loop,
                                        const struct coil_process_options *o)
{
    struct coil_process *p = coil__alloc(sizeof *p);

    if (!p)
        return NULL;
    p->loop = loop;
    p->refs = 1;
    p->is_owned = true;
    p->forks = coil__fork_count();
    p->pidfd = -1;
    p->terminal_fd = -1;
    p->result = -ECHILD; /* there is no child yet */
    p->grace = o->grace ? o->grace : DEFAULT_GRACE;
    p->output_limit = o->output_limit;
    p->leads_group =
        o->new_group || o->new_session || o->in.kind == COIL_STDIO_PTY ||
        o->out.kind == COIL_STDIO_PTY || o->err.kind == COIL_STDIO_PTY;
    return p;
}

static int start(struct coil_process **out, struct coil_loop *loop,
                 struct coil__child *child)
{
    struct coil_process *p = new_process(loop, child->options);
    struct coil__ends ends;
    int rc;

    if (!p)
        return -ENOMEM;
    rc = coil__ends_open(&ends, child->options);
    if (rc < 0)
        goto abort_process;
    /* All that needs memory comes before the start. */
    rc = make_streams(p, &ends);
    if (rc == 0)
        rc = start_child(p, child, &ends);
    coil__ends_close_theirs(&ends);
    coil__ends_close_ours(&ends);
    if (rc < 0)
        goto abort_process;
    p->result = -EAGAIN;
    coil__process_watch(p);
    *out = p;
    return 0;

abort_process:
    coil_process_abort(p);
    return rc;
}

int coil_process_exec(struct coil_process **out, char *const argv[],
                      const struct coil_process_options *options)
{
    static const struct coil_process_options none;
    struct coil_loop *loop = coil_loop_current();
    struct coil__child child = {
        .argv = argv,
        .options = options ? options : &none,
    };
    int rc = -EINVAL;

    if (!loop || coil__backend_is_simulated(loop->backend))
        rc = -ENOTSUP;
    else if (argv && argv[0])
        rc = start(out, loop, &child);
    if (rc < 0 && child.options->failed)
        *child.options->failed = (enum coil_process_step)child.failure.step;
    return rc;
}

int coil_process_shell(struct coil_process **out, const char *command,
                       const struct coil_process_options *options)
{
    char *const argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)command,
                           NULL };

    return coil_process_exec(out, command ? argv : NULL, options);
}
