/* SPDX-License-Identifier: MIT */
/*
 * redis/words.h - commands as they are sent, and what is in them
 *
 *     *2\r\n $3\r\n GET\r\n $1\r\n x\r\n        without the spaces
 */
#ifndef COIL_REDIS_WORDS_H
#define COIL_REDIS_WORDS_H

#include <stdarg.h>

#include <coil/base.h>

#include "base/buffer.h"

/* A command, in hiredis's memory. */
struct coil__redis_words {
    char *bytes;
    size_t size;
};

/*
 * Format a command, which coil__redis_words_free() frees.  Returns 0, or -EINVAL,
 * -EMSGSIZE or -ENOMEM as coil_redis_command() does.
 */
int coil__redis_format(struct coil__redis_words *words, const char *format,
                       va_list ap);
int coil__redis_format_argv(struct coil__redis_words *words, int argc,
                            const char *const *argv, const size_t *sizes);
void coil__redis_words_free(struct coil__redis_words *words);

/*
 * Append a command to `buffer` that begins with `count` other words, texts, and
 * goes on with those of `rest` (size 0: none).  0, or -ENOMEM.
 */
int coil__redis_put(struct coil_buffer *buffer, const char *const *head,
                    size_t count, const struct coil__redis_words *rest);

/* Where a command may be sent. */
enum coil__redis_place {
    COIL__REDIS_SHARED,   /* on the connection of all tasks */
    COIL__REDIS_BLOCKING, /* where nobody else waits */
};

/* Whether it may be: 0 or -EPERM. */
int coil__redis_check(const struct coil__redis_words *words,
                      enum coil__redis_place place);

#endif
