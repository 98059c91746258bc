/* SPDX-License-Identifier: MIT */
/*
 * graceful.c - a server that finishes what it has begun
 *
 *     graceful PORT          echoes each line, half a second later
 *
 * After SIGTERM or Ctrl-C it accepts nobody any more.  Connections that wait for a
 * line end at once, the others after the line that is under way.  Five seconds later
 * everything is cut off.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

#define GRACE (5 * COIL_SECOND)

/* It lives on the stack of its task. */
struct member {
    struct member *next;
    struct coil_task *task;
    bool is_busy;
};

static struct coil_task_group group;
static struct member *members;
static bool is_stopping;

static int echo_line(struct coil_stream *stream, bool *is_busy)
{
    char line[1000];
    size_t length;
    int rc =
        coil_stream_read_until(stream, "\n", 1, line, sizeof line, &length);

    if (rc < 0)
        return rc;
    *is_busy = true;
    rc = coil_sleep(COIL_SECOND / 2); /* the work */
    *is_busy = false;
    return rc < 0 ? rc : coil_stream_write(stream, line, length);
}

static int serve(void *stream)
{
    struct member me = { members, coil_current_task(), false };
    struct member **link = &members;
    int rc = 0;

    members = &me;
    while (rc == 0 && !is_stopping)
        rc = echo_line(stream, &me.is_busy);
    while (*link != &me)
        link = &(*link)->next;
    *link = me.next;
    return 0; /* one who goes ends nobody else */
}

/* Called when the task has ended, even if it never ran: what was written is sent. */
static void hang_up(void *stream)
{
    coil_stream_abort(stream);
}

static int accept_all(void *listener)
{
    const struct coil_task_options options = { .arg_destroy = hang_up };
    struct coil_stream *stream;
    int rc;

    while ((rc = coil_listener_accept(listener, &stream)) == 0)
        if (coil_task_group_create_with(&group, NULL, serve, stream, &options) <
            0)
            coil_stream_abort(stream); /* no memory for one more */
    return rc == -EBADF ? 0 : rc;      /* the listener was closed */
}

static int end_members(void)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, GRACE);

    if (rc < 0)
        return rc;
    is_stopping = true;
    for (struct member *m = members; m; m = m->next)
        if (!m->is_busy)
            coil_task_cancel(m->task);
    rc = coil_task_group_end(&group, 0);
    return coil_timeout_end(&limit, rc);
}

static int start(void *port)
{
    const int signals[] = { SIGINT, SIGTERM };
    struct coil_listener *listener;
    int rc = coil_tcp_listen(&listener, "127.0.0.1", (uint16_t)atoi(port));

    if (rc < 0)
        return rc;
    rc = coil_task_group_begin(&group);
    if (rc == 0) {
        rc = coil_task_group_create(&group, NULL, accept_all, listener);
        printf("listening on port %s\n", (char *)port);
        if (rc == 0)
            rc = coil_wait_signals(signals, 2);
        printf("stopping\n");
        coil_listener_close(listener);
        rc = rc < 0 ? coil_task_group_end(&group, rc) : end_members();
    }
    printf("stopped\n");
    return rc;
}

int main(int argc, char **argv)
{
    return argc == 2 ? coil_run_status(coil_run(start, argv[1])) : 2;
}
