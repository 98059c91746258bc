/* SPDX-License-Identifier: MIT */
/* WRAPS: syscall pread fstat getrandom */
/*
 * Files of a directory when the kernel refuses a call, is an old one, has to
 * wait for the disk, or finds the file shorter than before.
 */
#include <coil/http_files.h>
#include <coil/http_server.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http/server/beneath.h"

#include "folder.h"
#include "http_server_test.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

enum { SIZE = 16000 }; /* larger ones are the business of the stream */

static char root[64];
static struct coil_http_files *files;
static int open_error, read_error, late_error, look_error, random_error;
static int interruptions;
static bool shrinks;

/* ---- the kernel ------------------------------------------------------- */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
ssize_t __real_getrandom(void *bytes, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags);

static int fail_with(int error)
{
    errno = error;
    return -1;
}

static void name_file(char path[200], const char *name)
{
    snprintf(path, 200, "%s/%s", root, name);
}

long __wrap_syscall(long number, ...)
{
    char path[200];
    long a[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_openat2 && open_error)
        return fail_with(open_error);
    if (number == SYS_preadv2 && shrinks) {
        name_file(path, "a");
        ASSERT_EQ(truncate(path, 0), 0);
    }
    if (number == SYS_preadv2 && read_error)
        return fail_with(read_error);
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
    if (interruptions > 0) {
        interruptions--;
        return fail_with(EINTR);
    }
    if (late_error)
        return fail_with(late_error);
    return __real_pread(fd, bytes, size, at);
}

int __wrap_fstat(int fd, struct stat *st)
{
    return look_error ? fail_with(look_error) : __real_fstat(fd, st);
}

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags)
{
    return random_error ? fail_with(random_error)
                        : __real_getrandom(bytes, size, flags);
}

/* ---- the directory ---------------------------------------------------- */

static void fill_file(void)
{
    unsigned char *bytes = make_bytes(SIZE);
    char path[200];
    FILE *file;

    name_file(path, "a");
    file = fopen(path, "w");
    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fwrite(bytes, 1, SIZE, file), SIZE);
    fclose(file);
    free(bytes);
}

