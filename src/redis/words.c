/* SPDX-License-Identifier: MIT */
#include "redis/words.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "redis/hiredis.h"

/* A command that is larger is none; hiredis before 1.0 counts by int. */
#define COMMAND_MAX_SIZE ((size_t)1 << 30)

/* ---- formatting ----------------------------------------------------------- */

/* `size`: what hiredis has returned. */
static int take(struct coil__redis_words *words, char *bytes, long long size)
{
    if (size == -2)
        return -EINVAL;
    if (size < 0)
        return -ENOMEM;
    *words = (struct coil__redis_words){ bytes, (size_t)size };
    if (words->size > COMMAND_MAX_SIZE) {
        coil__redis_words_free(words);
        return -EMSGSIZE;
    }
    if (strncmp(bytes, "*0\r", 3) == 0) {
        coil__redis_words_free(words);
        return -EINVAL;
    }
    return 0;
}

int coil__redis_format(struct coil__redis_words *words, const char *format,
                       va_list ap)
{
    char *bytes = NULL;
    long long size;

    *words = (struct coil__redis_words){ NULL, 0 };
    if (coil__alloc_fails())
        return -ENOMEM;
    size = redisvFormatCommand(&bytes, format, ap);
    return take(words, bytes, size);
}

int coil__redis_format_argv(struct coil__redis_words *words, int argc,
                            const char *const *argv, const size_t *sizes)
{
    const char **list = (const char **)(uintptr_t)argv; /* which is only read */
    char *bytes = NULL;
    size_t size = 0;
    long long formatted;

    *words = (struct coil__redis_words){ NULL, 0 };
    if (argc <= 0)
        return -EINVAL;
    for (int i = 0; i < argc; i++) {
        size_t word = sizes ? sizes[i] : strlen(argv[i]);

        if (word > COMMAND_MAX_SIZE || size > COMMAND_MAX_SIZE)
            return -EMSGSIZE;
        size += word + 16;
    }
    if (size > COMMAND_MAX_SIZE)
        return -EMSGSIZE;
    if (coil__alloc_fails())
        return -ENOMEM;
    formatted = redisFormatCommandArgv(&bytes, argc, list, sizes);
    return take(words, bytes, formatted);
}

void coil__redis_words_free(struct coil__redis_words *words)
{
    if (words->bytes)
        redisFreeCommand(words->bytes);
    words->bytes = NULL;
}

/* ---- looking at them ------------------------------------------------------ */

/* A number behind '*' or '$', and where the next line begins. */
static const char *read_number(const char *at, size_t *number)
{
    *number = 0;
    for (at++; *at != '\r'; at++)
        *number = *number * 10 + (size_t)(*at - '0');
    return at + 2;
}

/* The word at `at`; returns where the next one begins. */
static const char *read_word(const char *at, const char **word, size_t *size)
{
    *word = read_number(at, size);
    return *word + *size + 2;
}

int coil__redis_put(struct coil_buffer *buffer, const char *const *head,
                    size_t count, const struct coil__redis_words *rest)
{
    const char *tail = rest->bytes;
    size_t all = 0;
    int rc;

    if (tail)
        tail = read_number(tail, &all);
    rc = coil__buffer_printf(buffer, "*%zu\r\n", all + count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        size_t size = strlen(head[i]);

        rc = coil__buffer_printf(buffer, "$%zu\r\n", size);
        if (rc == 0)
            rc = coil__buffer_append(buffer, head[i], size);
        if (rc == 0)
            rc = coil__buffer_append(buffer, "\r\n", 2);
    }
    if (rc == 0 && tail)
        rc = coil__buffer_append(buffer, tail,
                                 rest->size - (size_t)(tail - rest->bytes));
    return rc;
}

/* ---- what may be sent ----------------------------------------------------- */

/* They wait in the server. */
static const char *const blocking[] = {
    "BLPOP",    "BRPOP",    "BLMPOP", "BRPOPLPUSH", "BLMOVE",
    "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT",       "WAITAOF",
};

/* They change what the connection is. */
static const char *const changing[] = {
    "SUBSCRIBE",    "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE",
    "SUNSUBSCRIBE", "MONITOR",    "SYNC",       "PSYNC",       "REPLCONF",
    "SELECT",       "AUTH",       "HELLO",      "RESET",       "QUIT",
    "MULTI",        "EXEC",       "DISCARD",    "WATCH",       "UNWATCH",
};

struct word {
    const char *text;
    size_t size;
};

static bool is_word(struct word word, const char *text)
{
    return strlen(text) == word.size &&
           strncasecmp(text, word.text, word.size) == 0;
}

static bool is_among(struct word word, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_word(word, texts[i]))
            return true;
    return false;
}

/* Whether one of the `count` words from `at` on, up to `end`, is `text`. */
static bool has_option(const char *at, size_t count, const char *text,
                       const char *end)
{
    struct word word;

    while (count-- > 0) {
        at = read_word(at, &word.text, &word.size);
        if (is_word(word, text))
            return true;
        if (is_word(word, end))
            return false;
    }
    return false;
}

int coil__redis_check(const struct coil__redis_words *words,
                      enum coil__redis_place place)
{
    struct word first;
    size_t count;
    const char *at = read_number(words->bytes, &count);

    at = read_word(at, &first.text, &first.size);
    if (is_among(first, changing, sizeof changing / sizeof *changing) ||
        (is_word(first, "CLIENT") && has_option(at, count - 1, "REPLY", "ID")))
        return -EPERM;
    if (place == COIL__REDIS_BLOCKING)
        return 0;
    if (is_among(first, blocking, sizeof blocking / sizeof *blocking) ||
        ((is_word(first, "XREAD") || is_word(first, "XREADGROUP")) &&
         has_option(at, count - 1, "BLOCK", "STREAMS")))
        return -EPERM;
    return 0;
}
