/* SPDX-License-Identifier: MIT */
/*
 * work/redis/words.h - the words of a command while they are collected
 */
#ifndef COIL_WORK_REDIS_WORDS_H
#define COIL_WORK_REDIS_WORDS_H

#include <stdint.h>

#include "base/buffer.h"

/* Zeroed is empty. */
struct coil__work_words {
    struct coil_buffer bytes; /* of all words, one behind the other */
    struct coil_buffer sizes; /* a size_t for each */
    int error;                /* the first one of adding: no memory */
};

void coil__work_words_add(struct coil__work_words *words, const void *bytes,
                          size_t size);
void coil__work_words_add_text(struct coil__work_words *words,
                               const char *text);
void coil__work_words_add_number(struct coil__work_words *words,
                                 uint64_t number);
void coil__work_words_add_integer(struct coil__work_words *words,
                                  int64_t number);

/* Make the last word longer; there is one. */
void coil__work_words_extend(struct coil__work_words *words, const void *bytes,
                             size_t size);
void coil__work_words_extend_number(struct coil__work_words *words,
                                    uint64_t number);

/* How many there are. */
size_t coil__work_words_count(const struct coil__work_words *words);

/* The words for coil_redis_eval_argv(), in memory that is returned, or NULL. */
const char **coil__work_words_list(const struct coil__work_words *words);

void coil__work_words_fini(struct coil__work_words *words);

#endif
