/* SPDX-License-Identifier: MIT */
/* Where lists come from: files, FIFOs, pipes, standard input; and when. */
#include <coil/event.h>
#include <coil/timeout.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEEDS 5
#include "file_test.h"
#include "input_feed.h"
#include "simulated.h"

static struct input *in;

static void begin(const struct input_source *sources, size_t count,
                  enum input_format format)
{
    ASSERT_EQ(input_open(&in, &(struct input_options){ .sources = sources,
                                                       .count = count,
                                                       .format = format }),
              0);
}

/* The next item is a job for this URL. */
static void expect(uint64_t number, const char *source, uint64_t line,
                   const char *url)
{
    struct input_item item;

    ASSERT_EQ(input_next(in, &item), 1);
    ASSERT_NULL(item.reason);
    ASSERT_STR_EQ(item.job->url, url);
    ASSERT_EQ(item.job->number, number);
    ASSERT_EQ(item.line, line);
    if (source)
        ASSERT_STR_EQ(item.source, source);
    else
        ASSERT_NULL(item.source);
    job_free(item.job);
}

static void expect_end(void)
{
    struct input_item item;

    ASSERT_EQ(input_next(in, &item), 0);
    input_close(in);
}

FILE_TEST(fetch_input_sources_come_in_order)
{
    char *a = in_directory("a");
    char *b = in_directory("b.NDJSON");
    const struct input_source sources[] = {
        { "http://first/[1-2]", false },
        { a, true },
        { " h ", false },
        { b, true },
    };

    put_file("a", "# list\nhttp://a/\n7\tb");
    put_file("b.NDJSON", "{\"url\":\"c\"}\n");
    begin(sources, 4, INPUT_AUTO);
    expect(1, NULL, 0, "http://first/1");
    expect(2, NULL, 0, "http://first/2");
    expect(3, a, 2, "http://a/");
    expect(4, a, 3, "http://b/");
    expect(5, NULL, 0, "http://h/");
    expect(6, b, 1, "http://c/");
    expect_end();
}

/* Each source is judged for itself. */
FILE_TEST(fetch_input_sources_have_their_own_format)
{
    char *a = in_directory("a");
    char *b = in_directory("b");
    char *c = in_directory("c");
    const struct input_source sources[] = { { a, true },
                                            { b, true },
                                            { c, true } };

    put_file("a", "http://a/\n out=x\nhttp://b/[1-2]");
    put_file("b", "{\"url\":\"c\"}");
    put_file("c", "c/[1-2]\n");
    begin(sources, 3, INPUT_AUTO);
    expect(1, a, 1, "http://a/");
    expect(2, a, 3, "http://b/%5B1-2%5D");
    expect(3, b, 1, "http://c/");
    expect(4, c, 1, "http://c/1");
    expect(5, c, 1, "http://c/2");
    expect_end();
}

FILE_TEST(fetch_input_sources_that_fail_are_named_and_left)
{
    char *none = in_directory("none");
    char *folder = in_directory(".");
    char *a = in_directory("a");
    const struct input_source sources[] = {
        { none, true }, { "http://h/", false }, { folder, true }, { a, true }
    };
    struct input_item item;

    put_file("a", "http://a/\n");
    begin(sources, 4, INPUT_AUTO);
    ASSERT_NULL(input_failed_source(in));
    ASSERT_EQ(input_next(in, &item), -ENOENT);
    ASSERT_STR_EQ(input_failed_source(in), none);
    expect(1, NULL, 0, "http://h/");
    ASSERT_EQ(input_next(in, &item), -EISDIR);
    ASSERT_STR_EQ(input_failed_source(in), folder);
    expect(2, a, 1, "http://a/");
    expect_end();
}

FILE_TEST(fetch_input_sources_may_be_left_anywhere)
{
    char *a = in_directory("a");
    const struct input_source sources[] = { { a, true }, { "x", false } };

    put_file("a", "http://a/[1-9]\nhttp://b/\n out=c\n");
    for (unsigned n = 0; n < 11; n++) {
        struct input_item item;

        begin(sources, 2, INPUT_AUTO);
        for (unsigned i = 0; i < n; i++) {
            ASSERT_EQ(input_next(in, &item), 1);
            job_free(item.job);
        }
        input_close(in);
    }
    input_close(NULL);
}

/* ---- on the kernel ---- */

static void put_into(int fd, const char *text)
{
    ASSERT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* It is waited for, also again, and what is there is read before it ends. */
FILE_KERNEL_TEST(fetch_input_sources_may_be_fifos)
{
    char *path = in_directory("fifo");
    const struct input_source source = { path, true };
    struct coil_timeout limit;
    struct input_item item;
    int fd;

    ASSERT_EQ(mkfifo(path, 0600), 0);
    begin(&source, 1, INPUT_LINES);
    /* A thread opens it, in its own time: until then there is no reader. */
    do {
        ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
        ASSERT_EQ(coil_timeout_end(&limit, input_next(in, &item)), -ETIMEDOUT);
        fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    } while (fd < 0 && errno == ENXIO);
    ASSERT_GE(fd, 0);
    put_into(fd, "http://a/\nhttp");
    expect(1, path, 1, "http://a/");
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, input_next(in, &item)), -ETIMEDOUT);
    put_into(fd, "://b/\nc");
    expect(2, path, 2, "http://b/");
    close(fd);
    expect(3, path, 3, "http://c/");
    expect_end();
}

