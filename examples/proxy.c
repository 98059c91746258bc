/* SPDX-License-Identifier: MIT */
/*
 * proxy.c - forward connections to another server
 *
 *     proxy PORT HOST HOST_PORT
 *
 * Each direction of a connection has a task.  The end of the input is passed on, and
 * the other direction goes on until it ends itself.  If one breaks, both end.  The
 * kernel moves the bytes: splice(2).
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

struct direction {
    struct coil_stream *from;
    struct coil_stream *to;
};

static char **args; /* PORT HOST HOST_PORT */

static int forward(void *arg)
{
    const struct direction *d = arg;
    int rc = coil_splice(d->to, d->from, -1, NULL);

    return rc < 0 ? rc : coil_stream_shutdown(d->to);
}

static int forward_both(struct coil_stream *client, struct coil_stream *server)
{
    struct direction there = { client, server };
    struct direction back = { server, client };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    rc = coil_task_group_create(&group, NULL, forward, &there);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, forward, &back);
    return coil_task_group_end(&group, rc);
}

static int serve(void *client)
{
    struct coil_stream *server;
    int rc = coil_tcp_connect(&server, args[1], (uint16_t)atoi(args[2]));

    if (rc == 0) {
        rc = forward_both(client, server);
        coil_stream_abort(server);
    }
    if (rc < 0 && rc != -ECANCELED)
        fprintf(stderr, "proxy: %s\n", coil_strerror(rc));
    return rc == -ECANCELED ? rc : 0; /* others go on */
}

static void hang_up(void *client)
{
    coil_stream_abort(client);
}

static int accept_all(struct coil_listener *listener)
{
    const struct coil_task_options options = { .arg_destroy = hang_up };
    struct coil_task_group group;
    struct coil_stream *client;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    while ((rc = coil_listener_accept(listener, &client)) == 0)
        if (coil_task_group_create_with(&group, NULL, serve, client, &options) <
            0)
            coil_stream_abort(client); /* no memory for one more */
    return coil_task_group_end(&group, rc);
}

static int start(void *arg)
{
    struct coil_listener *listener;
    int rc = coil_tcp_listen(&listener, "127.0.0.1", (uint16_t)atoi(args[0]));

    (void)arg;
    if (rc < 0)
        return rc;
    printf("forwarding port %s\n", args[0]);
    fflush(stdout);
    rc = accept_all(listener);
    coil_listener_close(listener);
    return rc;
}

int main(int argc, char **argv)
{
    args = argv + 1;
    return argc == 4 ? coil_run_status(coil_run(start, NULL)) : 2;
}
