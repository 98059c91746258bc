/* SPDX-License-Identifier: MIT */
/* redis_fake.c - a Redis server in a task, which a test can let fail */
#include "redis_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/task_group.h>

#include "actors.h"
#include "test.h"

enum { TEXT = 4096 };

/* A connection, and the command that it is at. */
struct talk {
    struct redis_fake *fake;
    struct coil_stream *stream;
    size_t count;
    char *words[4];
    char text[TEXT]; /* of the words */
    bool is_known;   /* the password was told */
    bool is_queuing; /* MULTI */
    size_t queued;
    bool is_refused; /* one of them was */
    char answers[TEXT];
    char out[2 * TEXT];
};

/* ---- reading -------------------------------------------------------------- */

static int read_number(struct talk *t, char sign, size_t *number)
{
    char line[32];
    size_t size;
    int rc = coil_stream_read_until(t->stream, "\r\n", 2, line, sizeof line - 1,
                                    &size);

    if (rc < 0)
        return rc;
    line[size] = '\0';
    ASSERT_EQ(line[0], sign);
    *number = strtoul(line + 1, NULL, 10);
    return 0;
}

/* The first words of a command are kept, and of each as much as has room. */
static int read_command(struct talk *t)
{
    size_t used = 0;
    int rc = read_number(t, '*', &t->count);

    memset(t->words, 0, sizeof t->words);
    for (size_t i = 0; rc == 0 && i < t->count; i++) {
        char rest[512];
        size_t size;
        bool is_kept;

        rc = read_number(t, '$', &size);
        is_kept = i < 4 && used + size + 3 <= TEXT;
        if (is_kept) {
            t->words[i] = t->text + used;
            if (rc == 0)
                rc = coil_stream_read_exactly(t->stream, t->words[i], size + 2,
                                              NULL);
            t->words[i][size] = '\0';
            used += size + 3;
            continue;
        }
        for (size += 2; rc == 0 && size > 0;) {
            size_t part = size < sizeof rest ? size : sizeof rest;

            rc = coil_stream_read_exactly(t->stream, rest, part, NULL);
            size -= part;
        }
    }
    return rc;
}

static bool is(const struct talk *t, size_t word, const char *text)
{
    return t->words[word] && strcasecmp(t->words[word], text) == 0;
}

/* ---- answers -------------------------------------------------------------- */

static int send_bytes(struct talk *t, const char *bytes, size_t size)
{
    int rc = 0;

    while (rc == 0 && t->fake->is_held)
        rc = coil_event_wait(&t->fake->released);
    if (rc < 0 || t->fake->is_silent)
        return rc;
    if (!t->fake->is_slow)
        return coil_stream_write(t->stream, bytes, size);
    for (size_t i = 0; rc == 0 && i < size; i++) {
        rc = coil_stream_write(t->stream, bytes + i, 1);
        if (rc == 0)
            rc = coil_sleep(COIL_MILLISECOND);
    }
    return rc;
}

static void bulk(char *out, const char *text)
{
    snprintf(out, TEXT, "$%zu\r\n%s\r\n", strlen(text), text);
}

/* ---- commands ------------------------------------------------------------- */

static void tell_subscribers(struct redis_fake *fake, const char *channel,
                             const char *text)
{
    char out[2 * TEXT];

    for (size_t i = 0; i < REDIS_FAKE_LISTENERS; i++) {
        if (!fake->subscribers[i])
            continue;
        snprintf(out, sizeof out,
                 "*3\r\n$7\r\nmessage\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n",
                 strlen(channel), channel, strlen(text), text);
        (void)!coil_stream_write(fake->subscribers[i], out, strlen(out));
    }
}

static void subscribe(struct talk *t, char *out)
{
    const char *verb = is(t, 0, "PSUBSCRIBE") ? "psubscribe" : "subscribe";
    size_t place = 0;

    while (t->fake->subscribers[place] &&
           t->fake->subscribers[place] != t->stream)
        ASSERT_LT(++place, REDIS_FAKE_LISTENERS);
    t->fake->subscribers[place] = t->stream;
    out[0] = '\0';
    for (size_t i = 1; i < t->count; i++)
        snprintf(out + strlen(out), TEXT - strlen(out),
                 "*3\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n:%zu\r\n", strlen(verb),
                 verb, strlen(t->words[i]), t->words[i], i);
}

static void run_script(struct talk *t, char *out)
{
    struct redis_fake *fake = t->fake;

    if (is(t, 0, "EVALSHA") && !fake->is_script_known) {
        strcpy(out, "-NOSCRIPT No matching script.\r\n");
        return;
    }
    fake->is_script_known = !fake->forgets_scripts;
    snprintf(out, TEXT, ":%ld\r\n", ++fake->value);
}

