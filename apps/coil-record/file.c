/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_MIN = 512 };

#define SIZE_MOST ((uint64_t)2 << 30)

__attribute__((format(printf, 3, 4))) static int
refuse(const char *path, int status, const char *text, ...)
{
    va_list list;

    fprintf(stderr, "coil-record: %s: ", path);
    va_start(list, text);
    vfprintf(stderr, text, list);
    va_end(list);
    fputc('\n', stderr);
    return status;
}

/* ---- reading -------------------------------------------------------------- */

/* What is there of `size` bytes at the beginning; or -1. */
static ssize_t read_at_begin(int fd, void *to, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, (char *)to + done, size - done, (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

/* Whether `size` bytes at `offset` lie within the file, behind the header. */
static bool is_inside(const struct coil_record_file *head, uint64_t offset,
                      uint64_t size)
{
    return offset >= head->header_size && offset <= head->file_size &&
           size <= head->file_size - offset && offset % 8 == 0;
}

static bool is_laid_out(const struct coil_record_file *head)
{
    if (head->file_size > SIZE_MOST || head->header_size < sizeof *head ||
        head->header_size % 8 != 0)
        return false;
    if (head->block_size < BLOCK_MIN || head->block_size > head->file_size ||
        head->block_size % 16 != 0 || head->block_count < 2 ||
        head->block_count > head->file_size / head->block_size)
        return false;
    /* Nobody has begun so many blocks, and the numbers must have an end. */
    if (head->block > INT64_MAX)
        return false;
    return is_inside(head, head->strings_offset, head->strings_size) &&
           is_inside(head, head->side_offset, head->side_size) &&
           is_inside(head, head->ring_offset,
                     head->block_size * head->block_count);
}

static int check(const char *path, const struct coil_record_file *head,
                 ssize_t n)
{
    if (n < (ssize_t)sizeof head->magic ||
        memcmp(head->magic, COIL_RECORD_MAGIC, sizeof head->magic) != 0)
        return refuse(path, EXIT_NO_RECORD, "this is no record of coil");
    if (n < (ssize_t)sizeof *head)
        return refuse(path, EXIT_NO_RECORD, "the file has been cut short");
    if (head->version != COIL_RECORD_VERSION)
        return refuse(path, EXIT_VERSION,
                      "written by another version of coil: the format is %u, "
                      "and this coil-record reads %u",
                      head->version, COIL_RECORD_VERSION);
    if (!is_laid_out(head))
        return refuse(path, EXIT_NO_RECORD, "the header is damaged");
    return 0;
}

/* ---- blocks --------------------------------------------------------------- */

static uint64_t block_offset(const struct file *file, uint64_t number)
{
    const struct coil_record_file *head = &file->head;

    return head->ring_offset + number % head->block_count * head->block_size;
}

/*
 * Find the blocks that are whole.  `now`: the header as it is after the file was
 * read; what has been written since may have overwritten old blocks.
 */
static void find_blocks(struct file *file, const struct coil_record_file *now)
{
    const struct coil_record_file *head = &file->head;
    uint64_t end = head->at - head->base;
    uint64_t begin = block_offset(file, head->block);
    uint64_t newest = head->block;

    file->last = head->block;
    file->last_used = 0;
    if (end >= begin && end - begin <= head->block_size)
        file->last_used = (end - begin) & ~(uint64_t)15;
    if (now->block > newest)
        newest = now->block;
    file->first =
        newest >= head->block_count ? newest - head->block_count + 1 : 0;
}

const unsigned char *file_block(const struct file *file, uint64_t number,
                                size_t *used)
{
    const unsigned char *block = file->bytes + block_offset(file, number);
    struct coil_record_block begin;

    memcpy(&begin, block, sizeof begin);
    if (begin.number != number + 1)
        return NULL;
    *used = number == file->last ? file->last_used : begin.used;
    if (*used < sizeof begin || *used > file->head.block_size)
        return NULL;
    return block;
}

/* ---- texts ---------------------------------------------------------------- */

static bool find_names(struct file *file)
{
    const struct coil_record_file *head = &file->head;
    const char *text = (const char *)file->bytes + head->strings_offset;
    uint64_t used = head->strings_used;
    size_t count = 0;

    if (used > head->strings_size)
        used = head->strings_size;
    for (uint64_t i = 0; i < used; i++)
        count += text[i] == '\0';
    file->names = calloc(count + 1, sizeof *file->names);
    if (!file->names)
        return false;
    for (uint64_t i = 0; file->name_count < count; i += strlen(text + i) + 1)
        file->names[file->name_count++] = text + i;
    return true;
}

const char *file_name(const struct file *file, unsigned number)
{
    return number > 0 && number <= file->name_count ? file->names[number - 1]
                                                    : "?";
}

/* ---- opening -------------------------------------------------------------- */

static int read_all(struct file *file, int fd, off_t there)
{
    struct coil_record_file now;
    size_t size;
    ssize_t n = read_at_begin(fd, &file->head, sizeof file->head);
    int rc;

    if (n < 0)
        return refuse(file->path, EXIT_NO_FILE, "%s", strerror(errno));
    rc = check(file->path, &file->head, n);
    if (rc != 0)
        return rc;
    size = (size_t)file->head.file_size;
    if ((uint64_t)there < size)
        return refuse(file->path, EXIT_NO_RECORD,
                      "the file has been cut short");
    file->bytes = malloc(size);
    if (!file->bytes)
        return refuse(file->path, EXIT_OTHER, "out of memory");
    n = read_at_begin(fd, file->bytes, size);
    if (n < 0)
        return refuse(file->path, EXIT_NO_FILE, "%s", strerror(errno));
    if ((size_t)n < size)
        return refuse(file->path, EXIT_NO_RECORD,
                      "the file has been cut short");
    if (read_at_begin(fd, &now, sizeof now) < (ssize_t)sizeof now)
        now = file->head;
    find_blocks(file, &now);
    if (!find_names(file))
        return refuse(file->path, EXIT_OTHER, "out of memory");
    return 0;
}

static bool is_alive(const struct coil_record_file *head)
{
    if (head->flags & COIL_RECORD_CLOSED || head->pid == 0 ||
        head->pid > INT32_MAX)
        return false;
    return kill((pid_t)head->pid, 0) == 0 || errno == EPERM;
}

int file_open(struct file *file, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat about;
    int rc;

    *file = (struct file){ .path = path };
    if (fd < 0)
        return refuse(path, EXIT_NO_FILE, "%s", strerror(errno));
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))
        rc = refuse(path, EXIT_NO_RECORD, "this is no record of coil");
    else
        rc = read_all(file, fd, about.st_size);
    close(fd);
    if (rc != 0)
        file_close(file);
    else
        file->is_live = is_alive(&file->head);
    file->head.program[sizeof file->head.program - 1] = '\0';
    return rc;
}

