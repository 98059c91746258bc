/* SPDX-License-Identifier: MIT */
/*
 * html_scan.c - the states of the tokenizer
 *
 * Each state has a function that is given what there is, at least one byte, and
 * returns how many bytes it has taken; 0, if another state is to look at the first
 * one; or a negative error.  memchr() finds the end of what is passed over.
 */
#include "fetch/html_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/html_kept.h"
#include "fetch/html_raw.h"
#include "fetch/html_state.h"

/* ---- text and comments ---- */

static ptrdiff_t take_text(struct html_scan *s, const char *at, size_t size)
{
    const char *end = memchr(at, '<', size);
    size_t n = end ? (size_t)(end - at) : size;

    html_keep_text(s, at, n);
    if (!end)
        return (ptrdiff_t)size;
    s->state = HTML_IN_OPEN;
    s->word_size = 0;
    return (ptrdiff_t)n + 1;
}

/* word_size is 1 behind "</". */
static ptrdiff_t take_open(struct html_scan *s, const char *at, size_t size)
{
    int rc;

    (void)size;
    if (s->word_size == 0 && *at == '/') {
        s->word_size = 1;
        return 1;
    }
    if (!html_is_letter(*at)) {
        bool is_markup = s->word_size == 0 && *at == '!';

        s->state = is_markup                        ? HTML_IN_MARKUP
                   : s->word_size > 0 || *at == '?' ? HTML_IN_BOGUS
                                                    : HTML_IN_TEXT;
        s->word_size = 0;
        return is_markup;
    }
    rc = html_give_text(s);
    if (rc < 0)
        return rc;
    s->tag = (struct html_tag){ .is_end = s->word_size > 0 };
    s->name_size = 0;
    s->used = 0;
    s->state = HTML_IN_NAME;
    return 0;
}

static bool begins(const char *word, size_t size, const char *with)
{
    return size <= strlen(with) && memcmp(word, with, size) == 0;
}

static ptrdiff_t take_markup(struct html_scan *s, const char *at, size_t size)
{
    static const char cdata[] = "[CDATA[";

    (void)size;
    s->word[s->word_size++] = *at;
    if (begins(s->word, s->word_size, "--")) {
        if (s->word_size == 2)
            s->state = HTML_IN_COMMENT;
        s->dashes = 2;
        s->is_fresh = true;
        s->has_bang = false;
        return 1;
    }
    if (s->is_xml && begins(s->word, s->word_size, cdata)) {
        if (s->word_size == sizeof cdata - 1)
            s->state = HTML_IN_CDATA;
        s->dashes = 0;
        return 1;
    }
    s->state = HTML_IN_BOGUS;
    return 0;
}

static ptrdiff_t take_bogus(struct html_scan *s, const char *at, size_t size)
{
    const char *end = memchr(at, '>', size);

    if (!end)
        return (ptrdiff_t)size;
    s->state = HTML_IN_TEXT;
    return end - at + 1;
}

/*
 * One byte of a comment.  Returns whether it ends: by -->, by --!>, and by > or ->
 * right at its beginning.
 */
static bool comment_ends(struct html_scan *s, char c)
{
    if (c == '>' && (s->dashes >= 2 || s->has_bang))
        return true;
    if (c == '-') {
        s->dashes++;
        s->has_bang = false;
        return false;
    }
    s->has_bang = c == '!' && s->dashes >= (s->is_fresh ? 4 : 2);
    s->is_fresh = false;
    s->dashes = 0;
    return false;
}

static ptrdiff_t take_comment(struct html_scan *s, const char *at, size_t size)
{
    const char *c = at;
    const char *end = at + size;

    while (c < end) {
        if (s->dashes == 0 && !s->has_bang) {
            c = memchr(c, '-', (size_t)(end - c));
            if (!c)
                return (ptrdiff_t)size;
        }
        if (comment_ends(s, *c++)) {
            s->state = HTML_IN_TEXT;
            break;
        }
    }
    return c - at;
}

/* Text as it is.  Its end, ]]>, is kept at first, and taken back. */
static ptrdiff_t take_cdata(struct html_scan *s, const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool is_end = at[i] == '>' && s->dashes >= 2;

        s->dashes = at[i] == ']' ? s->dashes + 1 : 0;
        if (!is_end)
            continue;
        html_keep_text(s, at, i);
        if (s->keeps_text)
            s->used -= 2;
        s->state = HTML_IN_TEXT;
        return (ptrdiff_t)i + 1;
    }
    html_keep_text(s, at, size);
    return (ptrdiff_t)size;
}

/* ---- tags ---- */

/* Behind ">". */
static ptrdiff_t finish_tag(struct html_scan *s)
{
    int rc = s->take_tag(s->arg, &s->tag);

    if (rc < 0)
        return rc;
    s->keeps_text = rc > 0;
    s->used = 0;
    s->escaped = 0;
    s->dashes = 0;
    s->state = HTML_IN_TEXT;
    if (!s->is_xml && !s->tag.is_end) {
        if (html_is_raw(&s->tag))
            s->state = HTML_IN_RAW;
        else if (strcmp(s->tag.name, "plaintext") == 0)
            s->state = HTML_IN_REST;
    }
    return 1;
}

