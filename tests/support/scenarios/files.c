/* SPDX-License-Identifier: MIT */
/*
 * files.c - programs of files: scenario.h
 *
 * On the simulator a call on files runs in the loop's own thread, one turn later,
 * on the files of the machine.  What is left out: watching for changes, which the
 * simulator refuses (-ENOTSUP), and so does it child processes and streams over
 * descriptors.
 */
#include <string.h>

#include <coil/directory.h>
#include <coil/file.h>
#include <coil/file_stream.h>
#include <coil/path.h>
#include <coil/sleep.h>

#include "file_test.h"
#include "process.h"
#include "scenario.h"

static int descriptors_at_begin;

static int begin(void)
{
    begin_directory();
    put_file("from", "one\ntwo\n");
    descriptors_at_begin = descriptors();
    return 0;
}

/* What was begun ends, and then nothing is open. */
static void expect_rest(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(descriptors(), descriptors_at_begin);
    expect_file("from", "one\ntwo\n");
}

/* ---- copying ---- */

static int copy_bytes(struct coil_file *from, struct coil_file *to)
{
    char bytes[3];
    struct stat status;
    ptrdiff_t n = 0;

    do {
        n = coil_file_read(from, bytes, sizeof bytes);
        if (n > 0)
            n = coil_file_write(to, bytes, (size_t)n);
    } while (n > 0);
    if (n < 0)
        return (int)n;
    n = coil_file_stat(to, &status);
    if (n == 0)
        ASSERT_EQ(status.st_size, 8);
    return (int)n;
}

static int copy(void *arg)
{
    struct coil_file *from;
    struct coil_file *to;
    int rc = coil_file_open(&from, in_directory("from"), O_RDONLY, 0);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_file_open(&to, in_directory("to"), O_RDWR | O_CREAT | O_TRUNC,
                        0600);
    if (rc == 0) {
        rc = copy_bytes(from, to);
        if (rc == 0)
            rc = coil_file_close(to);
        else
            coil_file_abort(to);
    }
    coil_file_abort(from);
    return rc;
}

static void probe_copy(void)
{
    expect_rest();
    ASSERT_EQ(copy(NULL), 0);
    expect_rest();
    expect_file("to", "one\ntwo\n");
}

/* ---- lines, over streams ---- */

static int move_lines(struct coil_stream *in, struct coil_stream *out)
{
    char line[16];
    size_t size;
    int rc;

    do {
        rc = coil_stream_read_until(in, "\n", 1, line, sizeof line, &size);
        if (rc == 0)
            rc = coil_stream_write(out, line, size);
    } while (rc == 0);
    return rc == -EPIPE ? coil_stream_flush(out) : rc;
}

static int copy_lines(void *arg)
{
    struct coil_stream *in;
    struct coil_stream *out;
    int rc = coil_stream_open_file(&in, in_directory("from"), O_RDONLY, 0);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_stream_open_file(&out, in_directory("lines"),
                               O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (rc == 0) {
        rc = move_lines(in, out);
        coil_stream_abort(out);
    }
    coil_stream_abort(in);
    return rc;
}

static void probe_lines(void)
{
    expect_rest();
    ASSERT_EQ(copy_lines(NULL), 0);
    expect_rest();
    expect_file("lines", "one\ntwo\n");
}

/* ---- the whole file ---- */

static int begin_replacing(void)
{
    begin();
    put_file("page", "old");
    return 0;
}

static int replace(void *arg)
{
    (void)arg;
    return coil_file_replace(in_directory("page"), "new", 3, 0600);
}

/* It is the old page or the new one, and nothing is left beside it. */
static void probe_replacing(void)
{
    FILE *page;
    char text[8] = "";

    expect_rest();
    page = fopen(in_directory("page"), "r");
    ASSERT_NOT_NULL(page);
    ASSERT_EQ(fread(text, 1, sizeof text - 1, page), 3);
    fclose(page);
    ASSERT(strcmp(text, "old") == 0 || strcmp(text, "new") == 0);
    ASSERT_EQ(count_names(), 2);
    ASSERT_EQ(replace(NULL), 0);
    expect_rest();
    expect_file("page", "new");
    ASSERT_EQ(count_names(), 2);
}

/* ---- temporary files ---- */

static int write_temporary(void *arg)
{
    char *path = in_directory("temporary-XXXXXX");
    struct coil_file *file;
    char back[4] = "";
    ptrdiff_t n = coil_file_mkstemp(&file, path);

    (void)arg;
    if (n < 0) {
        ASSERT_STR_CONTAINS(path, "-XXXXXX");
        return (int)n;
    }
    n = coil_file_pwrite(file, "abc", 3, 0);
    if (n == 3)
        n = coil_file_pread(file, back, 3, 0);
    if (n == 3)
        ASSERT_STR_EQ(back, "abc");
    coil_file_abort(file);
    ASSERT_EQ(unlink(path), 0);
    return n < 0 ? (int)n : 0;
}

static void probe_temporary(void)
{
    expect_rest();
    ASSERT_EQ(count_names(), 1);
    ASSERT_EQ(write_temporary(NULL), 0);
    expect_rest();
    ASSERT_EQ(count_names(), 1);
}

/* ---- trees ---- */

static int walk(const char *path, int *count)
{
    struct coil_directory_entry entry;
    struct coil_directory *directory;
    int rc = coil_directory_walk(&directory, path);

    *count = 0;
    if (rc < 0)
        return rc;
    do {
        rc = coil_directory_read(directory, &entry);
        *count += rc > 0;
    } while (rc > 0);
    coil_directory_close(directory);
    return rc;
}

static int plant(void *arg)
{
    int count;
    int rc = coil_path_mkdir_all(in_directory("tree/a"), 0700);

    (void)arg;
    if (rc == 0)
        rc = coil_path_rename(in_directory("tree/a"), in_directory("tree/b"));
    if (rc == 0)
        rc = walk(in_directory("tree"), &count);
    if (rc == 0) {
        ASSERT_EQ(count, 1);
        rc = coil_path_remove_all(in_directory("tree"));
    }
    return rc;
}

static void probe_trees(void)
{
    expect_rest();
    if (count_names() > 1)
        ASSERT_EQ(coil_path_remove_all(in_directory("tree")), 0);
    ASSERT_EQ(plant(NULL), 0);
    expect_rest();
    ASSERT_EQ(count_names(), 1);
}

/* ---- locks ---- */

static int hold_lock(void *arg)
{
    struct coil_file *file;
    int rc = coil_file_open(&file, in_directory("from"), O_RDWR, 0);

    if (rc < 0)
        return rc;
    rc = coil_file_lock(file, COIL_FILE_EXCLUSIVE, 0, 0);
    if (rc == 0)
        rc = arg ? coil_sleep(COIL_SECOND) : coil_yield();
    coil_file_abort(file);
    return rc;
}

static int begin_locking(void)
{
    begin();
    return help(hold_lock, &descriptors_at_begin);
}

static void probe_locking(void)
{
    expect_helpers();
    expect_rest();
    ASSERT_EQ(hold_lock(NULL), 0);
    expect_rest();
}

const struct scenario scenarios_files[] = {
    { "file", begin, copy, probe_copy, end_directory },
    { "file_lines", begin, copy_lines, probe_lines, end_directory },
    { "file_replace", begin_replacing, replace, probe_replacing,
      end_directory },
    { "file_temporary", begin, write_temporary, probe_temporary,
      end_directory },
    { "file_trees", begin, plant, probe_trees, end_directory },
    { "file_locked", begin_locking, hold_lock, probe_locking, end_directory },
    { NULL },
};
