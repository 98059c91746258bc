/* SPDX-License-Identifier: MIT */
#include "work/redis/words.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"

static size_t *sizes_of(const struct coil__work_words *words)
{
    return (size_t *)(void *)coil__buffer_bytes(&words->sizes);
}

void coil__work_words_add(struct coil__work_words *words, const void *bytes,
                          size_t size)
{
    if (words->error == 0)
        words->error = coil__buffer_append(&words->bytes, bytes, size);
    if (words->error == 0)
        words->error = coil__buffer_append(&words->sizes, &size, sizeof size);
}

void coil__work_words_add_text(struct coil__work_words *words, const char *text)
{
    coil__work_words_add(words, text, strlen(text));
}

void coil__work_words_extend(struct coil__work_words *words, const void *bytes,
                             size_t size)
{
    if (words->error == 0)
        words->error = coil__buffer_append(&words->bytes, bytes, size);
    if (words->error == 0)
        sizes_of(words)[coil__work_words_count(words) - 1] += size;
}

void coil__work_words_extend_number(struct coil__work_words *words,
                                    uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    coil__work_words_extend(words, digits + at, sizeof digits - at);
}

void coil__work_words_add_number(struct coil__work_words *words,
                                 uint64_t number)
{
    coil__work_words_add(words, NULL, 0);
    coil__work_words_extend_number(words, number);
}

void coil__work_words_add_integer(struct coil__work_words *words,
                                  int64_t number)
{
    uint64_t amount = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    coil__work_words_add(words, "-", number < 0);
    coil__work_words_extend_number(words, amount);
}

size_t coil__work_words_count(const struct coil__work_words *words)
{
    return words->sizes.size / sizeof(size_t);
}

const char **coil__work_words_list(const struct coil__work_words *words)
{
    size_t count = coil__work_words_count(words);
    const char *at = (const char *)coil__buffer_bytes(&words->bytes);
    const char **list = coil__alloc(count * sizeof *list);

    for (size_t i = 0; list && i < count; i++) {
        list[i] = at;
        at += sizes_of(words)[i];
    }
    return list;
}

void coil__work_words_fini(struct coil__work_words *words)
{
    coil__buffer_fini(&words->bytes);
    coil__buffer_fini(&words->sizes);
    words->error = 0;
}
