/* SPDX-License-Identifier: MIT */
/*
 * pipeline.c - run a command with a limit of time, and show what it wrote
 *
 *     pipeline SECONDS COMMAND
 *
 * The command is one of the shell, so it may be a pipeline: "sort | uniq -c".  Its
 * input is the output of this program's own "ls".  When the time is up, all of
 * its programs get SIGTERM, and SIGKILL a second later; what they wrote until
 * then is shown all the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

/* ls | command: the output of one program is the input of another. */
static int run_both(const char *command, struct coil_process_output *got)
{
    char *const ls[] = { "ls", NULL };
    const struct coil_process_options captured = { .out = { COIL_STDIO_PIPE } };
    struct coil_process_options options = captured;
    struct coil_process_output names;
    int rc = coil_process_run(ls, &captured, &names);

    if (rc == 0) {
        options.input = names.out;
        options.input_size = names.out_size;
        options.new_group = true;
        options.grace = COIL_SECOND;
        rc = coil_process_run_shell(command, &options, got);
    }
    coil_process_output_fini(&names);
    return rc;
}

static int start(void *arg)
{
    char **argv = arg;
    struct coil_process_output got = { .out = NULL };
    struct coil_timeout limit;
    int rc =
        coil_timeout_begin(&limit, (coil_time)(atof(argv[1]) * COIL_SECOND));

    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&limit, run_both(argv[2], &got));
    if (got.out)
        fwrite(got.out, 1, got.out_size, stdout);
    if (rc != 0)
        fprintf(stderr, "pipeline: %s\n",
                rc < 0 ? coil_strerror(rc) : "the command failed");
    coil_process_output_fini(&got);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: pipeline SECONDS COMMAND\n");
        return 2;
    }
    return coil_run_status(coil_run(start, argv));
}