FILE_KERNEL_TEST(fetch_input_sources_may_be_left_while_they_open)
{
    char *path = in_directory("fifo");
    const struct input_source source = { path, true };
    struct coil_timeout limit;
    struct input_item item;

    ASSERT_EQ(mkfifo(path, 0600), 0);
    begin(&source, 1, INPUT_LINES);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, input_next(in, &item)), -ETIMEDOUT);
    input_close(in);
}

/* Let descriptor 0 be `fd`, which is closed. */
static void let_input_be(int fd)
{
    ASSERT_GE(fd, 0);
    ASSERT_EQ(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
}

FILE_KERNEL_TEST(fetch_input_sources_may_be_standard_input)
{
    const struct input_source sources[] = { { "-", true }, { "-", false } };
    struct input_item item;
    int ends[2];

    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    let_input_be(ends[0]);
    begin(sources, 2, INPUT_LINES);
    put_into(ends[1], "http://a/\n");
    expect(1, "-", 1, "http://a/");
    put_into(ends[1], "http://b/\n");
    expect(2, "-", 2, "http://b/");
    close(ends[1]);
    expect_end();

    put_file("list", "http://c/\nhttp://d/");
    let_input_be(open(in_directory("list"), O_RDONLY | O_CLOEXEC));
    begin(sources, 2, INPUT_AUTO);
    expect(1, "-", 1, "http://c/");
    expect(2, "-", 2, "http://d/");
    expect_end();

    let_input_be(open(in_directory("."), O_RDONLY | O_CLOEXEC));
    begin(sources, 1, INPUT_AUTO);
    ASSERT_EQ(input_next(in, &item), -EISDIR);
    expect_end();
    let_input_be(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/* A program may be started without a standard input. */
KERNEL_TEST(fetch_input_sources_are_named_if_they_are_closed)
{
    const struct input_source sources[] = { { "-", true }, { "h", false } };
    int before = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    struct input_item item;

    ASSERT_GE(before, 0);
    close(STDIN_FILENO);
    begin(sources, 2, INPUT_LINES);
    ASSERT_EQ(input_next(in, &item), -EBADF);
    ASSERT_STR_EQ(input_failed_source(in), "-");
    expect(1, NULL, 0, "http://h/");
    expect_end();
    let_input_be(before);
}

FILE_KERNEL_TEST(fetch_input_sources_may_be_devices)
{
    const struct input_source sources[] = { { "/dev/null", true },
                                            { "h", false } };

    begin(sources, 2, INPUT_AUTO);
    expect(1, NULL, 0, "http://h/");
    expect_end();
}

/* ---- when ---- */

static struct coil_stream *list; /* the writing end of standard input */

static void begin_standard(enum input_format format)
{
    static const struct input_source sources[] = { { "-", true },
                                                   { "-", true } };
    struct coil_stream *pair[2];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    list = pair[1];
    ASSERT_EQ(
        input_open(&in, &(struct input_options){ .sources = sources,
                                                 .count = 2,
                                                 .format = format,
                                                 .standard_input = pair[0] }),
        0);
}

static int next_of(void *url)
{
    expect(1, "-", 1, url);
    return 0;
}

CORE_TEST(fetch_input_sources_give_a_line_as_soon_as_it_is_there)
{
    static const enum input_format formats[] = { INPUT_LINES, INPUT_JSONL };

    for (int i = 0; i < 2; i++) {
        struct coil_task *reader;

        begin_standard(formats[i]);
        reader = start_waiting(next_of, "http://a/");
        send_text(list, i == 0 ? "http://a/" : "{\"url\":\"a\"}");
        ASSERT_EQ(coil_test_settle(), 0);
        ASSERT(!coil_task_is_done(reader));
        send_text(list, "\n");
        ASSERT_EQ(end_of(reader), 0);
        coil_stream_abort(list);
        expect_end();
    }
}

/* A URL does not wait for ever to see whether options follow. */
CORE_TEST(fetch_input_sources_are_waited_for_a_short_time)
{
    struct input_item item;
    coil_time before = coil_now();

    begin_standard(INPUT_AUTO);
    send_text(list, "http://a/\n");
    expect(1, "-", 1, "http://a/");
    ASSERT_EQ(coil_now(), before + 50 * COIL_MILLISECOND);
    send_text(list, " out=x\nhttp://b/[1-2]\n  c\n");
    ASSERT_EQ(input_next(in, &item), 1);
    ASSERT_STR_CONTAINS(item.reason, "too late");
    job_free(item.job);
    expect(3, "-", 3, "http://b/1");
    expect(4, "-", 3, "http://b/2");
    expect(5, "-", 4, "http://c/");
    ASSERT_EQ(coil_now(), before + 50 * COIL_MILLISECOND);
    coil_stream_abort(list);
    expect_end();
}

/* aria2's lists are waited for as long as they take. */
TEST(fetch_input_sources_of_aria2_may_take_their_time)
{
    feed.pause = COIL_SECOND;
    feed.piece = 13;
    feed.format = INPUT_ARIA2;
    GIVES("http://aaaa/\n out=xxxxxxx\n dir=yyyyyyy\nhttp://b/\n",
          "1: http://aaaa/ file=yyyyyyy/xxxxxxx\n4: http://b/\n");
    end_feed();
}

CORE_TEST(fetch_input_sources_of_aria2_may_have_options_of_its_own)
{
    struct input_item item;
    const char *example;

    begin_standard(INPUT_ARIA2);
    ASSERT_EQ(input_ignored_options(in, &example), 0);
    ASSERT_NULL(example);
    send_text(list, "h\n gid=1\n split=5\n referer=*\n");
    coil_stream_abort(list);
    ASSERT_EQ(input_next(in, &item), 1);
    ASSERT_NULL(item.reason);
    ASSERT_NULL(item.job->details);
    job_free(item.job);
    ASSERT_EQ(input_ignored_options(in, &example), 3);
    ASSERT_STR_EQ(example, "gid");
    ASSERT_EQ(input_ignored_options(in, NULL), 3);
    expect_end();
}

/* ---- cancellation ---- */

/* Read all, with a limit of time so short that most calls are cancelled. */
static int read_cancelled(void *arg)
{
    coil_time patience = *(coil_time *)arg;
    struct coil_task *writer;
    unsigned cancelled = 0;
    struct input_item item;
    int rc;

    begin_standard(feed.format);
    writer = start(write_feed, list);
    for (;;) {
        struct coil_timeout limit;

        ASSERT_EQ(coil_timeout_begin(&limit, patience), 0);
        rc = coil_timeout_end(&limit, input_next(in, &item));
        cancelled += rc == -ETIMEDOUT;
        if (rc == 0)
            break;
        if (rc == -ETIMEDOUT)
            continue;
        ASSERT_EQ(rc, 1);
        describe(&feed.given, &item);
        job_free(item.job);
    }
    input_close(in);
    ASSERT_EQ(end_of(writer), 0);
    ASSERT_GT(cancelled, 5);
    return 0;
}

TEST(fetch_input_sources_lose_nothing_by_a_cancellation)
{
    static const char text[] = "http://a/[1-3]\n5\tb\n\nnot a url\nc\n out=x\n"
                               "  dir=y\nd\te\n{\n";

    for (unsigned piece = 1; piece < 9; piece += 2) {
        char *whole;

        feed.format = INPUT_ARIA2;
        feed.pause = 0;
        feed.piece = 0;
        whole = strdup(given(text, sizeof text - 1));
        text_clear(&feed.given);
        feed.piece = piece;
        feed.pause = 10 * COIL_MILLISECOND;
        for (coil_time patience = COIL_MILLISECOND;
             patience < 10 * COIL_MILLISECOND;
             patience += 3 * COIL_MILLISECOND) {
            text_clear(&feed.given);
            ASSERT_EQ(coil_test_run(read_cancelled, &patience, 0), 0);
            ASSERT_STR_EQ(feed.given.bytes, whole);
        }
        free(whole);
    }
    end_feed();
}

/* A request that stands is reported by the next call, with items at hand. */
static int read_after_cancel(void *arg)
{
    struct input_item item;

    (void)arg;
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(input_next(in, &item), -ECANCELED);
    expect(2, "-", 2, "http://b/");
    return 0;
}

CORE_TEST(fetch_input_sources_report_a_cancellation_always)
{
    begin_standard(INPUT_LINES);
    send_text(list, "a\nb\n");
    expect(1, "-", 1, "http://a/");
    ASSERT_EQ(end_of(start(read_after_cancel, NULL)), 0);
    coil_stream_abort(list);
    expect_end();
}

/* ---- fairness ---- */

static int count_turns(void *arg)
{
    unsigned *turns = arg;

    for (;;) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
        ++*turns;
    }
}

CORE_TEST(fetch_input_sources_let_others_run)
{
    static const struct input_source source = { "h/[1-10000]", false };
    unsigned turns = 0;
    struct coil_task *other = start_waiting(count_turns, &turns);

    begin(&source, 1, INPUT_AUTO);
    for (unsigned i = 1; i <= 10000; i++) {
        struct input_item item;

        ASSERT_EQ(input_next(in, &item), 1);
        job_free(item.job);
    }
    expect_end();
    ASSERT_GT(turns, 30);
    end_cancelled(other);
}
