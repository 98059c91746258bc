/* SPDX-License-Identifier: MIT */
#include "show/style.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* NULL if it is empty, too. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static bool is_locale_unicode(void)
{
    const char *locale = variable("LC_ALL");
    const char *charset;

    if (!locale)
        locale = variable("LC_CTYPE");
    if (!locale)
        locale = variable("LANG");
    charset = locale ? strchr(locale, '.') : NULL;
    return charset && (strncasecmp(charset, ".utf-8", 6) == 0 ||
                       strncasecmp(charset, ".utf8", 5) == 0);
}

static enum style_colors colors_of_terminal(void)
{
    const char *term = variable("TERM");
    const char *more = variable("COLORTERM");

    if ((term && strstr(term, "256color")) ||
        (more && (strstr(more, "truecolor") || strstr(more, "24bit"))))
        return STYLE_256;
    return STYLE_16;
}

struct style style_choose(enum style_when when, bool is_terminal)
{
    const char *term = variable("TERM");
    bool is_dumb = !term || strcmp(term, "dumb") == 0;
    bool is_wanted = when == STYLE_WHEN_ALWAYS ||
                     (when == STYLE_WHEN_TERMINAL && is_terminal && !is_dumb &&
                      !variable("NO_COLOR"));

    return (struct style){
        .colors = is_wanted ? colors_of_terminal() : STYLE_PLAIN,
        .is_unicode = is_locale_unicode(),
    };
}

void style_begin(struct text *text, struct style style, enum style_color color)
{
    static const struct {
        const char *of_16;
        const char *of_256;
    } codes[] = {
        [STYLE_GOOD] = { "32", "38;5;71" },
        [STYLE_BAD] = { "31", "38;5;203" },
        [STYLE_WARNING] = { "33", "38;5;179" },
        [STYLE_BAR] = { "36", "38;5;74" },
        [STYLE_REST] = { "2", "38;5;239" },
        [STYLE_DIM] = { "2", "38;5;245" },
        [STYLE_BOLD] = { "1", "1" },
    };

    if (style.colors != STYLE_PLAIN)
        text_add_format(text, "\x1b[%sm",
                        style.colors == STYLE_256 ? codes[color].of_256
                                                  : codes[color].of_16);
}

void style_end(struct text *text, struct style style)
{
    if (style.colors != STYLE_PLAIN)
        text_add(text, "\x1b[0m");
}

/* ---- columns ------------------------------------------------------------ */

/* The character of UTF-8 at `at`, which is whole; `*length` of its bytes. */
static uint32_t character_at(const char *at, size_t *length)
{
    const unsigned char *bytes = (const unsigned char *)at;
    uint32_t code = bytes[0];

    *length = code < 0x80 ? 1 : code < 0xe0 ? 2 : code < 0xf0 ? 3 : 4;
    if (*length > 1)
        code &= 0x7fu >> *length;
    for (size_t i = 1; i < *length; i++)
        code = code << 6 | (bytes[i] & 0x3fu);
    return code;
}

/*
 * Terminals do not agree on many characters.  Rather two columns than one: a line
 * that is shorter than it could be does not wrap.
 */
static size_t width_of(uint32_t code)
{
    bool is_narrow = code < 0x1100 || (code >= 0x1200 && code < 0x2300) ||
                     (code >= 0x2400 && code < 0x25a0) ||
                     (code >= 0xa4d0 && code < 0xa960) ||
                     (code >= 0xfb00 && code < 0xfe10) ||
                     (code >= 0xfe70 && code < 0xff00) ||
                     (code >= 0x10000 && code < 0x16f00);

    return is_narrow ? 1 : 2;
}

/* The same bytes, but what is not ASCII as \xe2. */
static void escape_beyond_ascii(struct text *text, const struct text *from)
{
    for (size_t i = 0; i < from->size; i++) {
        unsigned char c = (unsigned char)from->bytes[i];

        if (c < 0x80)
            text_add_char(text, (char)c);
        else
            text_add_format(text, "\\x%02x", c);
    }
}

/* How many bytes of `text` fit; `*used` columns are what they take. */
static size_t bytes_that_fit(const struct text *text, size_t columns,
                             size_t *used)
{
    size_t at = 0;

    *used = 0;
    while (at < text->size) {
        size_t length;
        size_t width = width_of(character_at(text->bytes + at, &length));

        if (*used + width > columns)
            break;
        *used += width;
        at += length;
    }
    return at;
}

size_t style_fit(struct text *text, struct style style, size_t columns,
                 const char *bytes, size_t size)
{
    struct text printable = { 0 };
    struct text plain = { 0 };
    struct text *shown = style.is_unicode ? &printable : &plain;
    size_t used = 0;
    size_t fits;

    if (columns == 0)
        return 0;
    /* Of a character of four bytes, each byte may be shown as four columns. */
    text_printable(&printable, bytes,
                   size < 4 * columns + 4 ? size : 4 * columns + 4);
    if (!style.is_unicode)
        escape_beyond_ascii(&plain, &printable);
    fits = bytes_that_fit(shown, columns, &used);
    if (fits < shown->size) {
        fits = bytes_that_fit(shown, columns - 1, &used);
        text_add_bytes(text, shown->bytes, fits);
        text_add(text, style.is_unicode ? "\xe2\x80\xa6" : "~");
        used++;
    } else if (fits > 0) {
        text_add_bytes(text, shown->bytes, fits);
    }
    text->has_failed |= printable.has_failed || plain.has_failed;
    text_fini(&printable);
    text_fini(&plain);
    return used;
}
