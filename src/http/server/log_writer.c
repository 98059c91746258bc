/* SPDX-License-Identifier: MIT */
/*
 * log_writer.c - one buffer is filled while a thread writes the other
 *
 * The mutex is held for as long as it takes to copy a line or to exchange the
 * buffers, never during a write.
 */
#include "http/server/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"

/* Lines are gathered for so long before they are written, in nanoseconds. */
#define GATHER 20000000

struct coil__log_writer {
    int fd;
    size_t limit;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct coil_buffer filling;
    size_t writing; /* bytes that the thread has taken */
    size_t lost;
    bool is_waiting; /* the thread, for a first line */
    bool is_ending;
};

static size_t count_lines(const unsigned char *bytes, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += bytes[i] == '\n';
    return count;
}

/* Returns how many lines were lost.  No signal interrupts this thread. */
static size_t write_all(int fd, const struct coil_buffer *lines)
{
    const unsigned char *at = coil__buffer_bytes(lines);
    size_t left = lines->size;

    while (left > 0) {
        ssize_t n = write(fd, at, left);

        if (n < 0 && errno == EAGAIN) {
            struct pollfd room = { .fd = fd, .events = POLLOUT };

            (void)poll(&room, 1, -1);
        } else if (n < 0) {
            return count_lines(at, left);
        } else {
            at += n;
            left -= (size_t)n;
        }
    }
    return 0;
}

/* Wait a little for more lines, unless the end has come. */
static void gather(struct coil__log_writer *w)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += GATHER;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!w->is_ending && w->filling.size < w->limit / 2 &&
           pthread_cond_timedwait(&w->changed, &w->mutex, &until) == 0)
        ;
}

static void *run(void *arg)
{
    struct coil__log_writer *w = arg;
    struct coil_buffer lines = { 0 };

    pthread_mutex_lock(&w->mutex);
    for (;;) {
        struct coil_buffer empty = lines;
        size_t lost;

        w->is_waiting = true;
        while (w->filling.size == 0 && !w->is_ending)
            pthread_cond_wait(&w->changed, &w->mutex);
        w->is_waiting = false;
        gather(w);
        if (w->filling.size == 0)
            break;
        lines = w->filling;
        w->filling = empty;
        w->writing = lines.size;
        pthread_mutex_unlock(&w->mutex);
        lost = write_all(w->fd, &lines);
        coil__buffer_consume(&lines, lines.size);
        pthread_mutex_lock(&w->mutex);
        w->writing = 0;
        w->lost += lost;
    }
    pthread_mutex_unlock(&w->mutex);
    coil__buffer_fini(&lines);
    return NULL;
}

/* Signals are for the program's own threads. */
static int start_thread(struct coil__log_writer *w)
{
    sigset_t all;
    sigset_t before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}

int coil__log_writer_new(struct coil__log_writer **out, int fd, size_t limit)
{
    struct coil__log_writer *w = coil__alloc(sizeof *w);
    pthread_condattr_t clock;
    int rc;

    if (!w)
        return -ENOMEM;
    w->fd = fd;
    w->limit = limit;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &clock);
    pthread_condattr_destroy(&clock);
    rc = start_thread(w);
    if (rc < 0) {
        pthread_cond_destroy(&w->changed);
        pthread_mutex_destroy(&w->mutex);
        coil__free(w);
        return rc;
    }
    *out = w;
    return 0;
}

bool coil__log_writer_add(struct coil__log_writer *w, const void *line,
                          size_t size)
{
    bool is_added;

    pthread_mutex_lock(&w->mutex);
    is_added = size <= w->limit &&
               w->filling.size + w->writing <= w->limit - size &&
               coil__buffer_append(&w->filling, line, size) == 0;
    if (w->is_waiting || w->filling.size >= w->limit / 2)
        pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    return is_added;
}

size_t coil__log_writer_lost(struct coil__log_writer *w)
{
    size_t lost;

    pthread_mutex_lock(&w->mutex);
    lost = w->lost;
    pthread_mutex_unlock(&w->mutex);
    return lost;
}

void coil__log_writer_free(struct coil__log_writer *w)
{
    pthread_mutex_lock(&w->mutex);
    w->is_ending = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->mutex);
    coil__buffer_fini(&w->filling);
    coil__free(w);
}
