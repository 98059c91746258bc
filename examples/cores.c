/* SPDX-License-Identifier: MIT */
/*
 * cores.c - an echo server on all processors, with a limit for all together
 *
 *     cores [PORT [LOOPS]]       port 7777, a loop for each processor
 *
 * The loops listen on the same port, and each connection goes to the loop that has
 * the fewest.  A semaphore of all loops lets in 1000 connections at a time.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

static struct coil_shared_semaphore places = COIL_SHARED_SEMAPHORE_INIT(1000);
static struct coil_listener_group all;
static uint16_t port;

/* ---- a connection --------------------------------------------------------- */

static int echo(void *arg)
{
    struct coil_stream *stream = arg;
    char buffer[4096];
    ptrdiff_t n;
    int rc = 0;

    while (rc == 0) {
        n = coil_stream_read(stream, buffer, sizeof buffer);
        if (n <= 0)
            return (int)n;
        rc = coil_stream_write(stream, buffer, (size_t)n);
        if (rc == 0)
            rc = coil_stream_drain(stream);
    }
    return rc;
}

/* Whatever ended it: its place is free for a connection of any loop. */
static void leave(void *stream)
{
    coil_stream_abort(stream);
    coil_shared_semaphore_release(&places);
}

/* A broken connection is no error of the server. */
static int serve_one(void *arg)
{
    int rc = echo(arg);

    return rc == -ECANCELED ? rc : 0;
}

/* ---- a loop ----------------------------------------------------------------- */

static int accept_one(struct coil_listener *listener,
                      struct coil_task_group *group)
{
    const struct coil_task_options options = { .arg_destroy = leave };
    struct coil_stream *stream;
    int rc = coil_shared_semaphore_acquire(&places);

    if (rc < 0)
        return rc;
    rc = coil_listener_accept(listener, &stream);
    if (rc < 0)
        coil_shared_semaphore_release(&places);
    else if (coil_task_group_create_with(group, NULL, serve_one, stream,
                                         &options) < 0)
        leave(stream); /* no memory for one more */
    return rc;
}

static int accept_all(struct coil_listener *listener)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    while (rc == 0)
        rc = accept_one(listener, &group);
    return coil_task_group_end(&group, rc);
}

/* If the port was 0, all get the one that the first has got. */
static int listen_on_port(struct coil_listener **out)
{
    const struct coil_tcp_listen_options options = { .group = &all };
    struct coil_address address;
    int rc = coil_tcp_listen_with(out, "127.0.0.1", port, &options);

    if (rc < 0 || coil_loops_index() > 0)
        return rc;
    coil_listener_address(*out, &address);
    printf("listening on port %u, %u loops\n",
           (unsigned)coil_address_port(&address), coil_loops_count());
    fflush(stdout);
    return 0;
}

static int serve(void *arg)
{
    struct coil_listener *listener;
    int rc = listen_on_port(&listener);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = accept_all(listener);
    coil_listener_close(listener);
    return rc;
}

int main(int argc, char **argv)
{
    unsigned loops = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

    port = (uint16_t)(argc > 1 ? atoi(argv[1]) : 7777);
    return coil_run_status(coil_loops_run(loops, serve, NULL));
}
