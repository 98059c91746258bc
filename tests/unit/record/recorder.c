/* SPDX-License-Identifier: MIT */
/*
 * The writer of the ring, its texts and its side, without a loop.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "folder.h"
#include "record/names.h"
#include "record/recorder.h"
#include "test.h"

static char folder[] = "/tmp/coil-recorder-XXXXXX";
static struct coil_recorder *r;

static void begin(size_t size)
{
    struct coil_recording recording = { .dir = folder, .size = size };

    ASSERT_NOT_NULL(mkdtemp(folder));
    ASSERT_OK(coil__recorder_open(&r, &recording));
    coil__recorder_begin(r, 1000);
}

static void end(void)
{
    coil__recorder_close(r);
    remove_folder(folder);
}

static struct coil_record_block *block(uint64_t number)
{
    struct coil_record_file *file = r->file;

    return (struct coil_record_block *)(void *)((char *)file +
                                                file->ring_offset +
                                                number % file->block_count *
                                                    file->block_size);
}

TEST(recorder_stays_within_its_blocks)
{
    uint64_t count;

    begin(COIL__RECORD_SIZE_MIN);
    count = r->file->block_count;
    for (uint64_t i = 0; r->file->block < 3 * count; i++) {
        if (i % 3 == 0)
            coil__record_text(r, COIL_RECORD_NOTE, i, 0,
                              "a text of so many bytes that it takes as many "
                              "slots as any record may have, and then some "
                              "more bytes, which are cut off in the end");
        else
            coil__record(r, COIL_RECORD_MADE, 1, i, 0);
    }
    for (uint64_t n = 2 * count + 1; n < 3 * count; n++) {
        ASSERT_EQ(block(n)->number, n + 1);
        ASSERT_LE(block(n)->used, r->file->block_size);
        /* No more room is left than one record may need. */
        ASSERT_GT(block(n)->used,
                  r->file->block_size - 16 * 2 * COIL__RECORD_SLOTS);
    }
    /* Half of the ring has been written since. */
    ASSERT_GT(r->sweep_left, 0);
    end();
}

TEST(recorder_tells_of_short_steps_by_one_record)
{
    struct coil_record_slot *at;

    begin(COIL__RECORD_SIZE_MIN);
    coil__record_time(r, COIL_RECORD_CLOCK_STEPS, 1, 2000);
    at = r->at;
    coil__record_time(r, COIL_RECORD_CLOCK_STEPS, 1, 3000);
    ASSERT_PTR_EQ(r->at, at);
    ASSERT_EQ(at[-1].value, 3000);
    /* Anything between them, or a long step, needs another. */
    coil__record(r, COIL_RECORD_MADE, 1, 2, 0);
    coil__record_time(r, COIL_RECORD_CLOCK_STEPS, 1, 4000);
    ASSERT_PTR_EQ(r->at, at + 2);
    coil__record_time(r, COIL_RECORD_CLOCK_STEPS, 1, 5000000);
    ASSERT_PTR_EQ(r->at, at + 3);
    end();
}

TEST(recorder_gives_a_text_one_number)
{
    char other[] = "a text";

    begin(COIL__RECORD_SIZE_MIN);
    ASSERT_EQ(coil__record_name(r, "a text"), 1);
    ASSERT_EQ(coil__record_name(r, other), 1);
    ASSERT_EQ(coil__record_name_static(r, other), 1);
    ASSERT_EQ(coil__record_name(r, "another"), 2);
    ASSERT_EQ(coil__record_name(r, NULL), 0);
    ASSERT_STR_EQ((char *)r->file + r->file->strings_offset, "a text");
    end();
}

TEST(recorder_has_room_for_so_many_texts)
{
    char text[300];
    unsigned last = 0;

    begin(COIL__RECORD_SIZE_MIN);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ASSERT_EQ(coil__record_name(r, text), 1);
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "text %d", i);
        last = coil__record_name(r, text);
    }
    ASSERT_EQ(last, 0);
    ASSERT_LE(r->file->strings_used, r->file->strings_size);
    ASSERT_EQ(coil__record_name(r, "text 0"), 2);
    end();
}

static void *write_aside(void *text)
{
    struct coil_record_aside record = { .length = strlen(text) };

    for (int i = 0; i < 200; i++)
        coil__recorder_aside(r, &record, text);
    return NULL;
}

/* Whether each record of the half is whole. */
static void check_half(unsigned half)
{
    const char *at =
        (char *)r->file + r->file->side_offset + half * r->file->side_size / 2;
    uint64_t used = r->file->side_used[half];
    struct coil_record_aside record;

    while (used > 0) {
        memcpy(&record, at, sizeof record);
        ASSERT_LE(record.size, used);
        ASSERT_GE(record.size, sizeof record + record.length);
        for (uint64_t i = 1; i < record.length; i++)
            ASSERT_EQ(at[sizeof record + i], at[sizeof record]);
        at += record.size;
        used -= record.size;
    }
}

TEST(recorder_side_is_for_several_threads)
{
    static char texts[2][1000];
    pthread_t threads[2];

    begin(COIL__RECORD_SIZE_MIN);
    for (int i = 0; i < 2; i++) {
        memset(texts[i], 'a' + i, (size_t)(300 + 600 * i));
        ASSERT_EQ(pthread_create(&threads[i], NULL, write_aside, texts[i]), 0);
    }
    for (int i = 0; i < 1000; i++)
        coil__record(r, COIL_RECORD_MADE, 1, 2, 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    check_half(0);
    check_half(1);
    ASSERT_GT(r->file->side_used[0], 0);
    ASSERT_GT(r->file->side_used[1], 0);
    end();
}

TEST(recorder_side_takes_no_more_than_a_half)
{
    static char text[64 << 10];
    struct coil_record_aside record = { .length = sizeof text };

    begin(COIL__RECORD_SIZE_MIN);
    coil__recorder_aside(r, &record, text);
    ASSERT_EQ(r->file->side_used[0], 0);
    end();
}

TEST(recorder_lives_as_long_as_anybody_has_it)
{
    struct coil_record_aside record = { .length = 4 };

    begin(COIL__RECORD_SIZE_MIN);
    coil__recorder_retain(r);
    coil__recorder_close(r);
    coil__recorder_aside(r, &record, "late");
    ASSERT(r->file->flags & COIL_RECORD_CLOSED);
    coil__recorder_release(r);
    remove_folder(folder);
}

TEST(recorder_needs_a_folder)
{
    struct coil_recording recording = { .dir = "/nowhere/at/all",
                                        .size = COIL__RECORD_SIZE_MIN };

    ASSERT_EQ(coil__recorder_open(&r, &recording), -ENOENT);
}