static int block(struct talk *t, char *out)
{
    int rc = 0;

    while (rc == 0 && t->fake->items == 0) {
        coil_event_clear(&t->fake->pushed);
        rc = coil_event_wait(&t->fake->pushed);
    }
    if (rc == 0)
        t->fake->items--;
    strcpy(out, "*2\r\n$4\r\nlist\r\n$4\r\nitem\r\n");
    return rc;
}

/* What one command does, and says. */
static int carry_out(struct talk *t, char *out)
{
    struct redis_fake *fake = t->fake;

    if (is(t, 0, "INCR")) {
        snprintf(out, TEXT, ":%ld\r\n", ++fake->value);
    } else if (is(t, 0, "SET")) {
        snprintf(fake->text, sizeof fake->text, "%s", t->words[2]);
        strcpy(out, "+OK\r\n");
    } else if (is(t, 0, "GET")) {
        bulk(out, fake->text);
    } else if (is(t, 0, "ECHO")) {
        bulk(out, t->words[1]);
    } else if (is(t, 0, "FAIL")) {
        snprintf(out, TEXT, "-%s\r\n", t->words[1]);
    } else if (is(t, 0, "SCRIPT")) {
        fake->is_script_known = !fake->forgets_scripts;
        bulk(out, "0123456789abcdef0123456789abcdef01234567");
    } else if (is(t, 0, "EVAL") || is(t, 0, "EVALSHA")) {
        run_script(t, out);
    } else if (is(t, 0, "PUSH")) {
        fake->items++;
        coil_event_set(&fake->pushed);
        strcpy(out, ":1\r\n");
    } else if (is(t, 0, "BLPOP")) {
        return block(t, out);
    } else if (is(t, 0, "SUBSCRIBE") || is(t, 0, "PSUBSCRIBE")) {
        subscribe(t, out);
    } else if (is(t, 0, "PUBLISH")) {
        tell_subscribers(fake, t->words[1], t->words[2]);
        strcpy(out, ":1\r\n");
    } else {
        strcpy(out, "-ERR unknown command\r\n");
    }
    return 0;
}

/* Within MULTI: it is carried out at once, and answered by EXEC. */
static int transact(struct talk *t, char *out)
{
    int rc = 0;

    if (is(t, 0, "MULTI")) {
        t->is_queuing = true;
        t->queued = 0;
        t->answers[0] = '\0';
        t->is_refused = false;
        strcpy(out, "+OK\r\n");
    } else if (is(t, 0, "EXEC")) {
        t->is_queuing = false;
        if (t->is_refused)
            strcpy(out, "-EXECABORT Transaction discarded.\r\n");
        else
            snprintf(out, sizeof t->out, "*%zu\r\n%s", t->queued, t->answers);
    } else if (is(t, 0, "UNKNOWN")) {
        t->is_refused = true;
        strcpy(out, "-ERR unknown command\r\n");
    } else {
        rc = carry_out(t, t->answers + strlen(t->answers));
        t->queued++;
        strcpy(out, "+QUEUED\r\n");
    }
    return rc;
}

/* What a connection begins with.  Whether it is such a thing. */
static bool is_beginning(struct talk *t, char *out)
{
    struct redis_fake *fake = t->fake;
    size_t said = strlen(fake->said);

    if (!is(t, 0, "PING") && !is(t, 0, "AUTH") && !is(t, 0, "SELECT") &&
        !is(t, 0, "CLIENT"))
        return false;
    snprintf(fake->said + said, sizeof fake->said - said, "%s%s%s ",
             t->words[0], t->count > 1 ? " " : "",
             t->count > 1 ? t->words[t->count - 1] : "");
    strcpy(out, is(t, 0, "PING") ? "+PONG\r\n" : "+OK\r\n");
    if (is(t, 0, "AUTH") && fake->password)
        t->is_known = strcmp(t->words[t->count - 1], fake->password) == 0;
    if (is(t, 0, "AUTH") && !t->is_known)
        strcpy(out, "-WRONGPASS invalid username-password pair\r\n");
    else if (fake->password && !t->is_known)
        strcpy(out, "-NOAUTH Authentication required.\r\n");
    else if (is(t, 0, "PING") && fake->loading > 0) {
        fake->loading--;
        strcpy(out, "-LOADING Redis is loading the dataset in memory\r\n");
    }
    return true;
}

/* Whether the connection ends here. */
static bool is_cut(size_t *left)
{
    return *left > 0 && --*left == 0;
}

