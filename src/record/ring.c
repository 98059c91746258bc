/* SPDX-License-Identifier: MIT */
#include "record/ring.h"

#include <string.h>

static struct coil_record_block *block_at(const struct coil_recorder *r,
                                          uint64_t number)
{
    const struct coil_record_file *file = r->file;

    return (struct coil_record_block *)(void *)((char *)r->file +
                                                file->ring_offset +
                                                number % file->block_count *
                                                    file->block_size);
}

struct coil_record_slot *coil__record_begin_block(struct coil_recorder *r,
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
coil__record_next_block(struct coil_recorder *r)
{
    uint64_t number = r->file->block;
    uint64_t half = r->file->block_count / 2;
    struct coil_record_block *block = block_at(r, number);

    block->used = (uint64_t)((char *)r->at - (char *)block);
    if ((number + 1) % half == 0) {
        r->sweep_left = half * r->file->block_size / 4;
        r->cursor = NULL;
    }
    return coil__record_begin_block(r, number + 1);
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
