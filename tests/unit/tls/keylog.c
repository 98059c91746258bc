/* SPDX-License-Identifier: MIT */
/*
 * SSLKEYLOGFILE: the keys of the sessions, for those alone who may read them.
 */
#include <coil/tls.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"

#include "child.h"
#include "stream_test.h"
#include "tls_test.h"

static char path[64];

/* Before the first context of a process. */
static void log_into_new_folder(void)
{
    strcpy(path, "/tmp/coil-keylog-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(path));
    strcat(path, "/keys");
    ASSERT_EQ(setenv("SSLKEYLOGFILE", path, 1), 0);
}

static void remove_folder(void)
{
    (void)unlink(path);
    *strrchr(path, '/') = '\0';
    ASSERT_EQ(rmdir(path), 0);
}

static size_t lines_of(const char *label)
{
    struct coil_buffer text = { .is_secret = true };
    size_t count = 0;

    ASSERT_EQ(coil__file_read(path, 1 << 20, &text), 0);
    ASSERT_EQ(coil__buffer_append(&text, "", 1), 0);
    for (char *at = (char *)coil__buffer_bytes(&text);; at++) {
        at = strstr(at, label);
        if (!at)
            break;
        count++;
    }
    coil__buffer_fini(&text);
    return count;
}

static void talk(void)
{
    struct pair p;

    tls_world_open();
    p = tls_connected(world.client_context);
    hang_up(&p);
    tls_world_close();
}

static int talk_twice(void *arg)
{
    (void)arg;
    talk();
    talk();
    return 0;
}

/* In a process of its own, which keeps the file open until it ends. */
static void run_process(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_run(talk_twice, NULL, 0), 0);
}

static void run_with_log(void)
{
    child_run(&the_child, run_process, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

/* Both sides of a connection are here: each logs its keys. */
TEST(keylog_has_the_keys_of_each_session)
{
    struct stat status;

    log_into_new_folder();
    run_with_log();
    ASSERT_EQ(stat(path, &status), 0);
    ASSERT_EQ(status.st_mode & 0777, 0600);
    ASSERT_EQ(lines_of("\nCLIENT_TRAFFIC_SECRET_0 "), 4);
    ASSERT_EQ(lines_of("\nSERVER_TRAFFIC_SECRET_0 "), 4);
    remove_folder();
}

/* What was in the file stays, and who may read it is not changed. */
TEST(keylog_is_appended_to)
{
    struct stat status;
    FILE *file;

    log_into_new_folder();
    file = fopen(path, "w");
    ASSERT_NOT_NULL(file);
    fputs("# of yesterday\n", file);
    fclose(file);
    ASSERT_EQ(chmod(path, 0640), 0);
    run_with_log();
    ASSERT_EQ(lines_of("# of yesterday\n"), 1);
    ASSERT_EQ(lines_of("\nCLIENT_TRAFFIC_SECRET_0 "), 4);
    ASSERT_EQ(stat(path, &status), 0);
    ASSERT_EQ(status.st_mode & 0777, 0640);
    remove_folder();
}

/* A log that cannot be written does not keep anybody from talking. */
TEST(keylog_that_cannot_be_written_is_done_without)
{
    ASSERT_EQ(setenv("SSLKEYLOGFILE", "/missing/folder/keys", 1), 0);
    run_with_log();
}

TEST(keylog_without_a_name_is_none)
{
    ASSERT_EQ(setenv("SSLKEYLOGFILE", "", 1), 0);
    run_with_log();
}