/* 0, or an error that ends the connection. */
static int answer(struct talk *t)
{
    struct redis_fake *fake = t->fake;
    bool is_last;
    int rc;

    if (is_beginning(t, t->out))
        return send_bytes(t, t->out, strlen(t->out));
    if (is_cut(&fake->cut_before))
        return -EPIPE;
    fake->commands++;
    is_last = is_cut(&fake->cut_after);
    if (fake->raw)
        return send_bytes(t, fake->raw,
                          fake->raw_size ? fake->raw_size : strlen(fake->raw));
    rc = t->is_queuing || is(t, 0, "MULTI") ? transact(t, t->out)
                                            : carry_out(t, t->out);
    if (rc < 0)
        return rc;
    if (!is_last)
        return send_bytes(t, t->out, strlen(t->out));
    rc = send_bytes(t, t->out, fake->cut_bytes);
    if (rc == 0)
        rc = coil_stream_flush(t->stream);
    return rc < 0 ? rc : -EPIPE;
}

/* ---- connections ---------------------------------------------------------- */

/* What the task of a connection is given. */
struct beginning {
    struct redis_fake *fake;
    struct coil_stream *stream;
};

static int talk(void *arg)
{
    const struct beginning *b = arg;
    struct redis_fake *fake = b->fake;
    struct talk *t = calloc(1, sizeof *t);
    int rc = 0;

    ASSERT_NOT_NULL(t);
    t->fake = fake;
    t->stream = b->stream;
    fake->open++;
    if (fake->greet)
        rc = fake->greet(t->stream);
    while (rc == 0) {
        rc = read_command(t);
        if (rc == 0)
            rc = answer(t);
        while (rc == 0 && fake->is_deaf && is(t, 0, "PING"))
            rc = coil_sleep(COIL_MILLISECOND);
    }
    for (size_t i = 0; i < REDIS_FAKE_LISTENERS; i++)
        if (fake->subscribers[i] == t->stream)
            fake->subscribers[i] = NULL;
    fake->open--;
    free(t);
    return 0;
}

/* Also of one that has never run. */
static void hang_up(void *arg)
{
    struct beginning *b = arg;

    coil_stream_abort(b->stream);
}

static int serve(void *arg)
{
    struct redis_fake *fake = arg;
    const struct coil_task_options options = { .arg_size =
                                                   sizeof(struct beginning),
                                               .arg_destroy = hang_up };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    while (rc == 0) {
        struct beginning b = { .fake = fake };

        rc = coil_listener_accept(fake->listener, &b.stream);
        if (rc == 0) {
            fake->connections++;
            /* Of want of memory the connection dies. */
            if (coil_task_group_create_with(&group, NULL, talk, &b, &options) <
                0)
                coil_stream_abort(b.stream);
        } else if (rc != -ECANCELED) {
            rc = coil_sleep(COIL_MILLISECOND);
        }
    }
    return coil_task_group_end(&group, rc);
}

int redis_fake_try_start(struct redis_fake *fake)
{
    struct coil_address address;
    int rc;

    *fake = (struct redis_fake){ .value = 0 };
    rc = coil_tcp_listen(&fake->listener, "127.0.0.1", 0);
    if (rc < 0)
        return rc;
    coil_listener_address(fake->listener, &address);
    snprintf(fake->url, sizeof fake->url, "redis://127.0.0.1:%u",
             coil_address_port(&address));
    rc = coil_task_create(&fake->task, serve, fake);
    if (rc < 0) {
        coil_listener_close(fake->listener);
        fake->listener = NULL;
    }
    return rc;
}

void redis_fake_start(struct redis_fake *fake)
{
    ASSERT_EQ(redis_fake_try_start(fake), 0);
}

void redis_fake_end(struct redis_fake *fake)
{
    if (!fake->task)
        return;
    coil_task_cancel(fake->task);
    end_of(fake->task);
    fake->task = NULL;
    coil_listener_close(fake->listener);
    fake->listener = NULL;
}

void redis_fake_release(struct redis_fake *fake)
{
    fake->is_held = false;
    coil_event_set(&fake->released);
    coil_event_clear(&fake->released);
}

void redis_fake_stop(struct redis_fake *fake)
{
    redis_fake_end(fake);
}

void redis_fake_restart(struct redis_fake *fake)
{
    uint16_t port = (uint16_t)atoi(strrchr(fake->url, ':') + 1);

    ASSERT_EQ(coil_tcp_listen(&fake->listener, "127.0.0.1", port), 0);
    fake->task = start(serve, fake);
}
