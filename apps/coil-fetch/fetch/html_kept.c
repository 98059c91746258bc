/* SPDX-License-Identifier: MIT */
#include "fetch/html_kept.h"

#include <string.h>

#include "fetch/html_text.h"

/* Returns false if there is no room. */
static bool keep(struct html_scan *s, const char *bytes, size_t size)
{
    if (size >= HTML_KEPT_SIZE - s->used)
        return false;
    memcpy(s->kept + s->used, bytes, size);
    s->used += size;
    return true;
}

void html_keep_text(struct html_scan *s, const char *bytes, size_t size)
{
    s->keeps_text = s->keeps_text && keep(s, bytes, size);
}

int html_give_text(struct html_scan *s)
{
    size_t size;

    if (!s->keeps_text)
        return 0;
    size = html_decode(s->kept, s->used);
    s->keeps_text = false;
    s->used = 0;
    s->kept[size] = '\0';
    return s->take_text(s->arg, s->kept, size);
}

static int attribute_of(const char *word, size_t size)
{
    static const char *const names[HTML_ATTRIBUTES] = {
        [HTML_ACTION] = "action",
        [HTML_CONTENT] = "content",
        [HTML_DATA] = "data",
        [HTML_FORMACTION] = "formaction",
        [HTML_HREF] = "href",
        [HTML_HTTP_EQUIV] = "http-equiv",
        [HTML_IMAGESRCSET] = "imagesrcset",
        [HTML_POSTER] = "poster",
        [HTML_REL] = "rel",
        [HTML_SRC] = "src",
        [HTML_SRCSET] = "srcset",
    };

    for (int i = 0; i < HTML_ATTRIBUTES; i++)
        if (strlen(names[i]) == size && memcmp(names[i], word, size) == 0)
            return i;
    return -1;
}

/* Of two attributes with one name the first one counts. */
void html_begin_value(struct html_scan *s, char quote)
{
    s->attribute = attribute_of(s->word, s->word_size);
    s->keeps_value = s->attribute >= 0 && !s->tag.values[s->attribute];
    s->value_at = s->used;
    s->quote = quote;
}

void html_keep_value(struct html_scan *s, const char *bytes, size_t size)
{
    if (!s->keeps_value || (!memchr(bytes, '\0', size) && keep(s, bytes, size)))
        return;
    s->keeps_value = false;
    s->used = s->value_at;
}

void html_end_value(struct html_scan *s)
{
    char *value = s->kept + s->value_at;

    if (!s->keeps_value)
        return;
    s->used = s->value_at + html_decode(value, s->used - s->value_at);
    s->kept[s->used++] = '\0';
    s->tag.values[s->attribute] = value;
}
