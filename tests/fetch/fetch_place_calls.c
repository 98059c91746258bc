/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* WRAPS: open pwrite pread renameat2 rename link fdatasync fsync ftruncate flock lstat stat fstat mkdir unlink statvfs fchmod read */
/*
 * Each system call that keeps a file fails in its turn: then the final name has a
 * whole file or none, and the same is done without trouble afterwards.
 */
#include "output/place.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fetch/support/place_test.h"
#include "file_test.h"

static size_t countdown; /* 0: none fails */
static int failure;
static const char *failed; /* the call's name */

/* What a filesystem does not have. */
static struct {
    const char *name; /* NULL: it has all */
    int error;
} lacks[2];

static bool fails(const char *name)
{
    for (size_t i = 0; i < 2 && lacks[i].name; i++)
        if (strcmp(lacks[i].name, name) == 0) {
            errno = lacks[i].error;
            return true;
        }
    if (countdown == 0 || --countdown > 0)
        return false;
    failed = name;
    errno = failure;
    return true;
}

#define WRAP(type, name, parameters, arguments)                                \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters                                              \
    {                                                                          \
        return fails(#name) ? -1 : __real_##name arguments;                    \
    }

WRAP(ssize_t, pwrite, (int fd, const void *b, size_t n, off_t at),
     (fd, b, n, at))
WRAP(ssize_t, pread, (int fd, void *b, size_t n, off_t at), (fd, b, n, at))
WRAP(ssize_t, read, (int fd, void *b, size_t n), (fd, b, n))
WRAP(int, renameat2,
     (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, link, (const char *from, const char *to), (from, to))
/* The disk itself is of no interest here, and takes its time. */
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);

int __wrap_fdatasync(int fd)
{
    (void)fd;
    return fails("fdatasync") ? -1 : 0;
}

int __wrap_fsync(int fd)
{
    (void)fd;
    return fails("fsync") ? -1 : 0;
}
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, flock, (int fd, int how), (fd, how))
WRAP(int, lstat, (const char *path, struct stat *status), (path, status))
WRAP(int, stat, (const char *path, struct stat *status), (path, status))
WRAP(int, fstat, (int fd, struct stat *status), (fd, status))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, statvfs, (const char *path, struct statvfs *status), (path, status))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("open") ? -1 : __real_open(path, flags, mode);
}

/* ---- scenarios --------------------------------------------------------------- */

enum { BIG = 100000 };

static const struct coil_http_header etag[] = { { "ETag", "\"a\"" } };
static const struct place_response with_etag = {
    .status = 200, .headers = etag, .header_count = 1, .size = BIG
};

/* Keep a file; returns the first error, and then the place is abandoned. */
static int keep_bytes(struct places *places, const struct job *job,
                      const unsigned char *bytes, size_t size)
{
    enum part_verdict verdict;
    struct place *place;
    size_t from = 0;
    bool is_committed;
    int rc = place_open(&place, places, job, NULL);

    if (rc < 0)
        return rc;
    if (place_size(place) > 0) {
        const struct coil_http_header range = { "Content-Range",
                                                "bytes 70000-99999/100000" };
        const struct place_response rest = {
            .status = 206, .headers = &range, .header_count = 1, .size = -1
        };

        rc = place_response(place, &rest, &verdict);
        if (rc == 0 && verdict == PART_REST)
            from = (size_t)place_size(place);
        else if (rc == 0)
            rc = place_response(place, &with_etag, &verdict);
    } else {
        rc = place_response(place, &with_etag, &verdict);
    }
    if (rc == 0)
        rc = place_write(place, bytes + from, size - from);
    if (rc == 0)
        rc = place_commit(place);
    is_committed = place_is_committed(place);
    ASSERT(rc < 0 || is_committed);
    (void)!place_abandon(place);
    return is_committed ? 0 : rc;
}

/* The first 70,000 bytes are there. */
static void leave_part(struct places *places, const struct job *job,
                       const unsigned char *bytes)
{
    enum part_verdict verdict;
    struct place *place;

    ASSERT_EQ(place_open(&place, places, job, NULL), 0);
    ASSERT_EQ(place_response(place, &with_etag, &verdict), 0);
    ASSERT_EQ(place_write(place, bytes, 70000), 0);
    ASSERT_EQ(place_abandon(place), 0);
}

