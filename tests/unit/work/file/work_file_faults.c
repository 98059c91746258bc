/* SPDX-License-Identifier: MIT */
/* WRAPS: pwrite fdatasync fsync renameat openat ftruncate */
/* TIMEOUT: 120 */
/*
 * A queue in a file when the disk is full or fails, and when the process or the power
 * goes away before any call: who was told that it is kept finds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/work.h>
#include <coil/work_right.h>

#include "simulated.h"
#include "work_file_test.h"

/* ---- the kernel ---- */

enum call { NO_CALL, WRITE, HALF, DATASYNC, SYNC, SYNC_FOLDER, RENAME, MAKE };

static enum call failing; /* each such call fails with … */
static int error;
static int failures =
    1000000; /* so many of them, and then it does what is asked */

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __real_openat(int folder, const char *name, int flags, ...);
int __wrap_openat(int folder, const char *name, int flags, ...);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);

static void before_call(void);
static void note_synced(int fd);
static void note_folder(void);

static int fail(void)
{
    errno = error;
    return -1;
}

static bool is_folder(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    before_call();
    if (failing == WRITE)
        return fail();
    if (failing == HALF && size == 1)
        return fail();
    return __real_pwrite(fd, bytes, failing == HALF ? size / 2 : size, at);
}

int __wrap_fdatasync(int fd)
{
    int rc;

    before_call();
    if (failing == DATASYNC && failures-- > 0)
        return fail();
    rc = __real_fdatasync(fd);
    note_synced(fd);
    return rc;
}

int __wrap_fsync(int fd)
{
    before_call();
    if (failing == (is_folder(fd) ? SYNC_FOLDER : SYNC))
        return fail();
    if (is_folder(fd))
        note_folder();
    else
        note_synced(fd);
    return __real_fsync(fd);
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    before_call();
    if (failing == RENAME)
        return fail();
    return __real_renameat(from, old, to, new);
}

int __wrap_openat(int folder, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list list;

    if (flags & O_CREAT) {
        va_start(list, flags);
        mode = va_arg(list, mode_t);
        va_end(list);
    }
    before_call();
    if (failing == MAKE && flags & O_TRUNC)
        return fail();
    return __real_openat(folder, name, flags, mode);
}

int __wrap_ftruncate(int fd, off_t size)
{
    before_call();
    return __real_ftruncate(fd, size);
}

/* ---- images: what is found after a crash ---- */

/* The journal at a moment, when so many jobs were acknowledged. */
struct image {
    char *bytes;
    size_t size;
    int put;
    int done;
};

enum { IMAGES = 4000 };

static bool takes_images;
static struct image images[IMAGES];
static int image_count;
static int acknowledged_put, acknowledged_done;

/* What the disk has of a file, by its inode. */
struct synced {
    ino_t inode;
    char *bytes;
    size_t size;
};

enum { FILES = 64 };

static struct synced files[FILES];
static int file_count;
static ino_t in_folder; /* the journal, by what the disk has of the folder */

static char *copy_of(const char *path, size_t *size, ino_t *inode)
{
    int fd = __real_openat(AT_FDCWD, path, O_RDONLY);
    struct stat status;
    char *bytes;

    if (fd < 0)
        return NULL;
    ASSERT_EQ(fstat(fd, &status), 0);
    *size = (size_t)status.st_size;
    *inode = status.st_ino;
    bytes = calloc(1, *size + 1);
    ASSERT_NOT_NULL(bytes);
    ASSERT_EQ(pread(fd, bytes, *size, 0), (ssize_t)*size);
    close(fd);
    return bytes;
}

static void add_image(char *bytes, size_t size)
{
    ASSERT_LT(image_count, IMAGES);
    images[image_count++] = (struct image){
        .bytes = bytes,
        .size = size,
        .put = acknowledged_put,
        .done = acknowledged_done,
    };
}

static void add_copy(const struct synced *file)
{
    char *bytes = calloc(1, file->size + 1);

    ASSERT_NOT_NULL(bytes);
    memcpy(bytes, file->bytes, file->size);
    add_image(bytes, file->size);
}

static struct synced *find_synced(ino_t inode)
{
    for (int i = 0; i < file_count; i++)
        if (files[i].inode == inode)
            return &files[i];
    return NULL;
}

/* What kill -9 leaves, and what a power cut leaves, just before this call. */
static void before_call(void)
{
    struct synced *file;
    ino_t inode = 0;
    size_t size;
    char *bytes;

    if (!takes_images)
        return;
    bytes = copy_of(in_directory("q/work.journal"), &size, &inode);
    if (bytes)
        add_image(bytes, size);
    file = find_synced(in_folder);
    if (file)
        add_copy(file);
    /* The disk may have more of the folder than was asked for. */
    file = inode != in_folder ? find_synced(inode) : NULL;
    if (bytes && inode != in_folder) {
        ASSERT_NOT_NULL(file);
        add_copy(file);
    }
}

