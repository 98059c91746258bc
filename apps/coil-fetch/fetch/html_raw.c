/* SPDX-License-Identifier: MIT */
#include "fetch/html_raw.h"

#include <string.h>

#include "fetch/html_state.h"

bool html_is_raw(const struct html_tag *tag)
{
    static const char names[] =
        " iframe noembed noframes script style textarea "
        "title xmp ";
    char word[HTML_NAME_SIZE + 3] = " ";

    strcat(strcat(word, tag->name), " ");
    return tag->name[0] && strstr(names, word);
}

static bool is_script(const struct html_scan *s)
{
    return strcmp(s->tag.name, "script") == 0;
}

ptrdiff_t html_take_raw(struct html_scan *s, const char *at, size_t size)
{
    const char *end = s->escaped ? at : memchr(at, '<', size);

    for (; end && end < at + size && *end != '<'; end++) {
        if (*end == '>' && s->dashes >= 2)
            s->escaped = 0;
        s->dashes = *end == '-' ? s->dashes + 1 : 0;
    }
    if (!end || end == at + size)
        return (ptrdiff_t)size;
    s->state = HTML_IN_RAW_OPEN;
    s->word_size = 0;
    s->dashes = 0;
    return end - at + 1;
}

/* `c` is behind the word that follows "<". */
static void finish_raw_word(struct html_scan *s, char c)
{
    bool is_whole = html_is_blank(c) || c == '/' || c == '>';

    s->word[s->word_size] = '\0';
    s->state = HTML_IN_RAW;
    if (!is_whole)
        return;
    if (s->word[0] == '/' && strcmp(s->word + 1, s->tag.name) == 0) {
        if (s->escaped == 2) {
            s->escaped = 1;
            return;
        }
        s->tag.is_end = true;
        memset(s->tag.values, 0, sizeof s->tag.values);
        s->state = HTML_IN_BEFORE_WORD;
    } else if (s->escaped == 1 && strcmp(s->word, "script") == 0) {
        s->escaped = 2;
    }
}

ptrdiff_t html_take_raw_open(struct html_scan *s, const char *at, size_t size)
{
    char c = html_to_lower(*at);
    bool is_part = html_is_letter(c) ||
                   (s->word_size == 0 && strchr("/!", c)) ||
                   (c == '-' && s->word[0] == '!' && s->word_size > 0);

    (void)size;
    if (!is_part || c == '\0' || s->word_size == HTML_NAME_SIZE) {
        finish_raw_word(s, c);
        return 0;
    }
    s->word[s->word_size++] = c;
    if (s->word_size == 3 && memcmp(s->word, "!--", 3) == 0) {
        s->state = HTML_IN_RAW;
        if (is_script(s)) {
            s->escaped = s->escaped ? s->escaped : 1;
            s->dashes = 2;
        }
    }
    return 1;
}
