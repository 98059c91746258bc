/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* WRAPS: malloc calloc realloc free strndup */
/*
 * Each allocation fails in its turn: the call says so, can be made again, and
 * nothing is lost.  And lists of any length need the same memory.
 */
#include "input_feed.h"

#include <malloc.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
char *__wrap_strndup(const char *text, size_t size);

static size_t fails_at; /* the n-th from now; 0: none */
static bool has_failed;
static size_t bytes; /* that are in use */
static size_t most;

static bool fails(void)
{
    if (fails_at == 0 || --fails_at > 0)
        return false;
    has_failed = true;
    return true;
}

static void *counted(void *memory)
{
    bytes += malloc_usable_size(memory);
    if (bytes > most)
        most = bytes;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (fails())
        return NULL;
    bytes -= malloc_usable_size(memory);
    return counted(__real_realloc(memory, size));
}

void __wrap_free(void *memory)
{
    bytes -= malloc_usable_size(memory);
    __real_free(memory);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails() ? NULL : counted(__real_strndup(text, size));
}

/* ---- each allocation fails ---- */

static const char *source_text;
static struct text all;

/* The list as an argument, or as what a stream has sent already. */
static struct input *opened(struct input_options *options)
{
    static struct input_source source;
    struct input *in = NULL;
    int rc;

    source = (struct input_source){ source_text, false };
    options->sources = &source;
    options->count = 1;
    if (!source_text) {
        struct coil_stream *pair[2];

        source.text = "-";
        ASSERT_EQ(coil_stream_pair(pair), 0);
        ASSERT_EQ(coil_stream_write(pair[1], feed.list, feed.size), 0);
        coil_stream_abort(pair[1]);
        options->standard_input = pair[0];
    }
    rc = input_open(&in, options);
    if (rc < 0)
        ASSERT_EQ(rc, -ENOMEM);
    return in;
}

static int read_failing(void *n)
{
    struct input_options options = { .format = feed.format };
    struct input_item item;
    struct input *in = opened(&options);
    int rc = 1;

    text_clear(&all);
    while (rc != 0) {
        fails_at = *(size_t *)n;
        rc = input_next(in, &item);
        fails_at = 0;
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            ASSERT(has_failed);
            rc = input_next(in, &item);
        }
        ASSERT_GE(rc, 0);
        if (rc == 0)
            break;
        describe(&all, &item);
        job_free(item.job);
    }
    input_close(in);
    return 0;
}

/* The first, second, … allocation of each call fails, until none does. */
static void fail_each(const char *text, size_t size)
{
    char *whole = NULL;
    size_t n = 0;

    feed.list = text;
    feed.size = size;
    do {
        has_failed = false;
        ASSERT_EQ(coil_test_run(read_failing, &n, 0), 0);
        if (n == 0)
            whole = strdup(all.bytes);
        ASSERT_STR_EQ(all.bytes, whole);
        n++;
    } while (n == 1 || has_failed);
    ASSERT_GT(n, 3);
    free(whole);
    text_fini(&all);
    end_feed();
}

TEST(fetch_input_memory_lacks_in_plain_lines)
{
    static const char list[] =
        "http://a/\n3\tb/[1-2]/{x,y}\n\nftp://c/\nhttp://u:p@d/#f\n[\n e f\n";

    feed.format = INPUT_LINES;
    fail_each(list, sizeof list - 1);
    feed.format = INPUT_AUTO;
    fail_each(list, sizeof list - 1);
}

TEST(fetch_input_memory_lacks_in_an_argument)
{
    source_text = " {http,ftp}://u:p@h/[1-2] ";
    fail_each("", 0);
}

/* In the parser, too, which takes its memory from the program. */
TEST(fetch_input_memory_lacks_in_json_lines)
{
    static const char list[] =
        "{\"url\":\"u:p@h\",\"name\":\"n\",\"file\":\"f\",\"type\":\"t\"}\n"
        "{\"url\":\"http://u:p@h/"
        "\",\"method\":\"PUT\",\"body_base64\":\"YQ==\"}\n"
        "{\"json\":[1],\"headers\":{\"a\":[\"b\",\"c\"]},\"url\":\"h\"}\n{}\n";

    feed.format = INPUT_JSONL;
    fail_each(list, sizeof list - 1);
}

TEST(fetch_input_memory_lacks_in_lists_of_aria2)
{
    static const char list[] =
        "http://a/\tb\n out=o\n dir=d\n header=A: b\n header=bad\n pause=true\n"
        "http://u:p@h/x\n dir=e\n http-user=u\n referer=r\n"
        "9\thttp://h/\n checksum=x\n user-agent=a\n"
        "99999999999999999999\thttp://h/\n"
        "http://h/\n dir=e\n gid=1\n";

    feed.format = INPUT_ARIA2;
    fail_each(list, sizeof list - 1);
}

static int open_without_memory(void *arg)
{
    static const struct input_source source = { "h", false };
    struct input *in;

    (void)arg;
    fails_at = 1;
    ASSERT_EQ(input_open(&in, &(struct input_options){ .sources = &source,
                                                       .count = 1 }),
              -ENOMEM);
    return 0;
}

TEST(fetch_input_memory_lacks_at_the_beginning)
{
    ASSERT_EQ(coil_test_run(open_without_memory, NULL, 0), 0);
}

/* ---- the length of a list ---- */

enum { LINES = 1000000 };

/* A line at a time, as far as there is room. */
static int write_lines(void *stream)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < LINES; i++) {
        char line[100];
        int size =
            snprintf(line, sizeof line,
                     i % 50 == 0 ? "%u\thttp://h%u.example.org/#%u\n"
                                 : "http://host%u.example.org/p%u/q%u.html\n",
                     i % 8, i % 100, i);

        rc = coil_stream_write(stream, line, (size_t)size);
        if (rc == 0 && i % 100 == 0)
            rc = coil_stream_drain(stream);
    }
    if (rc == 0)
        rc = coil_stream_close(stream);
    return rc;
}

static int read_lines(void *arg)
{
    const struct input_source source = { "-", true };
    struct coil_stream *pair[2];
    struct coil_task *writer;
    struct input_item item;
    struct input *in;
    size_t before = 0;
    unsigned count = 0;

    (void)arg;
    ASSERT_EQ(coil_stream_pair(pair), 0);
    writer = start(write_lines, pair[1]);
    ASSERT_EQ(
        input_open(&in, &(struct input_options){ .sources = &source,
                                                 .count = 1,
                                                 .standard_input = pair[0] }),
        0);
    while (input_next(in, &item) > 0) {
        ASSERT_NULL(item.reason);
        job_free(item.job);
        if (++count == LINES / 100) {
            before = most;
            ASSERT_LT(most, 1000000);
        }
    }
    ASSERT_EQ(count, LINES);
    ASSERT_LE(most, before + 70000);
    input_close(in);
    return end_of(writer);
}

TEST(fetch_input_memory_is_flat)
{
    ASSERT_EQ(coil_test_run(read_lines, NULL, 0), 0);
}
