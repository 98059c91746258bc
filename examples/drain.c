/* SPDX-License-Identifier: MIT */
/*
 * drain.c - a pipeline of three stages, which a signal empties rather than breaks
 *
 *     drain [COUNT]
 *
 * One task makes numbers, four square them, one writes the squares.  Short queues
 * join the stages, so that none runs far ahead of the next: if standard output is
 * slow, all wait for it.
 *
 * After Ctrl-C or SIGTERM no number is made any more, and all that were made are
 * squared and written before the program ends.  The next signal ends it at once.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <coil.h>

enum { WORKERS = 4, ROOM = 8 };

static struct coil_queue numbers;
static struct coil_queue squares;
static uint64_t wanted = UINT64_MAX;
static uint64_t made;
static uint64_t written;
static int working = WORKERS;
static int stopped_by; /* a signal */

/*
 * Who puts numbers in gets -EPIPE from now on, and who takes them gets the rest.
 * If no signal comes, coil_run() ends this task when start() returns.
 */
static int stop_at_a_signal(void *arg)
{
    const int signals[] = { SIGINT, SIGTERM };
    int rc = coil_wait_signals(signals, 2);

    (void)arg;
    if (rc < 0)
        return rc;
    stopped_by = rc;
    fprintf(stderr, "drain: finishing; the next signal ends it at once\n");
    coil_queue_shutdown(&numbers, false);
    return 0;
}

static int make(void *arg)
{
    int rc = 0;

    (void)arg;
    for (uint64_t n = 1; rc == 0 && n <= wanted; n++) {
        rc = coil_queue_put(&numbers, &n);
        made += rc == 0;
    }
    coil_queue_shutdown(&numbers, false);
    return rc == -EPIPE ? 0 : rc;
}

static int square_one(void)
{
    uint64_t n;
    int rc = coil_queue_get(&numbers, &n);

    if (rc == 0)
        rc = coil_sleep(10 * COIL_MILLISECOND); /* work that takes its time */
    n *= n;
    return rc < 0 ? rc : coil_queue_put(&squares, &n);
}

static int square(void *arg)
{
    int rc;

    (void)arg;
    do
        rc = square_one();
    while (rc == 0);
    if (rc == -EPIPE && --working == 0) /* the last of them */
        coil_queue_shutdown(&squares, false);
    return rc == -EPIPE ? 0 : rc;
}

static int write_one(struct coil_stream *out, uint64_t n)
{
    char line[32];
    int size = snprintf(line, sizeof line, "%" PRIu64 "\n", n);
    int rc = coil_stream_write(out, line, (size_t)size);

    if (rc == 0)
        rc = coil_stream_flush(out);
    written += rc == 0;
    return rc;
}

static int write_all(void *arg)
{
    uint64_t n;
    int rc;

    for (;;) {
        rc = coil_queue_get(&squares, &n);
        if (rc < 0)
            return rc == -EPIPE ? 0 : rc;
        rc = write_one(arg, n);
        if (rc < 0)
            return rc;
    }
}

static int run_stages(struct coil_stream *out)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    coil_queue_init(&numbers, sizeof(uint64_t), ROOM);
    coil_queue_init(&squares, sizeof(uint64_t), ROOM);
    rc = coil_task_group_create(&group, NULL, make, NULL);
    for (int i = 0; rc == 0 && i < WORKERS; i++)
        rc = coil_task_group_create(&group, NULL, square, NULL);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, write_all, out);
    rc = coil_task_group_end(&group, rc);
    coil_queue_fini(&numbers);
    coil_queue_fini(&squares);
    return rc;
}

static int start(void *arg)
{
    struct coil_stream *out;
    int rc = coil_stream_standard(&out, STDOUT_FILENO);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_create(NULL, stop_at_a_signal, NULL);
    if (rc == 0)
        rc = run_stages(out);
    coil_stream_abort(out); /* what was written is flushed */
    fprintf(stderr, "made %" PRIu64 ", written %" PRIu64 "\n", made, written);
    return rc == 0 && stopped_by ? COIL_ESIGNAL(stopped_by) : rc;
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && sscanf(argv[1], "%" SCNu64, &wanted) != 1)) {
        fprintf(stderr, "usage: drain [COUNT]\n");
        return 2;
    }
    return coil_run_status(coil_run(start, NULL));
}
