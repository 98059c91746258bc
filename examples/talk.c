/* SPDX-License-Identifier: MIT */
/*
 * talk.c - run programs side by side, and talk to each of them
 *
 *     talk COMMAND…        e.g. talk "sed s/a/A/" "tr b B"
 *
 * Starts all commands of the shell at once, sends each a line, and prints the
 * lines that come back with the command's number before them.  If one fails, the
 * others are ended.
 */
#include <stdio.h>

#include <coil.h>

struct talk {
    const char *command;
    int number;
};

static int print_lines(struct coil_process *p, int number)
{
    char line[1024];
    size_t length;
    int rc;

    for (;;) {
        rc = coil_stream_read_until(coil_process_stdout(p), "\n", 1, line,
                                    sizeof line, &length);
        if (rc < 0)
            return rc == -EPIPE ? 0 : rc; /* the end of the output */
        printf("%d: %.*s", number, (int)length, line);
    }
}

static int converse(struct coil_process *p, const struct talk *talk)
{
    char line[64];
    int length = snprintf(line, sizeof line, "abc number %d\n", talk->number);
    int rc = coil_stream_write(coil_process_stdin(p), line, (size_t)length);

    if (rc == 0)
        rc = coil_process_close_stdin(p);
    if (rc == 0)
        rc = print_lines(p, talk->number);
    return rc == 0 ? coil_process_wait(p) : rc;
}

static int run_one(void *arg)
{
    const struct talk *talk = arg;
    const struct coil_process_options options = {
        .in = { COIL_STDIO_PIPE },
        .out = { COIL_STDIO_PIPE },
    };
    struct coil_process *p;
    int rc = coil_process_shell(&p, talk->command, &options);
    int end;

    if (rc < 0)
        return rc;
    rc = converse(p, talk);
    end = coil_process_close(p); /* it is ended if it still runs */
    if (rc >= 0)
        rc = end;
    return rc > 0 ? -EIO : rc; /* an error, so the group ends the others */
}

static int start(void *arg)
{
    char **commands = arg;
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    for (int i = 0; rc == 0 && commands[i]; i++)
        rc = coil_task_group_create_copy(
            &group, NULL, run_one, &((struct talk){ commands[i], i + 1 }));
    return coil_task_group_end(&group, rc);
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(start, argv + 1));
}
