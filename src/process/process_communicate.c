/* SPDX-License-Identifier: MIT */
#include "process/process_close.h"
#include "process/process_output.h"
#include "process/talk.h"

/* Whether the talk came to its end, and `rc` says how the program ended. */
static bool is_complete(const struct coil_process *p, int rc)
{
    return !coil__process_runs(p) && rc == p->result;
}

int coil_process_communicate(struct coil_process *p, const void *input,
                             size_t size, struct coil_process_output *output)
{
    struct coil__talk talk;
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    rc = coil__talk_begin(&talk, p);
    if (rc < 0)
        return rc;
    p->refs++;
    rc = coil__talk_go_on(&talk, input, size);
    coil__talk_end(&talk);
    if (output && is_complete(p, rc))
        coil__process_take_output(p, output);
    coil__process_release(p);
    return rc;
}

/* ---- all in one ----------------------------------------------------------- */

/* The program is read while it ends, so that its pipes do not hold it up. */
static int talk_and_end(struct coil_process *p,
                        const struct coil_process_options *o)
{
    struct coil__talk talk;
    int rc;
    int end;

    (void)coil__talk_begin(&talk, p); /* nobody else can read */
    rc = coil__talk_go_on(&talk, o->input, o->input_size);
    if (!is_complete(p, rc)) {
        end = coil__process_stop(p);
        coil__talk_read_rest(&talk);
        rc = end == -EPERM ? end : rc;
    }
    coil__talk_end(&talk);
    return rc;
}

static void prepare(struct coil_process_options *o,
                    const struct coil_process_options *options,
                    const struct coil_process_output *output)
{
    if (options)
        *o = *options;
    if (o->input)
        o->in.kind = COIL_STDIO_PIPE;
    /* What nobody wants is not read. */
    if (!output && o->out.kind == COIL_STDIO_PIPE)
        o->out.kind = COIL_STDIO_NULL;
    if (!output && o->err.kind == COIL_STDIO_PIPE)
        o->err.kind = COIL_STDIO_NULL;
}

int coil_process_run(char *const argv[],
                     const struct coil_process_options *options,
                     struct coil_process_output *output)
{
    struct coil_process_options o = { .cwd = NULL };
    struct coil_process *p;
    int rc = coil__checkpoint();

    if (output)
        *output = (struct coil_process_output){ .returncode = -ECHILD };
    prepare(&o, options, output);
    if (rc == 0)
        rc = coil_process_exec(&p, argv, &o);
    if (rc < 0)
        return rc;
    rc = talk_and_end(p, &o);
    if (output)
        coil__process_take_output(p, output);
    coil_process_abort(p);
    return rc;
}

int coil_process_run_shell(const char *command,
                           const struct coil_process_options *options,
                           struct coil_process_output *output)
{
    char *const argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)command,
                           NULL };

    return coil_process_run(command ? argv : NULL, options, output);
}
