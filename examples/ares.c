/* SPDX-License-Identifier: MIT */
/*
 * ares.c - a library with many descriptors and limits of time of its own: c-ares
 *
 *     ares SERVER[:PORT] NAME...     the addresses of names, all asked at one time
 *
 * c-ares opens and closes descriptors as it likes, and says by a callback what it
 * waits for.  A handler of the loop watches each of them.  For names alone there is
 * coil/resolve.h; this shows how any library of this kind is used.
 */
#include <ares.h>
#include <netdb.h>
#include <stdio.h>

#include <coil.h>

enum { MOST = 16 };

static struct watched {
    ares_socket_t fd;
    bool is_used;
    struct coil_fd_handler reader, writer;
} watched[MOST];

static ares_channel channel;
static struct coil_event finished = COIL_EVENT_INIT;
static int under_way;

static void on_readable(void *arg)
{
    ares_process_fd(channel, ((struct watched *)arg)->fd, ARES_SOCKET_BAD);
}

static void on_writable(void *arg)
{
    ares_process_fd(channel, ARES_SOCKET_BAD, ((struct watched *)arg)->fd);
}

/* c-ares says what it waits for.  Neither: it is about to close the descriptor. */
static void watch(void *arg, ares_socket_t fd, int reads, int writes)
{
    struct coil_loop *loop = coil_loop_current();
    struct watched *w = watched;
    int rc = 0;

    (void)arg;
    while (w < watched + MOST - 1 && w->is_used && w->fd != fd)
        w++;
    w->fd = fd;
    w->is_used = reads || writes;
    coil_loop_remove_reader(loop, &w->reader);
    coil_loop_remove_writer(loop, &w->writer);
    if (reads)
        rc = coil_loop_add_reader(loop, &w->reader, fd, on_readable, w);
    if (writes && rc == 0)
        rc = coil_loop_add_writer(loop, &w->writer, fd, on_writable, w);
    if (rc < 0)
        ares_cancel(channel);
}

static void show(void *name, int status, int timeouts,
                 struct ares_addrinfo *found)
{
    char text[NI_MAXHOST] = "";

    (void)timeouts;
    if (found && found->nodes)
        getnameinfo(found->nodes->ai_addr, found->nodes->ai_addrlen, text,
                    sizeof text, NULL, 0, NI_NUMERICHOST);
    printf("%s: %s\n", (char *)name, text[0] ? text : ares_strerror(status));
    ares_freeaddrinfo(found);
    if (--under_way == 0)
        coil_event_set(&finished);
}

static int wait_for_all(void)
{
    int rc = 0;

    while (rc == 0 && under_way > 0) {
        struct timeval longest = { 60, 0 }, left;
        struct timeval *t = ares_timeout(channel, &longest, &left);
        struct coil_timeout limit;

        rc = coil_timeout_begin(&limit, t->tv_sec * COIL_SECOND +
                                            t->tv_usec * COIL_MICROSECOND);
        if (rc < 0)
            break;
        rc = coil_event_wait(&finished);
        rc = coil_timeout_end(&limit, rc);
        if (rc == -ETIMEDOUT) { /* a question is asked again, or given up */
            ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
            rc = 0;
        }
    }
    return rc;
}

static int start(void *arg)
{
    const struct ares_addrinfo_hints hints = { .ai_family = AF_INET };
    struct ares_options options = { .sock_state_cb = watch };
    char **argv = arg;
    int rc;

    if (ares_init_options(&channel, &options, ARES_OPT_SOCK_STATE_CB) != 0)
        return -ENOMEM;
    rc = ares_set_servers_ports_csv(channel, argv[1]) == 0 ? 0 : -EINVAL;
    for (char **name = argv + 2; rc == 0 && *name; name++) {
        under_way++;
        ares_getaddrinfo(channel, *name, NULL, &hints, show, *name);
    }
    if (rc == 0)
        rc = wait_for_all();
    ares_destroy(channel); /* what is under way ends, and show() is called */
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: ares SERVER[:PORT] NAME...\n");
        return 2;
    }
    ares_library_init(ARES_LIB_INIT_ALL);
    return coil_run_status(coil_run(start, argv));
}