void file_close(struct file *file)
{
    free(file->bytes);
    free(file->names);
    file->bytes = NULL;
    file->names = NULL;
    file->name_count = 0;
}

/* ---- the side ------------------------------------------------------------- */

static bool add_stall(struct stalls *stalls,
                      const struct coil_record_aside *record, const char *text)
{
    struct stall *more =
        realloc(stalls->all, (stalls->count + 1) * sizeof *more);
    char *copy = malloc(record->length + 1);

    if (more)
        stalls->all = more;
    if (!more || !copy) {
        free(copy);
        return false;
    }
    memcpy(copy, text, record->length);
    copy[record->length] = '\0';
    more[stalls->count++] = (struct stall){
        record->time,
        record->age,
        record->task,
        copy,
    };
    return true;
}

static bool read_half(struct stalls *stalls, const unsigned char *at,
                      uint64_t used)
{
    struct coil_record_aside record;

    while (used >= sizeof record) {
        memcpy(&record, at, sizeof record);
        if (record.size < sizeof record || record.size > used ||
            record.length > record.size - sizeof record)
            return true;
        if (!add_stall(stalls, &record, (const char *)at + sizeof record))
            return false;
        at += record.size;
        used -= record.size;
    }
    return true;
}

static int compare_stalls(const void *a, const void *b)
{
    int64_t first = ((const struct stall *)a)->time;
    int64_t second = ((const struct stall *)b)->time;

    return first < second ? -1 : first > second;
}

bool stalls_read(struct stalls *stalls, const struct file *file)
{
    const struct coil_record_file *head = &file->head;
    uint64_t half = head->side_size / 2 & ~(uint64_t)7;

    *stalls = (struct stalls){ .all = NULL };
    for (unsigned i = 0; i < 2; i++) {
        uint64_t used = head->side_used[i];

        if (!read_half(stalls, file->bytes + head->side_offset + i * half,
                       used < half ? used : half))
            return false;
    }
    if (stalls->count > 1)
        qsort(stalls->all, stalls->count, sizeof *stalls->all, compare_stalls);
    return true;
}

void stalls_free(struct stalls *stalls)
{
    for (size_t i = 0; i < stalls->count; i++)
        free((char *)(uintptr_t)stalls->all[i].text);
    free(stalls->all);
}

const struct stall *stalls_find(const struct stalls *stalls, int64_t from,
                                int64_t to)
{
    for (size_t i = 0; i < stalls->count; i++)
        if (stalls->all[i].time > from && stalls->all[i].time <= to)
            return &stalls->all[i];
    return NULL;
}
