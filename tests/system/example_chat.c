/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * examples/chat.c, end to end: who hears what, and what becomes of those who do
 * not read, or end no line.
 */
#include <signal.h>
#include <stdio.h>

#include <coil.h>

#include "program.h"
#include "test.h"

static struct program server;
static uint16_t port;

static void start_chat(void)
{
    const char *argv[] = { program_path("examples/chat"), "0", NULL };

    program_start(&server, argv, NULL);
    ASSERT_NOT_NULL(program_await(&server, "\n"));
    ASSERT_EQ(sscanf(server.out, "listening on 127.0.0.1:%hu\n", &port), 1);
}

/* ---- members ---------------------------------------------------------- */

struct member {
    struct coil_stream *stream;
    char name[COIL_ADDRESS_STRING];
};

static void join(struct member *member)
{
    struct coil_address address;

    ASSERT_EQ(coil_tcp_connect(&member->stream, "127.0.0.1", port), 0);
    coil_stream_local_address(member->stream, &address);
    coil_address_string(&address, member->name);
}

static void send_text(struct member *member, const char *text)
{
    ASSERT_EQ(coil_stream_write(member->stream, text, strlen(text)), 0);
    ASSERT_EQ(coil_stream_flush(member->stream), 0);
}

static void leave(struct member *member)
{
    ASSERT_EQ(coil_stream_close(member->stream), 0);
}

/* The next line that `member` hears is about `other`. */
static void hear(struct member *member, const struct member *other,
                 const char *what)
{
    char expected[256];
    char line[2048];
    size_t length;

    snprintf(expected, sizeof expected, "%s%s\n", other->name, what);
    ASSERT_EQ(coil_stream_read_until(member->stream, "\n", 1, line,
                                     sizeof line - 1, &length),
              0);
    line[length] = '\0';
    ASSERT_STR_EQ(line, expected);
}

/* Each has joined when the others hear of it. */
static void join_both(struct member *a, struct member *b)
{
    join(a);
    join(b);
    hear(a, b, " has come");
}

static void expect_end(struct member *member, const char *words)
{
    char text[64] = { 0 };
    ptrdiff_t n;

    ASSERT_EQ(
        coil_stream_read_exactly(member->stream, text, strlen(words), NULL), 0);
    ASSERT_STR_EQ(text, words);
    n = coil_stream_read(member->stream, text, sizeof text);
    ASSERT_EQ(n, 0);
    coil_stream_abort(member->stream);
}

/* ---- tests ------------------------------------------------------------ */

static int chat(void *arg)
{
    struct member a, b, c;

    (void)arg;
    join_both(&a, &b);
    join(&c);
    hear(&a, &c, " has come");
    hear(&b, &c, " has come");
    send_text(&a, "hello\nand ");
    send_text(&a, "hello again\n");
    hear(&b, &a, ": hello");
    hear(&b, &a, ": and hello again");
    hear(&c, &a, ": hello");
    hear(&c, &a, ": and hello again");
    leave(&b);
    hear(&a, &b, " has gone");
    hear(&c, &b, " has gone");
    send_text(&c, "bye\n");
    hear(&a, &c, ": bye");
    leave(&a);
    leave(&c);
    return 0;
}

TEST(example_chat_lets_all_others_hear)
{
    start_chat();
    ASSERT_EQ(coil_run(chat, NULL), 0);
    ASSERT_EQ(program_stop(&server), 128 + SIGTERM);
    ASSERT_STR_EQ(server.err, "");
}

static int chat_without_an_end(void *arg)
{
    struct member a, b;

    (void)arg;
    join_both(&a, &b);
    for (int i = 0; i < 11; i++)
        send_text(&b, "a hundred bytes ....................................."
                      "...............................................");
    hear(&a, &b, " has gone, after a line too long");
    coil_stream_abort(b.stream);
    join(&b);
    hear(&a, &b, " has come");
    leave(&a);
    leave(&b);
    return 0;
}

TEST(example_chat_ends_with_those_who_end_no_line)
{
    start_chat();
    ASSERT_EQ(coil_run(chat_without_an_end, NULL), 0);
    program_stop(&server);
}

static bool has_gone;

struct pair {
    struct member a, b;
};

static int hear_that_it_has_gone(void *arg)
{
    struct pair *pair = arg;

    hear(&pair->a, &pair->b, " has gone");
    has_gone = true;
    return 0;
}

/* As much as all buffers between them hold, and then 256 KiB. */
static void talk_until_it_has_gone(struct pair *pair)
{
    static char line[900];
    struct coil_task *hearer;

    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    ASSERT_EQ(coil_task_create(&hearer, hear_that_it_has_gone, pair), 0);
    while (!has_gone) {
        send_text(&pair->a, line);
        ASSERT_EQ(coil_yield(), 0);
    }
    ASSERT_EQ(coil_task_await(hearer), 0);
    coil_task_release(hearer);
}

static int chat_with_one_who_does_not_read(void *arg)
{
    struct pair pair;

    (void)arg;
    join_both(&pair.a, &pair.b);
    talk_until_it_has_gone(&pair);
    coil_stream_abort(pair.b.stream);
    join(&pair.b);
    hear(&pair.a, &pair.b, " has come");
    send_text(&pair.b, "now?\n");
    hear(&pair.a, &pair.b, ": now?");
    leave(&pair.a);
    leave(&pair.b);
    return 0;
}

TEST(example_chat_drops_those_who_do_not_read)
{
    start_chat();
    ASSERT_EQ(coil_run(chat_with_one_who_does_not_read, NULL), 0);
    program_stop(&server);
    ASSERT_STR_CONTAINS(server.err, " is dropped: it does not read\n");
}

static int be_there_at_the_end(void *number)
{
    struct member a, b;

    join_both(&a, &b);
    ASSERT_OK(kill(server.pid, *(int *)number));
    expect_end(&a, "the chat ends\n");
    expect_end(&b, "the chat ends\n");
    return 0;
}

TEST(example_chat_says_that_it_ends)
{
    static const int numbers[] = { SIGINT, SIGTERM };

    signal(SIGINT, SIG_DFL); /* the parent of the test may ignore it */
    for (int i = 0; i < 2; i++) {
        int number = numbers[i];

        start_chat();
        ASSERT_EQ(coil_run(be_there_at_the_end, &number), 0);
        ASSERT_EQ(program_wait(&server), 128 + number);
        ASSERT_STR_EQ(server.err, "");
    }
}

TEST(example_chat_says_why_it_cannot)
{
    char used[8];
    const char *argv[] = { program_path("examples/chat"), used, NULL };
    struct program second;

    start_chat();
    snprintf(used, sizeof used, "%hu", port);
    ASSERT_EQ(program_run(&second, argv, NULL), 1);
    ASSERT_STR_EQ(second.out, "");
    ASSERT_STR_EQ(second.err, "chat: Address already in use\n");
    program_stop(&server);
}
