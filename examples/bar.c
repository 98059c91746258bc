/* SPDX-License-Identifier: MIT */
/*
 * bar.c - a progress bar beside the work
 *
 *     bar ITEMS
 *
 * The work only counts, and a task of its own draws, ten times a second.  Tasks share
 * a thread, so the counter needs no lock and is never read half written.  Where
 * standard error is no terminal, a line is printed at the end, and no bar.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil.h>

static int items, done;

static void draw(void)
{
    int part = items ? 40 * done / items : 40;

    fprintf(stderr, "\r[%-40.*s] %d of %d", part,
            "########################################", done, items);
}

static int draw_again_and_again(void *arg)
{
    int rc;

    (void)arg;
    do {
        draw();
        rc = coil_sleep(100 * COIL_MILLISECOND);
    } while (rc == 0);
    draw();
    fputc('\n', stderr);
    return rc;
}

static int work(void)
{
    int rc = 0;

    for (; rc == 0 && done < items; done += rc == 0)
        rc = coil_sleep(20 * COIL_MILLISECOND);
    return rc;
}

static int start(void *arg)
{
    struct coil_task *bar = NULL;
    int rc = 0;
    int end = 0;

    (void)arg;
    if (isatty(STDERR_FILENO))
        rc = coil_task_create(&bar, draw_again_and_again, NULL);
    if (rc == 0)
        rc = work();
    if (bar) {
        coil_task_cancel(bar);
        end = coil_task_await(bar); /* it draws once more */
        coil_task_release(bar);
    }
    printf("%d items are done\n", done);
    return rc < 0 || end == -ECANCELED ? rc : end;
}

int main(int argc, char **argv)
{
    items = argc > 1 ? atoi(argv[1]) : 100;
    return coil_run_status(coil_run(start, NULL));
}