static void note_synced(int fd)
{
    struct stat status;
    struct synced *file;

    if (!takes_images)
        return;
    ASSERT_EQ(fstat(fd, &status), 0);
    file = find_synced(status.st_ino);
    if (!file) {
        ASSERT_LT(file_count, FILES);
        file = &files[file_count++];
    }
    free(file->bytes);
    file->inode = status.st_ino;
    file->size = (size_t)status.st_size;
    file->bytes = calloc(1, file->size + 1);
    ASSERT_NOT_NULL(file->bytes);
    ASSERT_EQ(pread(fd, file->bytes, file->size, 0), (ssize_t)file->size);
}

static void note_folder(void)
{
    struct stat status;

    if (takes_images && stat(in_directory("q/work.journal"), &status) == 0)
        in_folder = status.st_ino;
}

/* ---- tests of errors ---- */

static const struct coil_work_options options = { .name = NULL };

static void begin(void)
{
    failing = NO_CALL;
    takes_images = false;
    begin_directory();
}

#define FAULT_TEST(name) SIMULATED_TEST(name, begin, end_directory, 0, 0)

static int put(const char *id)
{
    return coil_work_put(
        work, &(struct coil_work_item){ .id = id, .body = id, .size = 1 });
}

/* Nothing goes on until the queue is opened anew. */
static void expect_broken(int rc)
{
    struct coil_work_right right;
    struct coil_work_stats stats;
    struct coil_work_dead dead;
    struct coil_job job;

    ASSERT_EQ(put("later"), rc);
    ASSERT_EQ(coil_work_try_get(work, &job), rc);
    ASSERT_EQ(coil_work_get(work, &job), rc);
    ASSERT_EQ(coil_work_pause(work, "g", 1), rc);
    ASSERT_EQ(coil_work_stats(work, &stats), rc);
    ASSERT_EQ(coil_work_join(work), rc);
    ASSERT_EQ(coil_work_list_dead(work, 0, &dead, 1), rc);
    ASSERT_EQ(coil_work_revive(work, NULL), rc);
    ASSERT_EQ(coil_work_lock_acquire(&right, work, "lock"), rc);
    ASSERT_EQ(coil_work_rate_acquire(work, "rate", 1, 1), rc);
}

static void break_at_put(enum call call, int code)
{
    struct coil_work *first;

    open_file("q", &options);
    ASSERT_EQ(put("a"), 1);
    failing = call;
    error = code;
    ASSERT_EQ(put("b"), -code);
    failing = NO_CALL;
    expect_broken(-code);
    /* Another handle of the same process is told as well. */
    first = work;
    ASSERT_EQ(try_open_file("q", &options), -code);
    work = first;
    close_work();
    open_file("q", &options);
    ASSERT_EQ(put("a"), 0);
    /* What was said to have failed is not there. */
    ASSERT_EQ(put("b"), 1);
    finish_job("a");
    finish_job("b");
    close_work();
}

FAULT_TEST(work_file_on_a_full_disk_fails_until_it_is_opened_anew)
{
    break_at_put(WRITE, ENOSPC);
}

FAULT_TEST(work_file_on_a_disk_that_is_full_in_the_middle_of_a_write)
{
    break_at_put(HALF, ENOSPC);
}

/* The kernel says it once, and has dropped what could not be written. */
FAULT_TEST(work_file_believes_no_sync_after_one_that_has_failed)
{
    failures = 1;
    break_at_put(DATASYNC, EIO);
}

FAULT_TEST(work_file_gives_no_job_whose_delivery_is_not_kept)
{
    struct coil_job job;

    open_file("q", &options);
    ASSERT_EQ(put("a"), 1);
    failing = DATASYNC;
    error = EIO;
    ASSERT_EQ(coil_work_get(work, &job), -EIO);
    failing = NO_CALL;
    close_work();
    open_file("q", &options);
    finish_job("a");
    close_work();
}

FAULT_TEST(work_file_says_that_an_end_is_not_kept)
{
    struct coil_job job;

    open_file("q", &options);
    ASSERT_EQ(put("a"), 1);
    get_job(&job, "a");
    failing = WRITE;
    error = EDQUOT;
    ASSERT_EQ(coil_job_done(&job), -EDQUOT);
    failing = NO_CALL;
    reopen_file("q", &options);
    try_get_job(&job, "a");
    ASSERT_EQ(job.delivery, 2);
    ASSERT_EQ(coil_job_done(&job), 0);
    close_work();
}

FAULT_TEST(work_file_that_cannot_be_made_is_not_opened)
{
    static const enum call calls[] = { WRITE,  HALF, SYNC,
                                       RENAME, MAKE, SYNC_FOLDER };

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        failing = calls[i];
        error = ENOSPC;
        ASSERT_EQ(try_open_file("q", &options), -ENOSPC);
        ASSERT_NULL(work);
    }
    failing = NO_CALL;
    open_file("q", &options);
    close_work();
}

/* ---- a new file ---- */

enum { BODY = 100 * 1000, ROUNDS = 30 };

static char body[BODY];

