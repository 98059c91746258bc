/* SPDX-License-Identifier: MIT */
#include "fetch/link_set.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <coil/error.h>
#include <coil/url.h>

#include "fetch/links.h"

/* So many texts are tried to find the links of a page. */
#define MAX_TRIES (10 * LINKS_MAX_COUNT)

struct link {
    struct table_entry entry;
    char url[];
};

static int remember(struct link_set *set, const char *url, size_t size)
{
    struct link *link;
    int rc;

    if (table_find(&set->table, url, size))
        return 0;
    if (set->table.count == LINKS_MAX_COUNT ||
        size > LINKS_MAX_SIZE - set->size)
        return LINK_SET_IS_FULL;
    if (set->table.count == set->room) {
        size_t room = set->room ? 2 * set->room : 64;
        const char **list = realloc(set->list, room * sizeof *list);

        if (!list)
            return -ENOMEM;
        set->list = list;
        set->room = room;
    }
    link = malloc(sizeof *link + size + 1);
    if (!link)
        return -ENOMEM;
    memcpy(link->url, url, size + 1);
    rc = table_add(&set->table, &link->entry, link->url, size);
    if (rc < 0) {
        free(link);
        return rc;
    }
    set->list[set->table.count - 1] = link->url;
    set->size += size;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/*
 * What a browser reads: without blanks around it and line ends within, with "/" for
 * a backslash, and without the fragment.
 */
static void clean(struct text *out, const char *text, size_t size)
{
    bool is_path = true;

    text_clear(out);
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    for (size_t i = 0; i < size && text[i] != '#'; i++) {
        char c = text[i];

        if ((is_blank(c) && (c != ' ' || out->size == 0)))
            continue;
        is_path = is_path && c != '?';
        text_add_char(out, c == '\\' && is_path ? '/' : c);
    }
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_http(const char *url)
{
    return has_prefix(url, "http://") || has_prefix(url, "https://");
}

/* Whether it may lead to http or https: it does so, or has no scheme. */
static bool may_be_http(const char *reference)
{
    size_t n = 0;

    if (has_prefix(reference, "http:") || has_prefix(reference, "https:"))
        return true;
    while (isalnum((unsigned char)reference[n]) ||
           (reference[n] != '\0' && strchr("+-.", reference[n])))
        n++;
    return n == 0 || reference[n] != ':';
}

static int make_url(const struct link_set *set, const char *reference,
                    char **out)
{
    char *joined;
    int rc;

    *out = NULL;
    if (has_prefix(reference, "http:") || has_prefix(reference, "https:"))
        return coil_url_normalise(out, reference);
    rc = coil_url_join(&joined, set->base ? set->base : set->page, reference);
    if (rc == 0)
        rc = coil_url_normalise(out, joined);
    coil_url_free(joined);
    return rc;
}

/*
 * The URL that a text means, to be released by coil_url_free(); NULL: none.  Returns
 * 0; -ENOMEM.
 */
static int resolve(struct link_set *set, const char *text, size_t size,
                   char **out)
{
    int rc;

    *out = NULL;
    if (size > LINKS_MAX_URL)
        return 0;
    clean(&set->reference, text, size);
    if (set->reference.has_failed)
        return -ENOMEM;
    if (set->reference.size == 0 || !may_be_http(set->reference.bytes))
        return 0;
    rc = make_url(set, set->reference.bytes, out);
    if (*out && (!is_http(*out) || strlen(*out) > LINKS_MAX_URL)) {
        coil_url_free(*out);
        *out = NULL;
    }
    return rc == -ENOMEM ? rc : 0;
}

int link_set_rebase(struct link_set *set, const char *text, size_t size)
{
    return resolve(set, text, size, &set->base);
}

int link_set_add(struct link_set *set, const char *text, size_t size)
{
    char *url;
    int rc;

    if (set->tries++ == MAX_TRIES)
        return LINK_SET_IS_FULL;
    rc = resolve(set, text, size, &url);
    if (rc == 0 && url)
        rc = remember(set, url, strlen(url));
    coil_url_free(url);
    return rc;
}

int link_set_init(struct link_set *set)
{
    *set = (struct link_set){ .room = 0 };
    return table_init(&set->table);
}

static void forget_page(struct link_set *set)
{
    while (set->table.newest) {
        struct link *link = (struct link *)set->table.newest;

        table_remove(&set->table, &link->entry);
        free(link);
    }
    free(set->page);
    coil_url_free(set->base);
    set->page = NULL;
    set->base = NULL;
    set->size = 0;
    set->tries = 0;
}

void link_set_fini(struct link_set *set)
{
    forget_page(set);
    table_fini(&set->table);
    free(set->list);
    text_fini(&set->reference);
}

int link_set_begin(struct link_set *set, const char *url)
{
    forget_page(set);
    set->page = strdup(strlen(url) <= LINKS_MAX_URL ? url : "");
    return set->page ? 0 : -ENOMEM;
}
