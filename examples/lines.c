/* SPDX-License-Identifier: MIT */
/*
 * lines.c: number the lines of standard input, or of files, as cat -n does
 *
 * Whatever the two ends are, a terminal, a pipe or a file, the loop never waits
 * for them, and the terminal is as it was afterwards.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <coil.h>

static struct coil_stream *output;
static unsigned number;

/* A last line without an end is a line, too. */
static int write_line(const char *line, size_t length)
{
    char head[16];
    int n = snprintf(head, sizeof head, "%6u\t", ++number);
    int rc = coil_stream_write(output, head, (size_t)n);

    if (rc == 0)
        rc = coil_stream_write(output, line, length);
    return rc < 0 ? rc : coil_stream_drain(output);
}

static int number_lines(struct coil_stream *input)
{
    char line[4096];
    size_t length;
    ptrdiff_t n;
    int rc;

    do {
        rc = coil_stream_read_until(input, "\n", 1, line, sizeof line, &length);
        if (rc == 0)
            rc = write_line(line, length);
    } while (rc == 0);
    if (rc != -EPIPE)
        return rc;
    n = coil_stream_read(input, line, sizeof line);
    return n <= 0 ? (int)n : write_line(line, (size_t)n);
}

static int open_input(struct coil_stream **out, const char *path)
{
    if (strcmp(path, "-") == 0)
        return coil_stream_standard(out, STDIN_FILENO);
    return coil_stream_open_file(out, path, O_RDONLY, 0);
}

static int number_file(const char *path)
{
    struct coil_stream *input;
    int rc = open_input(&input, path);

    if (rc < 0)
        return rc;
    rc = number_lines(input);
    coil_stream_abort(input);
    return rc;
}

static int number_files(void *arg)
{
    static char *standard[] = { "-", NULL };
    char **paths = arg;
    int rc = coil_stream_standard(&output, STDOUT_FILENO);

    if (rc < 0)
        return rc;
    for (char **path = *paths ? paths : standard; rc == 0 && *path; path++)
        rc = number_file(*path);
    if (rc < 0) {
        coil_stream_abort(output);
        return rc;
    }
    return coil_stream_close(output);
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(number_files, argv + 1));
}