/* Puts and does jobs until the file has been written anew. */
static void put_large(int number)
{
    char id[16];

    snprintf(id, sizeof id, "%d", number);
    ASSERT_EQ(coil_work_put(work, &(struct coil_work_item){ .id = id,
                                                            .body = body,
                                                            .size = BODY }),
              1);
    acknowledged_put++;
}

static void do_large(void)
{
    struct coil_job job;

    ASSERT_EQ(coil_work_get(work, &job), 0);
    ASSERT_EQ(coil_job_done(&job), 0);
    acknowledged_done++;
}

static off_t journal_size(void)
{
    struct stat status;

    ASSERT_EQ(stat(in_directory("q/work.journal"), &status), 0);
    return status.st_size;
}

FAULT_TEST(work_file_that_has_become_long_is_written_anew)
{
    off_t most = 0;

    open_file("q", &options);
    for (int i = 0; i < ROUNDS; i++) {
        put_large(i);
        do_large();
        if (most < journal_size())
            most = journal_size();
    }
    ASSERT_GT(most, 1000000);
    ASSERT_LT(most, 1500000);
    ASSERT_EQ(access(in_directory("q/work.new"), F_OK), -1);
    reopen_file("q", &options);
    for (int i = 0; i < ROUNDS; i++) {
        char id[16];

        snprintf(id, sizeof id, "%d", i);
        ASSERT_EQ(put(id), 0);
    }
    expect_none();
    close_work();
}

FAULT_TEST(work_file_that_cannot_be_written_anew_goes_on)
{
    static const enum call calls[] = { SYNC, MAKE };

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        open_file(i == 0 ? "q" : "q2", &options);
        failing = calls[i];
        error = ENOSPC;
        for (int k = 0; k < ROUNDS; k++) {
            put_large(k);
            do_large();
        }
        ASSERT(i > 0 || journal_size() > ROUNDS * BODY);
        failing = NO_CALL;
        put_large(ROUNDS);
        reopen_file(i == 0 ? "q" : "q2", &options);
        expect_stats(&(struct coil_work_stats){
            .put = ROUNDS + 1, .done = ROUNDS, .queued = 1 });
        do_large();
        close_work();
    }
}

static void break_new_file(const char *name, enum call call)
{
    int rc = 1;

    open_file(name, &options);
    ASSERT_EQ(put("a"), 1);
    failing = call;
    error = EIO;
    for (int k = 0; rc == 1 && k < ROUNDS; k++) {
        struct coil_job job;
        char id[16];

        snprintf(id, sizeof id, "%d", k);
        rc = coil_work_put(work, &(struct coil_work_item){
                                     .id = id, .body = body, .size = BODY });
        if (rc == 1 && coil_work_get(work, &job) == 0)
            (void)!coil_job_done(&job);
    }
    ASSERT_EQ(rc, -EIO);
    failing = NO_CALL;
    expect_broken(-EIO);
    close_work();
    open_file(name, &options);
    ASSERT_EQ(put("a"), 0);
    close_work();
}

FAULT_TEST(work_file_whose_new_file_may_be_lost_is_broken)
{
    break_new_file("q", SYNC_FOLDER);
    break_new_file("r", RENAME);
}

/* ---- crashes ---- */

/* Each job that was acknowledged is there, or was done. */
static void expect_image(const struct image *image)
{
    struct coil_work_stats stats;

    write_journal("found", image->bytes, image->size);
    open_file("found", &(struct coil_work_options){ .allow_volatile = true,
                                                    .max_deliveries = 100 });
    ASSERT_EQ(coil_work_stats(work, &stats), 0);
    ASSERT_GE(stats.put, (uint64_t)image->put);
    ASSERT_LE(stats.put, (uint64_t)image->put + 1);
    ASSERT_GE(stats.done, (uint64_t)image->done);
    ASSERT_LE(stats.done, (uint64_t)image->done + 1);
    ASSERT_EQ(stats.put, stats.queued + stats.done);
    for (uint64_t i = stats.done; i < stats.put; i++) {
        struct coil_job job;

        ASSERT_EQ(coil_work_try_get(work, &job), 0);
        ASSERT_EQ(atoi(job.id), (int)i);
        ASSERT_EQ(job.size, BODY);
        ASSERT_EQ(coil_job_done(&job), 0);
    }
    close_work();
}

FAULT_TEST(work_file_has_what_was_acknowledged_wherever_it_crashes)
{
    acknowledged_put = 0;
    acknowledged_done = 0;
    takes_images = true;
    open_file("q", &options);
    for (int i = 0; i < 14; i++) {
        put_large(i);
        if (i > 0)
            do_large();
    }
    takes_images = false;
    close_work();
    ASSERT_GT(image_count, 100);
    for (int i = 0; i < image_count; i++) {
        expect_image(&images[i]);
        free(images[i].bytes);
    }
    printf("%d images of %d files\n", image_count, file_count);
    for (int i = 0; i < file_count; i++)
        free(files[i].bytes);
}