/* A name that is too long is "". */
static ptrdiff_t take_name(struct html_scan *s, const char *at, size_t size)
{
    size_t n = 0;

    for (; n < size && !html_is_blank(at[n]) && at[n] != '/' && at[n] != '>';
         n++) {
        if (s->name_size < HTML_NAME_SIZE)
            s->tag.name[s->name_size++] = html_to_lower(at[n]);
        else
            s->tag.name[0] = '\0';
    }
    if (n < size)
        s->state = HTML_IN_BEFORE_WORD;
    return (ptrdiff_t)n;
}

static ptrdiff_t take_before_word(struct html_scan *s, const char *at,
                                  size_t size)
{
    size_t n = 0;

    while (n < size && (html_is_blank(at[n]) || at[n] == '/'))
        n++;
    if (n > 0)
        return (ptrdiff_t)n;
    if (*at == '>')
        return finish_tag(s);
    s->state = HTML_IN_WORD;
    s->word[0] = html_to_lower(*at);
    s->word_size = 1;
    return 1;
}

static bool ends_word(char c)
{
    return html_is_blank(c) || c == '/' || c == '>' || c == '=';
}

/* Of a name that is too long, one byte too many is kept. */
static ptrdiff_t take_word(struct html_scan *s, const char *at, size_t size)
{
    size_t n = 0;

    for (; n < size && !ends_word(at[n]); n++)
        if (s->word_size < sizeof s->word)
            s->word[s->word_size++] = html_to_lower(at[n]);
    if (n < size)
        s->state = HTML_IN_AFTER_WORD;
    return (ptrdiff_t)n;
}

static ptrdiff_t take_after_word(struct html_scan *s, const char *at,
                                 size_t size)
{
    (void)size;
    if (html_is_blank(*at))
        return 1;
    s->state = *at == '=' ? HTML_IN_BEFORE_VALUE : HTML_IN_BEFORE_WORD;
    return *at == '=';
}

static ptrdiff_t take_before_value(struct html_scan *s, const char *at,
                                   size_t size)
{
    bool is_quote = *at == '"' || *at == '\'';

    (void)size;
    if (html_is_blank(*at))
        return 1;
    if (*at == '>') {
        s->state = HTML_IN_BEFORE_WORD;
        return 0;
    }
    html_begin_value(s, *at);
    s->state = is_quote ? HTML_IN_QUOTED : HTML_IN_UNQUOTED;
    return is_quote;
}

static void finish_value(struct html_scan *s)
{
    html_end_value(s);
    s->state = HTML_IN_BEFORE_WORD;
}

static ptrdiff_t take_quoted(struct html_scan *s, const char *at, size_t size)
{
    const char *end = memchr(at, s->quote, size);
    size_t n = end ? (size_t)(end - at) : size;

    html_keep_value(s, at, n);
    if (end)
        finish_value(s);
    return (ptrdiff_t)n + (end != NULL);
}

static ptrdiff_t take_unquoted(struct html_scan *s, const char *at, size_t size)
{
    size_t n = 0;

    while (n < size && !html_is_blank(at[n]) && at[n] != '>')
        n++;
    html_keep_value(s, at, n);
    if (n < size)
        finish_value(s);
    return (ptrdiff_t)n;
}

static ptrdiff_t take_rest(struct html_scan *s, const char *at, size_t size)
{
    (void)s;
    (void)at;
    return (ptrdiff_t)size;
}

/* ---- all of it ---- */

static ptrdiff_t (*const takes[])(struct html_scan *s, const char *at,
                                  size_t size) = {
    [HTML_IN_TEXT] = take_text,
    [HTML_IN_OPEN] = take_open,
    [HTML_IN_MARKUP] = take_markup,
    [HTML_IN_BOGUS] = take_bogus,
    [HTML_IN_COMMENT] = take_comment,
    [HTML_IN_CDATA] = take_cdata,
    [HTML_IN_NAME] = take_name,
    [HTML_IN_BEFORE_WORD] = take_before_word,
    [HTML_IN_WORD] = take_word,
    [HTML_IN_AFTER_WORD] = take_after_word,
    [HTML_IN_BEFORE_VALUE] = take_before_value,
    [HTML_IN_QUOTED] = take_quoted,
    [HTML_IN_UNQUOTED] = take_unquoted,
    [HTML_IN_RAW] = html_take_raw,
    [HTML_IN_RAW_OPEN] = html_take_raw_open,
    [HTML_IN_REST] = take_rest,
};

int html_scan_begin(struct html_scan *scan)
{
    scan->kept = malloc(HTML_KEPT_SIZE);
    if (!scan->kept)
        return -ENOMEM;
    html_scan_again(scan);
    return 0;
}

void html_scan_again(struct html_scan *scan)
{
    scan->state = HTML_IN_TEXT;
    scan->used = 0;
    scan->keeps_text = false;
}

int html_scan_feed(struct html_scan *scan, const char *bytes, size_t size)
{
    while (size > 0) {
        ptrdiff_t n = takes[scan->state](scan, bytes, size);

        if (n < 0)
            return (int)n;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

void html_scan_end(struct html_scan *scan)
{
    free(scan->kept);
    scan->kept = NULL;
}
