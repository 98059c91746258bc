/* SPDX-License-Identifier: MIT */
#include "record/recorder.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "record/names.h"

/* ---- the side ------------------------------------------------------------- */

void coil__recorder_aside(struct coil_recorder *r,
                          const struct coil_record_aside *record,
                          const char *text)
{
    struct coil_record_file *file = r->file;
    uint64_t half_size = file->side_size / 2;
    struct coil_record_aside whole = *record;
    uint64_t half;
    char *to;

    whole.size = (sizeof whole + whole.length + 7) & ~(uint64_t)7;
    if (whole.size > half_size)
        return;
    pthread_mutex_lock(&r->side);
    half = file->side_half;
    if (file->side_used[half] + whole.size > half_size) {
        half = 1 - half;
        __atomic_store_n(&file->side_used[half], 0, __ATOMIC_RELEASE);
        file->side_half = half;
    }
    to = (char *)file + file->side_offset + half * half_size +
         file->side_used[half];
    memcpy(to, &whole, sizeof whole);
    memcpy(to + sizeof whole, text, whole.length);
    __atomic_store_n(&file->side_used[half], file->side_used[half] + whole.size,
                     __ATOMIC_RELEASE);
    pthread_mutex_unlock(&r->side);
}

/* ---- beginning and end ---------------------------------------------------- */

int coil__recorder_open(struct coil_recorder **out,
                        const struct coil_recording *recording)
{
    struct coil_recorder *r = coil__alloc(sizeof *r);
    int rc = -ENOMEM;

    if (!r)
        return rc;
    r->names = coil__record_names_new();
    if (!r->names)
        goto free_recorder;
    rc = coil__record_file_make(&r->file, &r->path, recording);
    if (rc < 0)
        goto free_names;
    r->all = recording->all;
    atomic_init(&r->references, 1);
    pthread_mutex_init(&r->side, NULL);
    coil__record_begin_block(r, 0);
    *out = r;
    return 0;

free_names:
    coil__free(r->names);
free_recorder:
    coil__free(r);
    return rc;
}

void coil__recorder_begin(struct coil_recorder *r, coil_time now)
{
    coil__record_file_stamp(r->file, now);
    r->time = now;
    r->told = now;
    coil__record_begin_block(r, 0);
    coil__record_time(r, COIL_RECORD_CLOCK_WAITS, 0, now);
}

void coil__recorder_close(struct coil_recorder *r)
{
    __atomic_store_n(&r->file->flags, r->file->flags | COIL_RECORD_CLOSED,
                     __ATOMIC_RELEASE);
    coil__free(r->recent);
    r->recent = NULL;
    coil__recorder_release(r);
}

void coil__recorder_retain(struct coil_recorder *r)
{
    atomic_fetch_add_explicit(&r->references, 1, memory_order_relaxed);
}

void coil__recorder_release(struct coil_recorder *r)
{
    if (atomic_fetch_sub_explicit(&r->references, 1, memory_order_acq_rel) > 1)
        return;
    munmap(r->file, r->file->file_size);
    pthread_mutex_destroy(&r->side);
    coil__free(r->names);
    coil__free(r->path);
    coil__free(r);
}

/* Another thread of the parent's may have had a reference or the mutex. */
void coil__recorder_forget(struct coil_recorder *r)
{
    munmap(r->file, r->file->file_size);
    coil__free(r->recent);
    coil__free(r->names);
    coil__free(r->path);
    coil__free(r);
}
