/* SPDX-License-Identifier: MIT */
/*
 * record_file.c - a file of the flight recorder, which anybody may have made
 *
 * An input that begins with the recorder's magic is the file itself.  Any other
 * is put into a file whose layout is right: first the numbers that change while a
 * file is written, then the texts, the side, and the blocks of slots.
 *
 * Whatever is in the file: a refusal, or a dump, sums, a trace that is Protocol
 * Buffers, one that is JSON, and a picture.
 */
#include "file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "http/server/json_check.h"
#include "show.h"
#include "sink.h"
#include "story.h"
#include "tests/support/wire_format.h"

enum {
    TEXTS = 128,
    SIDE = 256,
    BLOCK = 512,
    BLOCKS = 4,
    HEAD = sizeof(struct coil_record_file),
    SIZE = HEAD + TEXTS + SIDE + BLOCK * BLOCKS,
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the file ------------------------------------------------------------- */

/* Fill `size` bytes with the next ones of the input; then with zeros. */
static void fill(struct fuzz_input *input, void *to, size_t size)
{
    size_t n = size < input->size ? size : input->size;

    memset(to, 0, size);
    if (n > 0)
        memcpy(to, input->data, n);
    input->data += n;
    input->size -= n;
}

static void fill_head(struct fuzz_input *input, struct coil_record_file *head)
{
    uint16_t at = 0;

    memcpy(head->magic, COIL_RECORD_MAGIC, sizeof head->magic);
    head->version = COIL_RECORD_VERSION;
    head->header_size = HEAD;
    head->flags = COIL_RECORD_CLOSED;
    head->file_size = SIZE;
    head->strings_offset = HEAD;
    head->strings_size = TEXTS;
    head->side_offset = HEAD + TEXTS;
    head->side_size = SIDE;
    head->ring_offset = HEAD + TEXTS + SIDE;
    head->block_size = BLOCK;
    head->block_count = BLOCKS;
    fill(input, &head->began, 3 * sizeof head->began);
    fill(input, &head->block, sizeof head->block);
    fill(input, &at, sizeof at);
    head->at =
        head->ring_offset + head->block % BLOCKS * BLOCK + at % (2 * BLOCK);
    fill(input, &head->strings_used, 4 * sizeof head->strings_used);
}

/* A block has the number that it should have, unless the input says otherwise. */
static void fill_block(struct fuzz_input *input, unsigned char *bytes,
                       const struct coil_record_file *head, unsigned i)
{
    struct coil_record_block block;
    uint64_t number = head->block - (head->block - i) % BLOCKS;
    unsigned char is_other;

    fill(input, &is_other, 1);
    fill(input, bytes, BLOCK);
    memcpy(&block, bytes, sizeof block);
    if (is_other % 8 > 0) {
        block.number = number + 1;
        block.used = BLOCK;
    }
    memcpy(bytes, &block, sizeof block);
}

static void make_file(struct fuzz_input *input, unsigned char *bytes)
{
    struct coil_record_file head = { .version = 0 };

    fill_head(input, &head);
    memcpy(bytes, &head, sizeof head);
    fill(input, bytes + HEAD, TEXTS + SIDE);
    for (unsigned i = 0; i < BLOCKS; i++)
        fill_block(input, bytes + head.ring_offset + i * BLOCK, &head, i);
}

static bool is_file(const uint8_t *data, size_t size)
{
    return size >= 8 && memcmp(data, COIL_RECORD_MAGIC, 8) == 0;
}

/* Returns a descriptor. */
static int put_file(const uint8_t *data, size_t size)
{
    static unsigned char bytes[SIZE];
    struct fuzz_input input = { data, size };
    int fd = memfd_create("record", MFD_CLOEXEC);

    require(fd >= 0);
    if (!is_file(data, size)) {
        make_file(&input, bytes);
        data = bytes;
        size = SIZE;
    }
    require(write(fd, data, size) == (ssize_t)size);
    return fd;
}

/* ---- what is shown -------------------------------------------------------- */

/* All bytes are fields, and so are those of each packet and what it has. */
static void check_message(struct wire_message message, unsigned depth)
{
    struct wire_field field;

    while (wire_next(&message, &field)) {
        require(depth > 0 || field.number == 1);
        if (field.type == WIRE_BYTES && depth < 2)
            check_message(wire_inside(&field), depth + 1);
    }
    require(!message.is_wrong);
}

/* Make a trace or a picture, in memory that the caller frees. */
static char *convert(const struct file *file,
                     void (*begin)(struct sink *sink, FILE *out), size_t *size)
{
    struct sink sink;
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    require(out);
    if (begin) {
        begin(&sink, out);
        require(story_tell(file, 0, &sink));
        sink.finish(&sink);
    } else {
        require(show_picture(file, 1, out));
    }
    require(fclose(out) == 0);
    return text;
}

static void show(const struct file *file)
{
    size_t size;
    char *text;

    require(show_dump(file));
    require(show_top(file));
    text = convert(file, sink_perfetto, &size);
    check_message(wire_message(text, size), 0);
    free(text);
    text = convert(file, sink_chrome, &size);
    require(coil__is_json(text, size));
    free(text);
    text = convert(file, NULL, &size);
    require(strncmp(text, "<svg ", 5) == 0 &&
            strcmp(text + size - 7, "</svg>\n") == 0);
    free(text);
}

/* Nobody reads what is printed. */
static void silence(void)
{
    static bool is_done;

    if (!is_done) {
        require(freopen("/dev/null", "w", stdout));
        is_done = true;
    }
}

/* libFuzzer has the descriptor of stderr: refusals go elsewhere. */
static int open_silently(struct file *file, const char *path)
{
    FILE *err = stderr;
    int status;

    stderr = stdout;
    status = file_open(file, path);
    stderr = err;
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct file file;
    int fd = put_file(data, size);

    silence();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (open_silently(&file, path) == 0) {
        show(&file);
        file_close(&file);
    }
    close(fd);
    return 0;
}
