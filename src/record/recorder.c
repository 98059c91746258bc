/* SPDX-License-Identifier: MIT */
#include "record/recorder.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"

#include "record/names.h"
#include "record/record_file.h"

/* ---- the ring ------------------------------------------------------------- */

static struct coil_record_block *block_at(const struct coil_recorder *r,
                                          uint64_t number)
{
    const struct coil_record_file *file = r->file;

    return (struct coil_record_block *)(void *)((char *)r->file +
                                                file->ring_offset +
                                                number % file->block_count *
                                                    file->block_size);
}

static struct coil_record_slot *begin_block(struct coil_recorder *r,
                                            uint64_t number)
{
    struct coil_record_block *block = block_at(r, number);
    struct coil_record_slot *slots =
        (struct coil_record_slot *)(void *)(block + 1);
    size_t room = r->file->block_size - sizeof *block;

    /* Who reads meanwhile sees by `block` that the old slots go. */
    __atomic_store_n(&r->file->block, number, __ATOMIC_RELEASE);
    block->number = number + 1;
    block->used = 0;
    block->time = r->time;
    r->limit = slots + room / sizeof *slots - COIL__RECORD_SLOTS;
    r->steps = NULL;
    coil__record_done(r, slots);
    return slots;
}

COIL_COLD struct coil_record_slot *
coil__recorder_turn_over(struct coil_recorder *r)
{
    uint64_t number = r->file->block;
    uint64_t half = r->file->block_count / 2;
    struct coil_record_block *block = block_at(r, number);

    block->used = (uint64_t)((char *)r->at - (char *)block);
    if ((number + 1) % half == 0) {
        r->sweep_left = half * r->file->block_size / 4;
        r->cursor = NULL;
    }
    return begin_block(r, number + 1);
}

/* ---- records -------------------------------------------------------------- */

void coil__record_time(struct coil_recorder *r, unsigned kind, uint64_t id,
                       coil_time now)
{
    const coil_time long_step = COIL_MILLISECOND;

    if (kind == COIL_RECORD_CLOCK_STEPS && r->at == r->steps &&
        now - r->time < long_step) {
        r->at[-1].value = (uint64_t)now;
        r->time = now;
        return;
    }
    coil__record(r, COIL_RECORD_TIME, kind, id, (uint64_t)now);
    r->time = now;
    r->steps = kind == COIL_RECORD_CLOCK_STEPS ? r->at : NULL;
}

/* Put up to 15 bytes of the text into a slot. */
static void put_text(struct coil_record_slot *slot, const char *text,
                     size_t length)
{
    unsigned char bytes[15] = { 0 };

    memcpy(bytes, text, length < sizeof bytes ? length : sizeof bytes);
    slot->head = (uint64_t)COIL_RECORD_TEXT << 56;
    for (unsigned i = 0; i < 7; i++)
        slot->head |= (uint64_t)bytes[i] << 8 * i;
    memcpy(&slot->value, bytes + 7, 8);
}

void coil__record_text(struct coil_recorder *r, unsigned type, uint64_t id,
                       uint64_t value, const char *text)
{
    size_t length = strnlen(text, COIL__RECORD_TEXT);
    struct coil_record_slot *slot = coil__record_room(r);

    slot->head = COIL_RECORD_HEAD(type, length, id);
    slot->value = value;
    slot++;
    for (size_t at = 0; at < length; at += 15)
        put_text(slot++, text + at, length - at);
    coil__record_done(r, slot);
}

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
    begin_block(r, 0);
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
    begin_block(r, 0);
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
