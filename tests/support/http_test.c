/* SPDX-License-Identifier: MIT */
/* http_test.c - a server that says what a test tells it to say */
#include "http_test.h"

static int fake_say(struct fake *fake, struct coil_stream *s, const char *text)
{
    size_t size = strlen(text);
    int rc = 0;

    if (!fake->is_slow) {
        rc = coil_stream_write(s, text, size);
        return rc < 0 ? rc : coil_stream_flush(s);
    }
    for (size_t i = 0; rc == 0 && i < size; i++) {
        rc = coil_stream_write(s, text + i, 1);
        if (rc == 0)
            rc = coil_sleep(COIL_SECOND);
    }
    return rc;
}

/* Read a request: 0, or an error at the end of the connection. */
static int fake_hear(struct fake *fake, struct coil_stream *s)
{
    const char *length;
    size_t size;
    int rc = coil_stream_read_until(s, "\r\n\r\n", 4, fake->heard,
                                    sizeof fake->heard - 1, &size);

    if (rc < 0)
        return rc;
    fake->heard[size] = '\0';
    length = strstr(fake->heard, "Content-Length: ");
    size = length ? (size_t)atoi(length + 16) : 0;
    if (size >= sizeof fake->body)
        return 0; /* the rest is not read */
    fake->body[size] = '\0';
    return coil_stream_read_exactly(s, fake->body, size, NULL);
}

static int fake_talk(void *arg)
{
    struct fake_connection *c = arg;
    struct fake *fake = c->fake;
    enum then then = KEEP;

    for (int i = 0; then == KEEP; i++) {
        if (fake_hear(fake, c->stream) < 0 || fake->said == fake->count)
            then = BREAK;
        if (then == BREAK)
            break;
        if (i > 0 && fake->late) {
            if (fake_say(fake, c->stream, fake->late) < 0)
                break;
            continue;
        }
        then = fake->lines[fake->said].then;
        if (fake_say(fake, c->stream, fake->lines[fake->said++].text) < 0)
            then = BREAK;
        if (then == KEEP && fake->unasked &&
            (coil_sleep(COIL_SECOND) < 0 ||
             fake_say(fake, c->stream, fake->unasked) < 0))
            then = BREAK;
    }
    if (then == HANG && coil_sleep(COIL_NEVER) < 0)
        return 0;
    if (then == CLOSE && coil_stream_shutdown(c->stream) < 0)
        return 0;
    return 0;
}

static void fake_hang_up(void *arg)
{
    struct fake_connection *c = arg;

    coil_stream_abort(c->stream);
}

static int fake_serve(void *arg)
{
    struct fake *fake = arg;
    const struct coil_task_options options = {
        .arg_size = sizeof(struct fake_connection), .arg_destroy = fake_hang_up
    };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    while (rc == 0) {
        struct fake_connection c = { .fake = fake };

        rc = coil_listener_accept(fake->listener, &c.stream);
        if (rc < 0)
            break;
        fake->connections++;
        rc = coil_task_group_create_with(&group, NULL, fake_talk, &c, &options);
        if (rc < 0)
            coil_stream_abort(c.stream);
    }
    return coil_task_group_end(&group, rc);
}

void fake_start_at(struct fake *fake, const char *host, uint16_t port,
                   const struct line *lines, size_t count)
{
    struct coil_address address;

    *fake = (struct fake){ .lines = lines, .count = count };
    ASSERT_EQ(coil_tcp_listen(&fake->listener, host, port), 0);
    coil_listener_address(fake->listener, &address);
    snprintf(fake->url, sizeof fake->url,
             strchr(host, ':') ? "http://[%s]:%u/" : "http://%s:%u/", host,
             coil_address_port(&address));
    fake->task = start(fake_serve, fake);
}

void fake_start(struct fake *fake, const struct line *lines, size_t count)
{
    fake_start_at(fake, "127.0.0.1", 0, lines, count);
}

void fake_end(struct fake *fake)
{
    coil_task_cancel(fake->task);
    end_of(fake->task);
    coil_listener_close(fake->listener);
}
