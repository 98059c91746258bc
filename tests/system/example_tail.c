/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * examples/tail.c, end to end: a file that grows, is truncated, and is rotated.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "program.h"
#include "test.h"

static struct program tail;
static char folder[] = "/tmp/coil-tail-XXXXXX";
static char path[64];

static const char *in_folder(const char *name)
{
    static char paths[2][64];
    static int next;
    char *at = paths[next++ % 2];

    snprintf(at, sizeof paths[0], "%s/%s", folder, name);
    return at;
}

static void start_tail(void)
{
    const char *argv[] = { program_path("examples/tail"), path, NULL };

    program_start(&tail, argv, NULL);
}

static void make_folder(void)
{
    program_path("examples/tail"); /* a test that is skipped leaves nothing */
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s", in_folder("log"));
}

static void stop_and_clean(int number)
{
    ASSERT_OK(kill(tail.pid, number));
    ASSERT_EQ(program_wait(&tail), 128 + number);
    remove_folder(folder);
}

static void put(const char *name, int flags, const char *text)
{
    int fd =
        open(in_folder(name), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

    ASSERT_OK(fd);
    ASSERT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void add(const char *text)
{
    put("log", O_APPEND, text);
}

static void await(const char *text)
{
    ASSERT_NOT_NULL(program_await(&tail, text));
}

TEST(example_tail_shows_what_is_added)
{
    make_folder();
    add("one\n");
    start_tail();
    await("one\n");
    add("two\n");
    await("two\n");
    add("without an end");
    await("without an end");
    add("\n");
    put("another", 0, "nothing of this file");
    add("three\n");
    await("three\n");
    stop_and_clean(SIGTERM);
    ASSERT_STR_EQ(tail.out, "one\ntwo\nwithout an end\nthree\n");
    ASSERT_STR_EQ(tail.err, "");
}

TEST(example_tail_shows_a_truncated_file_from_its_beginning)
{
    make_folder();
    add("a first line, which is long\n");
    start_tail();
    await("long\n");
    put("log", O_TRUNC, "short\n");
    await("short\n");
    add("and more\n");
    await("and more\n");
    ASSERT_OK(truncate(path, 0));
    await("truncated\n");
    add("again\n");
    await("again\n");
    stop_and_clean(SIGTERM);
    ASSERT_STR_EQ(tail.out, "a first line, which is long\nshort\nand more\n"
                            "again\n");
    ASSERT_STR_CONTAINS(tail.err, "/log was truncated\n");
}

TEST(example_tail_follows_a_rotation)
{
    make_folder();
    add("one\n");
    start_tail();
    await("one\n");
    ASSERT_OK(rename(path, in_folder("log.1")));
    put("log.1", O_APPEND, "late\n");
    await("late\n");
    add("two\n");
    await("two\n");
    /* At once, without a moment in which there is no file of this name. */
    put("log.new", 0, "three\n");
    put("log", O_APPEND, "last\n");
    ASSERT_OK(rename(in_folder("log.new"), path));
    await("three\n");
    add("four\n");
    await("four\n");
    stop_and_clean(SIGINT);
    ASSERT_STR_EQ(tail.out, "one\nlate\ntwo\nlast\nthree\nfour\n");
    ASSERT_STR_CONTAINS(tail.err, "/log is another file now\n");
}

/* A rotation may be a link that leads elsewhere, too. */
TEST(example_tail_follows_a_link)
{
    char names[2][80];

    make_folder();
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(mkdir(in_folder(i ? "b" : "a"), 0700));
        put(i ? "b/file" : "a/file", 0, i ? "of b\n" : "of a\n");
        snprintf(names[i], sizeof names[i], "%s",
                 in_folder(i ? "b/file" : "a/file"));
    }
    ASSERT_OK(symlink(names[0], path));
    start_tail();
    await("of a\n");
    put("a/file", O_APPEND, "more of a\n");
    await("more of a\n");
    ASSERT_OK(symlink(names[1], in_folder("new")));
    ASSERT_OK(rename(in_folder("new"), path));
    await("of b\n");
    put("b/file", O_APPEND, "more of b\n");
    await("more of b\n");
    stop_and_clean(SIGTERM);
    ASSERT_STR_EQ(tail.out, "of a\nmore of a\nof b\nmore of b\n");
}

TEST(example_tail_waits_for_a_file_that_is_not_there)
{
    make_folder();
    put("another", 0, "");
    start_tail();
    add("one\n");
    await("one\n");
    ASSERT_OK(unlink(path));
    add("two\n");
    await("two\n");
    stop_and_clean(SIGTERM);
    ASSERT_STR_EQ(tail.out, "one\ntwo\n");
}

TEST(example_tail_says_why_it_cannot)
{
    const char *argv[] = { program_path("examples/tail"), "/nowhere/log",
                           NULL };

    ASSERT_EQ(program_run(&tail, argv, NULL), 1);
    ASSERT_STR_EQ(tail.err, "tail: No such file or directory\n");
    argv[1] = "/";
    ASSERT_EQ(program_run(&tail, argv, NULL), 1);
    ASSERT_STR_EQ(tail.err, "tail: Is a directory\n");
    argv[1] = NULL;
    ASSERT_EQ(program_run(&tail, argv, NULL), 2);
    ASSERT_STR_CONTAINS(tail.err, "usage: tail");
}
