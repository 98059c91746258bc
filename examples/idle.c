/* SPDX-License-Identifier: MIT */
/*
 * idle.c - run a command as long as it has something to say
 *
 *     idle SECONDS COMMAND       ends a COMMAND of the shell that is silent so long
 *
 * A limit of time need not be fixed: each line of the output moves the deadline.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

static coil_time patience;

static int show_lines(struct coil_stream *output, struct coil_timeout *limit)
{
    char line[4096];
    size_t length;
    int rc;

    do {
        rc =
            coil_stream_read_until(output, "\n", 1, line, sizeof line, &length);
        if (rc == 0) {
            fwrite(line, 1, length, stdout);
            rc = coil_timeout_reschedule(limit, coil_after(patience));
        }
    } while (rc == 0);
    return rc == -EPIPE ? 0 : rc; /* the end of the output */
}

static int run(void *command)
{
    const struct coil_process_options options = {
        .out = { COIL_STDIO_PIPE },
        .new_group = true, /* what the shell has started ends, too */
    };
    struct coil_process *process;
    struct coil_timeout limit;
    int rc = coil_process_shell(&process, command, &options);
    int end;

    if (rc < 0)
        return rc;
    rc = coil_timeout_begin(&limit, patience);
    if (rc == 0) {
        rc = show_lines(coil_process_stdout(process), &limit);
        rc = coil_timeout_end(&limit, rc);
    }
    end = coil_process_close(process); /* SIGTERM, if it still runs */
    return rc < 0 ? rc : end;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: idle SECONDS COMMAND\n");
        return 2;
    }
    patience = (coil_time)(atof(argv[1]) * COIL_SECOND);
    return coil_run_status(coil_run(run, argv[2]));
}