static bool is_whole(const char *name, size_t size)
{
    FILE *f = fopen(in_directory(name), "r");
    static unsigned char found[BIG + 1];
    unsigned char *expected;

    if (!f)
        return false;
    ASSERT_EQ(fread(found, 1, BIG + 1, f), size);
    fclose(f);
    expected = make_bytes(size);
    ASSERT_EQ(memcmp(found, expected, size), 0);
    free(expected);
    return true;
}

enum { OVERWRITES = 1, CONTINUES = 2, CLAIMS = 4, RESUMES = 8 };

static int allow_claim(void *arg, const struct job *job, const char *path)
{
    (void)arg;
    (void)job;
    (void)path;
    return 0;
}

/* The n-th call fails.  Returns false if there was no n-th call. */
static bool fail_once(size_t n, int error, unsigned way, size_t size,
                      const unsigned char *bytes)
{
    struct place_options options = options_here("d/e/{file}");
    struct places places;
    struct job *job = job_for("http://h/a");
    int rc;

    options.has_no_sync = false;
    options.min_space = 1;
    options.overwrites = way & OVERWRITES;
    options.continues = way & CONTINUES;
    options.resumes = way & RESUMES;
    options.claim = way & CLAIMS ? allow_claim : NULL;
    places_init(&places, &options);
    if (way & CONTINUES)
        leave_part(&places, job, bytes);
    failed = NULL;
    failure = error;
    countdown = n;
    rc = keep_bytes(&places, job, bytes, size);
    countdown = 0;
    if (rc == 0)
        ASSERT(is_whole("d/e/a", size) || is_whole("d/e/a.1", size));
    else
        ASSERT(!is_whole("d/e/a", size));
    /* All is well again: the same URL once more. */
    ASSERT_EQ(keep_bytes(&places, job, bytes, size), 0);
    ASSERT(is_whole("d/e/a", size) || is_whole("d/e/a.1", size));
    if (failed && strcmp(failed, "unlink") != 0 && rc == 0)
        ASSERT_LE(count_files(".part"), 1u);
    job_free(job);
    places_fini(&places);
    return failed != NULL;
}

static void fail_each(unsigned way, size_t size)
{
    static const int errors[] = { EIO, EINVAL };
    unsigned char *bytes = make_bytes(BIG);

    for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++)
        for (size_t n = 1;; n++) {
            bool has_failed;

            begin_directory();
            has_failed = fail_once(n, errors[e], way, size, bytes);
            end_directory();
            if (!has_failed)
                break;
        }
    free(bytes);
}

static int fail_small(void *arg)
{
    (void)arg;
    fail_each(0, 100);
    fail_each(CLAIMS | RESUMES, 100);
    fail_each(OVERWRITES, 100);
    return 0;
}

static int fail_big(void *arg)
{
    (void)arg;
    fail_each(0, BIG);
    fail_each(CONTINUES, BIG);
    fail_each(CONTINUES | OVERWRITES | RESUMES, BIG);
    return 0;
}

TEST(fetch_place_calls_that_fail_for_a_small_file)
{
    ASSERT_EQ(coil_test_run(fail_small, NULL, 0), 0);
}

TEST(fetch_place_calls_that_fail_for_a_big_file)
{
    ASSERT_EQ(coil_test_run(fail_big, NULL, 0), 0);
}

/* ---- filesystems that cannot do all ------------------------------------------- */

/* Names are as safe there. */
static void keep_without(const char *one, int its_error, const char *other,
                         int error_of_other)
{
    struct place_options options;
    struct places places;
    struct job *job = job_for("http://h/1/a");
    unsigned char *bytes = make_bytes(100);

    begin_directory();
    options = options_here("{file}");
    places_init(&places, &options);
    put_file("a", "mine");
    lacks[0].name = one;
    lacks[0].error = its_error;
    lacks[1].name = other;
    lacks[1].error = error_of_other;
    ASSERT_EQ(keep_bytes(&places, job, bytes, 100), 0);
    lacks[0].name = lacks[1].name = NULL;
    ASSERT(is_whole("a.1", 100));
    expect_file("a", "mine");
    ASSERT_EQ(count_names(), 2u);
    free(bytes);
    job_free(job);
    places_fini(&places);
    end_directory();
}

static int keep_on_all_filesystems(void *arg)
{
    (void)arg;
    keep_without("renameat2", EINVAL, NULL, 0);
    keep_without("renameat2", ENOSYS, "link", EPERM);
    keep_without("flock", EOPNOTSUPP, NULL, 0);
    return 0;
}

TEST(fetch_place_calls_that_a_filesystem_lacks)
{
    ASSERT_EQ(coil_test_run(keep_on_all_filesystems, NULL, 0), 0);
}
