/* SPDX-License-Identifier: MIT */
/*
 * chat.c - a chat: what one says, all others hear
 *
 *     chat [PORT]            on port 7777; 0 is a free one
 *     nc 127.0.0.1 7777      in other terminals
 *
 * A write to a stream never waits: the stream keeps what the other side does not
 * take.  So a slow member delays no other member, and its own stream keeps more
 * and more.  The chat drops a member whose stream keeps more than 256 KiB.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

enum { LONGEST_LINE = 1000, MOST_UNREAD = 256 * 1024 };

/* It lives on the stack of its task, which removes it from the list. */
struct member {
    struct member *next;
    struct coil_stream *stream;
    struct coil_task *task;
    char name[COIL_ADDRESS_STRING];
    bool is_dropped;
};

static struct member *members;

static void drop(struct member *member, const char *why)
{
    fprintf(stderr, "%s is dropped: %s\n", member->name, why);
    member->is_dropped = true;
    coil_task_cancel(member->task);
}

/* Tell it to all but `from`. */
static void say(const struct member *from, const char *between,
                const char *text)
{
    char message[COIL_ADDRESS_STRING + LONGEST_LINE + 32];
    int size = snprintf(message, sizeof message, "%s%s%s\n", from->name,
                        between, text);

    for (struct member *m = members; m; m = m->next) {
        int rc;

        if (m == from || m->is_dropped)
            continue;
        rc = coil_stream_write(m->stream, message, (size_t)size);
        if (rc < 0)
            drop(m, coil_strerror(rc));
        else if (coil_stream_unsent(m->stream) > MOST_UNREAD)
            drop(m, "it does not read");
    }
}

/* Read lines until the member goes.  Returns why. */
static int listen_to(struct member *me)
{
    char line[LONGEST_LINE];
    size_t length;

    for (;;) {
        int rc = coil_stream_read_until(me->stream, "\n", 1, line, sizeof line,
                                        &length);

        if (rc < 0)
            return rc;
        line[length - 1] = '\0';
        say(me, ": ", line);
    }
}

/* A task for each member. */
static int chat(struct coil_stream *stream, void *arg)
{
    struct member me = { .next = members,
                         .stream = stream,
                         .task = coil_current_task() };
    struct member **link = &members;
    struct coil_address address;
    int rc;

    (void)arg;
    coil_stream_peer_address(me.stream, &address);
    coil_address_string(&address, me.name);
    members = &me;
    say(&me, " has come", "");
    rc = listen_to(&me);
    while (*link != &me)
        link = &(*link)->next;
    *link = me.next;
    if (rc == -ECANCELED && !me.is_dropped)
        return coil_stream_write(me.stream, "the chat ends\n", 14) < 0 ? 0 : rc;
    say(&me, " has gone", rc == -EMSGSIZE ? ", after a line too long" : "");
    return rc == -EMSGSIZE ? -EPIPE : rc; /* nothing more is sent to it */
}

static int serve(void *port)
{
    const struct coil_serve_options options = { .keep_signals = true };
    char text[COIL_ADDRESS_STRING];
    struct coil_listener *listener;
    struct coil_address address;
    int rc = coil_tcp_listen(&listener, "127.0.0.1", (uint16_t)atoi(port));

    if (rc < 0)
        return rc;
    coil_listener_address(listener, &address);
    printf("listening on %s\n", coil_address_string(&address, text));
    fflush(stdout);
    /* A signal ends the main task, and so the chat, at once. */
    return coil_serve(listener, chat, NULL, &options);
}

int main(int argc, char **argv)
{
    return coil_run_status(coil_run(serve, argc > 1 ? argv[1] : "7777"));
}
