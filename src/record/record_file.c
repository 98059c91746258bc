/* SPDX-License-Identifier: MIT */
/*
 * record_file.c - the file of a recorder is made
 *
 * The file has all its blocks on the disk before anything is written: a disk that
 * is full is an error here, and no signal later.  It is a new file always, which
 * only its owner can read, and no link that somebody else has placed there.
 */
#include "record/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

enum {
    HEADER = 4096,
    SIDE = 64 << 10,
    SMALL_STRINGS = 64 << 10,
    STRINGS = 256 << 10,
    BLOCKS_MIN = 8,
    BLOCK_MAX = 64 << 10,
    POPULATE_WRITE = 23, /* MADV_POPULATE_WRITE, which older headers lack */
    TRIES = 1000,        /* of names: the ids of processes come again */
};

/* ---- the room ------------------------------------------------------------- */

/* For a file system that cannot promise room. */
static int write_zeros(int fd, size_t size)
{
    static const char zeros[4096];

    for (size_t at = 0; at < size; at += sizeof zeros) {
        size_t n = size - at < sizeof zeros ? size - at : sizeof zeros;
        ssize_t written = pwrite(fd, zeros, n, (off_t)at);

        if (written < 0)
            return -errno;
        if ((size_t)written < n)
            return -ENOSPC;
    }
    return 0;
}

static int take_room(int fd, size_t size)
{
    int error = posix_fallocate(fd, 0, (off_t)size);

    if (error == EOPNOTSUPP || error == EINVAL)
        return write_zeros(fd, size);
    return -error;
}

/* A file above the limit of the process is an error and no signal. */
static int take_room_quietly(int fd, size_t size)
{
    const struct timespec at_once = { 0, 0 };
    sigset_t too_large;
    sigset_t pending;
    sigset_t before;
    int rc;

    sigemptyset(&too_large);
    sigaddset(&too_large, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &too_large, &before);
    sigpending(&pending);
    rc = take_room(fd, size);
    if (!sigismember(&pending, SIGXFSZ))
        sigtimedwait(&too_large, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

/* ---- the file ------------------------------------------------------------- */

static unsigned next_loop(void)
{
    static atomic_uint loops;

    return atomic_fetch_add(&loops, 1) + 1;
}

/* A process of this id may have left files here. */
static int open_new(char *path, size_t size, const char *dir, unsigned loop)
{
    for (unsigned n = 1; n <= TRIES; n++) {
        char more[16] = "";
        int fd;

        if (n > 1)
            snprintf(more, sizeof more, "-%u", n);
        snprintf(path, size, "%s/coil-%ld-%u%s.rec", dir, (long)getpid(), loop,
                 more);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  0600);
        if (fd >= 0 || errno != EEXIST)
            return fd >= 0 ? fd : -errno;
    }
    return -EEXIST;
}

static coil_time now_of(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (coil_time)t.tv_sec * COIL_SECOND + t.tv_nsec;
}

coil_time coil__record_file_now(void)
{
    return now_of(CLOCK_MONOTONIC);
}

void coil__record_file_stamp(struct coil_record_file *file, coil_time now)
{
    file->began = now;
    file->began_real = now_of(CLOCK_REALTIME);
    file->began_mono = coil__record_file_now();
}

static void read_program(char *name, size_t size)
{
    if (coil__file_peek("/proc/self/comm", name, size))
        name[strcspn(name, "\n")] = '\0';
}

/* All parts are whole pages, so that blocks lie in few. */
static void lay_out(struct coil_record_file *file, size_t size)
{
    size_t block = BLOCK_MAX;

    file->header_size = HEADER;
    file->strings_offset = HEADER;
    file->strings_size =
        size < (size_t)1 << 20 ? (size_t)SMALL_STRINGS : (size_t)STRINGS;
    file->side_offset = file->strings_offset + file->strings_size;
    file->side_size = SIDE;
    file->ring_offset = file->side_offset + file->side_size;
    while ((size - file->ring_offset) / block < BLOCKS_MIN)
        block /= 2;
    file->block_size = block;
    file->block_count = (size - file->ring_offset) / block;
    file->file_size = size;
}

static void fill_in(struct coil_record_file *file, unsigned loop,
                    const struct coil_recording *recording)
{
    memcpy(file->magic, COIL_RECORD_MAGIC, sizeof file->magic);
    file->version = COIL_RECORD_VERSION;
    file->pid = (uint64_t)getpid();
    file->loop = loop;
    file->flags = (recording->all ? COIL_RECORD_ALL : 0) |
                  (recording->simulated ? COIL_RECORD_SIMULATED : 0);
    file->base = (uintptr_t)file;
    read_program(file->program, sizeof file->program);
}

/*
 * Let no record meet a page that is not there yet.  A kernel that cannot do it at
 * once does it page by page, later.
 */
static void touch(void *memory, size_t size)
{
    madvise(memory, size, POPULATE_WRITE);
}

static int map(struct coil_record_file **out, int fd, size_t size)
{
    void *memory;

    if (coil__alloc_fails())
        return -ENOMEM;
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return -errno;
    touch(memory, size);
    *out = memory;
    return 0;
}

int coil__record_file_make(struct coil_record_file **out, char **path,
                           const struct coil_recording *recording)
{
    size_t path_size = strlen(recording->dir) + 64;
    unsigned loop = next_loop();
    int fd;
    int rc;

    *path = coil__alloc(path_size);
    if (!*path)
        return -ENOMEM;
    fd = open_new(*path, path_size, recording->dir, loop);
    if (fd < 0) {
        rc = fd;
        goto free_path;
    }
    rc = take_room_quietly(fd, recording->size);
    if (rc == 0)
        rc = map(out, fd, recording->size);
    close(fd);
    if (rc < 0)
        goto unlink_file;
    lay_out(*out, recording->size);
    fill_in(*out, loop, recording);
    return 0;

unlink_file:
    unlink(*path);
free_path:
    coil__free(*path);
    return rc;
}
