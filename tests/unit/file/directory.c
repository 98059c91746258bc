/* SPDX-License-Identifier: MIT */
/*
 * Directories: each entry once, and all below, also after a cancellation.
 */
#include <unistd.h>

#include <coil/directory.h>
#include <coil/path.h>

#include "file_test.h"

enum { MANY = 700 };

static unsigned char seen[MANY];

static void make_many(void)
{
    char name[16];

    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%d", i);
        put_file(name, "");
        if (i % 50 == 0)
            settle();
    }
    memset(seen, 0, sizeof seen);
}

static void note(const struct coil_directory_entry *entry)
{
    seen[atoi(entry->name)]++;
    ASSERT_STR_EQ(entry->path, in_directory(entry->name));
    ASSERT_EQ(entry->depth, 0);
    ASSERT_NE(entry->inode, 0);
}

static void check_all_seen(void)
{
    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(seen[i], 1);
}

static int read_all(void *arg)
{
    struct coil_directory *d = arg;
    struct coil_directory_entry entry;
    int rc;

    while ((rc = coil_directory_read(d, &entry)) > 0)
        note(&entry);
    return rc;
}

FILE_KERNEL_TEST(directory_has_each_entry_once)
{
    struct coil_directory *d;

    make_many();
    ASSERT_EQ(coil_directory_open(&d, in_directory("")), 0);
    ASSERT_EQ(read_all(d), 0);
    ASSERT_EQ(read_all(d), 0);
    coil_directory_close(d);
    check_all_seen();
}

/* A batch whose task was cancelled is read again. */
FILE_KERNEL_TEST(directory_loses_nothing_by_cancellations)
{
    struct coil_directory *d;
    int rc = -ECANCELED;

    make_many();
    ASSERT_EQ(coil_directory_open(&d, in_directory("")), 0);
    for (int i = 0; i < 5 && rc < 0; i++) {
        struct coil_task *reader = start_waiting(read_all, d);

        coil_task_cancel(reader);
        rc = end_of(reader);
        ASSERT(rc == 0 || rc == -ECANCELED);
    }
    ASSERT_EQ(read_all(d), 0);
    coil_directory_close(d);
    check_all_seen();
}

static int read_one(void *arg)
{
    struct coil_directory_entry entry;

    return coil_directory_read(arg, &entry);
}

SOCKET_TEST(directory_is_read_by_one_at_a_time)
{
    struct coil_directory *d;
    struct coil_task *reader;

    if (seed != 0)
        return;
    begin_directory();
    put_file("a", "");
    ASSERT_EQ(coil_directory_open(&d, in_directory("")), 0);
    reader = start(read_one, d);
    turn();
    ASSERT_EQ(read_one(d), -EBUSY);
    ASSERT_EQ(end_of(reader), 1);
    ASSERT_EQ(read_one(d), 0);
    coil_directory_close(d);
    end_directory();
}

static void make_tree(void)
{
    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    ASSERT_EQ(mkdir(in_directory("d/e"), 0777), 0);
    ASSERT_EQ(mkdir(in_directory("s"), 0777), 0);
    put_file("a", "");
    put_file("d/b", "");
    put_file("d/e/c", "");
    put_file("s/x", "");
    ASSERT_EQ(symlink("..", in_directory("d/e/l")), 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The paths below the directory, sorted, and their kinds. */
static void walk(const char *skipped, const char *expected)
{
    char found[16][32];
    size_t count = 0;
    size_t root = strlen(in_directory(""));
    struct coil_directory_entry entry;
    struct coil_directory *d;
    char text[512] = "";
    int rc;

    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    while ((rc = coil_directory_read(d, &entry)) > 0) {
        snprintf(found[count++], 32, "%s:%c%u", entry.path + root,
                 entry.type == DT_DIR   ? 'd'
                 : entry.type == DT_LNK ? 'l'
                                        : 'f',
                 entry.depth);
        if (strcmp(entry.name, skipped) == 0)
            coil_directory_skip(d);
    }
    ASSERT_EQ(rc, 0);
    coil_directory_close(d);
    qsort(found, count, sizeof found[0], by_name);
    for (size_t i = 0; i < count; i++) {
        strcat(text, found[i]);
        strcat(text, " ");
    }
    ASSERT_STR_EQ(text, expected);
}

FILE_TEST(directory_walk_goes_everywhere_once)
{
    make_tree();
    walk("", "a:f0 d/b:f1 d/e/c:f2 d/e/l:l2 d/e:d1 d:d0 s/x:f1 s:d0 ");
    walk("d", "a:f0 d:d0 s/x:f1 s:d0 ");
    walk("e", "a:f0 d/b:f1 d/e:d1 d:d0 s/x:f1 s:d0 ");
}

FILE_TEST(directory_walk_leaves_out_what_has_gone)
{
    struct coil_directory_entry entry;
    struct coil_directory *d;
    int count = 0;

    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    ASSERT_EQ(mkdir(in_directory("e"), 0777), 0);
    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    while (coil_directory_read(d, &entry) > 0) {
        ASSERT_EQ(entry.depth, 0);
        if (++count == 2) {
            ASSERT_EQ(rmdir(in_directory("d")), 0);
            ASSERT_EQ(rmdir(in_directory("e")), 0);
            put_file("e", "");
        }
    }
    ASSERT_EQ(count, 2);
    coil_directory_close(d);
}

FILE_TEST(directory_that_cannot_be_opened)
{
    struct coil_directory *d = NULL;

    put_file("a", "");
    ASSERT_EQ(coil_directory_open(&d, in_directory("b")), -ENOENT);
    ASSERT_EQ(coil_directory_open(&d, in_directory("a")), -ENOTDIR);
    ASSERT_EQ(coil_directory_walk(&d, in_directory("b")), -ENOENT);
    ASSERT_NULL(d);
    coil_directory_close(NULL);
}

/* Closed in the middle, with directories that were still to come. */
FILE_TEST(directory_walk_given_up)
{
    struct coil_directory_entry entry;
    struct coil_directory *d;

    make_tree();
    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(coil_directory_read(d, &entry), 1);
    coil_directory_close(d);
}