static void begin(void)
{
    char path[200];

    open_error = read_error = late_error = look_error = random_error = 0;
    interruptions = 0;
    shrinks = false;
    strcpy(root, "/tmp/coil-files-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(root));
    fill_file();
    name_file(path, "dir");
    ASSERT_EQ(mkdir(path, 0700), 0);
    name_file(path, "dir/b");
    ASSERT_EQ(symlink("../a", path), 0);
    name_file(path, "dir/up");
    ASSERT_EQ(symlink("..", path), 0);
    serve_defaults();
    ASSERT_EQ(coil_http_files_new(&files, root, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/f/*",
                                     coil_http_files_serve, files),
              0);
}

static void end(void)
{
    ASSERT_EQ(report_count, 0);
    end_server();
    coil_http_files_free(files);
    remove_folder(root);
}

static void expect_whole(void)
{
    static char answer[SIZE + 1000];
    struct coil_stream *s = dial();

    send_text(s, "GET /f/a HTTP/1.0\r\n\r\n");
    ASSERT_GT(read_rest(s, answer, sizeof answer), SIZE);
    coil_stream_abort(s);
    check_bytes((const unsigned char *)body_in(answer), 0, SIZE);
}

/* The client gets less than was announced, and who serves hears why. */
static void expect_broken(int error)
{
    static char answer[SIZE + 1000];
    struct coil_stream *s = dial();

    send_text(s, "GET /f/a HTTP/1.0\r\n\r\n");
    ASSERT_LT(read_rest(s, answer, sizeof answer), SIZE);
    coil_stream_abort(s);
    ASSERT_UNSEEN(error);
}

/* ---- reading ---------------------------------------------------------- */

KERNEL_TEST(http_files_faults_wait_for_the_disk_in_a_thread)
{
    static const int errors[] = { EAGAIN, EOPNOTSUPP, ENOSYS };

    begin();
    for (size_t i = 0; i < 3; i++) {
        read_error = errors[i];
        expect_whole();
    }
    interruptions = 2;
    expect_whole();
    ASSERT_EQ(interruptions, 0);
    late_error = EIO;
    expect_broken(-EIO);
    late_error = read_error = 0;
    expect_whole();
    end();
}

KERNEL_TEST(http_files_faults_a_file_gets_shorter)
{
    begin();
    shrinks = true;
    expect_broken(-EIO);
    shrinks = false;
    fill_file();
    expect_whole();
    end();
}

/* ---- opening ---------------------------------------------------------- */

static int status_of(const char *target)
{
    return status_in(get(target));
}

/* One part after the other, and no link is followed. */
KERNEL_TEST(http_files_faults_an_old_kernel_opens_step_by_step)
{
    static const int errors[] = { ENOSYS, EPERM };
    static const struct {
        const char *target;
        int status;
    } rows[] = {
        { "/f/dir", 301 },  { "/f/dir/b", 404 },
        { "/f/none", 404 }, { "/f/dir/none", 404 },
        { "/f/a/b", 404 },  { "/f/dir/up/a", 404 },
        { "/f/..", 404 },   { "/f/dir/../a", 404 },
        { "/f/dir/", 404 }, { "/f/%2e%2e/etc", 404 },
        { "/f/", 404 },     { "/f/dir//b", 404 },
        { "/f/a/", 404 },
    };
    char longest[400];
    int fd;

    begin();
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "/f/", 3);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < 2; i++) {
        open_error = errors[i];
        expect_whole();
        for (size_t j = 0; j < sizeof rows / sizeof rows[0]; j++)
            if (status_of(rows[j].target) != rows[j].status)
                FAIL("%s -> %d", rows[j].target, status_of(rows[j].target));
        ASSERT_EQ(status_of(longest), 404);
    }
    end();
    fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    ASSERT_EQ(coil__open_beneath_stepwise(fd, "../etc"), -ENOENT);
    close(fd);
    ASSERT_EQ(coil__open_beneath_stepwise(fd, "etc"), -EBADF);
}

KERNEL_TEST(http_files_faults_of_the_server_are_no_missing_file)
{
    begin();
    open_error = EACCES;
    ASSERT_EQ(status_of("/f/a"), 404);
    ASSERT_EQ(report_count, 0);
    open_error = EMFILE;
    ASSERT_EQ(status_of("/f/a"), 500);
    ASSERT_UNSEEN(-EMFILE);
    open_error = 0;
    look_error = EIO;
    ASSERT_EQ(status_of("/f/a"), 500);
    ASSERT_UNSEEN(-EIO);
    look_error = 0;
    expect_whole();
    end();
}

/* ---- a lack of memory --------------------------------------------------- */

static size_t failing;
static struct coil_http_files *short_of_memory;

/* The n-th allocation fails, from here until the answer is complete. */
static int serve_without_memory(struct coil_http_exchange *x, void *arg)
{
    int rc;

    (void)arg;
    coil_test_fail_allocation(failing, false);
    rc = coil_http_files_serve(x, short_of_memory);
    coil_test_fail_allocation(0, false);
    return rc;
}

static void lack_memory_for(const char *headers, int status)
{
    static char answer[SIZE + 1000];
    char request[200];
    struct coil_stream *s;

    snprintf(request, sizeof request, "GET /m/a HTTP/1.0\r\n%s\r\n", headers);
    for (failing = 1; failing <= 12; failing++) {
        s = dial();
        send_text(s, request);
        read_rest(s, answer, sizeof answer);
        coil_stream_abort(s);
        if (answer[0] && status_in(answer) != status)
            ASSERT_EQ(status_in(answer), 500);
    }
    report_count = 0;
    expect_whole();
}

KERNEL_TEST(http_files_faults_of_memory_are_500_or_the_end)
{
    begin();
    short_of_memory = files;
    ASSERT_EQ(coil_http_server_route(server, "GET", "/m/*",
                                     serve_without_memory, NULL),
              0);
    lack_memory_for("", 200);
    lack_memory_for("Range: bytes=1-2\r\n", 206);
    lack_memory_for("Range: bytes=1-2,5-6\r\n", 206);
    lack_memory_for("Range: bytes=999999-\r\n", 416);
    read_error = EAGAIN;
    lack_memory_for("", 200);
    end();
}

/* With its size the memory for headers is exceeded by another of them. */
KERNEL_TEST(http_files_faults_of_memory_for_any_header)
{
    char control[200] = "max-age=";

    begin();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/m/*",
                                     serve_without_memory, NULL),
              0);
    for (size_t size = 60; size < 180; size += 8) {
        const struct coil_http_files_options options = { .cache_control =
                                                             control };

        memset(control + 8, '1', size);
        control[8 + size] = '\0';
        ASSERT_EQ(coil_http_files_new(&short_of_memory, root, &options), 0);
        lack_memory_for("", 200);
        lack_memory_for("Range: bytes=1-2\r\n", 206);
        lack_memory_for("Range: bytes=999999-\r\n", 416);
        coil_http_files_free(short_of_memory);
    }
    end();
}

/* ---- several ranges --------------------------------------------------- */

KERNEL_TEST(http_files_faults_a_boundary_without_chance)
{
    const char *answer;

    begin();
    random_error = EAGAIN;
    answer = ask("GET /f/a HTTP/1.0\r\nRange: bytes=0-1,4-5\r\n\r\n");
    ASSERT_EQ(status_in(answer), 206);
    ASSERT_STR_CONTAINS(answer, "multipart/byteranges; boundary=");
    end();
}

/* ---- memory ----------------------------------------------------------- */

TEST(http_files_faults_need_memory)
{
    static const struct coil_http_files_options options = { .cache_control =
                                                                "no-cache" };
    size_t n = 0;
    int rc;

    do {
        coil_test_fail_allocation(++n, false);
        rc = coil_http_files_new(&files, "/", &options);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM);
    } while (rc < 0);
    ASSERT_EQ(n, 4);
    coil_http_files_free(files);
}
