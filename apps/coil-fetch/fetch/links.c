/* SPDX-License-Identifier: MIT */
#include "fetch/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <coil/url.h>

#include "common/text.h"
#include "fetch/html_scan.h"
#include "fetch/link_set.h"
#include "fetch/links_text.h"

struct links {
    enum { PAGE_OTHER, PAGE_HTML, PAGE_XML, PAGE_ROBOTS } kind;
    struct html_scan scan;
    struct link_set set;
    bool has_base;
    size_t fed; /* bytes, up to two */
    char first; /* of them */
    bool is_cut;
    struct text line; /* of robots.txt, that is being read */
};

static int take_url(void *arg, const char *text, size_t size)
{
    struct links *links = arg;

    return link_set_add(&links->set, text, size);
}


/* ---- tags ---- */

static int take_value(struct links *links, const struct html_tag *tag,
                      enum html_attribute attribute)
{
    const char *value = tag->values[attribute];

    return value ? take_url(links, value, strlen(value)) : 0;
}

static int take_set(struct links *links, const struct html_tag *tag,
                    enum html_attribute attribute)
{
    const char *value = tag->values[attribute];

    return value ? links_of_srcset(value, take_url, links) : 0;
}

/* The first <base> with a URL counts, for what follows. */
static int take_base(struct links *links, const struct html_tag *tag)
{
    const char *href = tag->values[HTML_HREF];

    if (!href || links->has_base)
        return 0;
    links->has_base = true;
    return link_set_rebase(&links->set, href, strlen(href));
}

static int take_meta(struct links *links, const struct html_tag *tag)
{
    const char *what = tag->values[HTML_HTTP_EQUIV];
    const char *content = tag->values[HTML_CONTENT];

    if (!what || !content || strcasecmp(what, "refresh") != 0)
        return 0;
    return links_of_refresh(content, take_url, links);
}

static int take_link(struct links *links, const struct html_tag *tag)
{
    const char *rel = tag->values[HTML_REL];
    int rc;

    if (rel && links_rel_is_hint(rel, strlen(rel)))
        return 0;
    rc = take_value(links, tag, HTML_HREF);
    return rc < 0 ? rc : take_set(links, tag, HTML_IMAGESRCSET);
}

/* Elements whose attributes are URLs, but for those above. */
static const struct element {
    const char *name;
    enum html_attribute attributes[2]; /* the second may be as the first */
    bool has_srcset;
} elements[] = {
    { "a", { HTML_HREF, HTML_HREF }, false },
    { "area", { HTML_HREF, HTML_HREF }, false },
    { "audio", { HTML_SRC, HTML_SRC }, false },
    { "button", { HTML_FORMACTION, HTML_FORMACTION }, false },
    { "embed", { HTML_SRC, HTML_SRC }, false },
    { "form", { HTML_ACTION, HTML_ACTION }, false },
    { "frame", { HTML_SRC, HTML_SRC }, false },
    { "iframe", { HTML_SRC, HTML_SRC }, false },
    { "img", { HTML_SRC, HTML_SRC }, true },
    { "input", { HTML_SRC, HTML_FORMACTION }, false },
    { "object", { HTML_DATA, HTML_DATA }, false },
    { "script", { HTML_SRC, HTML_SRC }, false },
    { "source", { HTML_SRC, HTML_SRC }, true },
    { "track", { HTML_SRC, HTML_SRC }, false },
    { "video", { HTML_SRC, HTML_POSTER }, false },
};

static int take_element(struct links *links, const struct html_tag *tag,
                        const struct element *element)
{
    int rc = take_value(links, tag, element->attributes[0]);

    if (rc == 0 && element->attributes[1] != element->attributes[0])
        rc = take_value(links, tag, element->attributes[1]);
    if (rc == 0 && element->has_srcset)
        rc = take_set(links, tag, HTML_SRCSET);
    return rc;
}

static int take_tag(void *arg, const struct html_tag *tag)
{
    struct links *links = arg;

    if (links->kind == PAGE_XML)
        return !tag->is_end && strcmp(tag->name, "loc") == 0;
    if (tag->is_end)
        return 0;
    if (strcmp(tag->name, "base") == 0)
        return take_base(links, tag);
    if (strcmp(tag->name, "meta") == 0)
        return take_meta(links, tag);
    if (strcmp(tag->name, "link") == 0)
        return take_link(links, tag);
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (strcmp(tag->name, elements[i].name) == 0)
            return take_element(links, tag, &elements[i]);
    return 0;
}

/* ---- robots.txt ---- */

static int finish_line(struct links *links)
{
    struct text *line = &links->line;
    int rc = line->has_failed ? -ENOMEM : 0;

    if (rc == 0 && line->size > 0 &&
        strncasecmp(line->bytes, "sitemap:", 8) == 0)
        rc = take_url(links, line->bytes + 8, line->size - 8);
    text_clear(line);
    return rc;
}

/* A line that is too long keeps its beginning, and gives no URL. */
static int feed_robots(struct links *links, const char *bytes, size_t size)
{
    int rc = 0;

    for (size_t i = 0; i < size && rc == 0; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r')
            rc = finish_line(links);
        else if (links->line.size < LINKS_MAX_URL + 10)
            text_add_char(&links->line, bytes[i]);
    }
    return rc;
}

/* ---- a page ---- */

int links_new(struct links **out)
{
    struct links *links = calloc(1, sizeof *links);
    int rc;

    *out = NULL;
    if (!links)
        return -ENOMEM;
    links->scan = (struct html_scan){ .take_tag = take_tag,
                                      .take_text = take_url,
                                      .arg = links };
    rc = link_set_init(&links->set);
    if (rc == 0)
        rc = html_scan_begin(&links->scan);
    if (rc < 0) {
        link_set_fini(&links->set);
        free(links);
        return rc;
    }
    *out = links;
    return 0;
}

void links_free(struct links *links)
{
    if (!links)
        return;
    link_set_fini(&links->set);
    html_scan_end(&links->scan);
    text_fini(&links->line);
    free(links);
}

/* Whether a Content-Type is one of these, which end with NULL. */
static bool is_type(const char *type, const char *const *names)
{
    size_t size;

    type += strspn(type, " \t");
    size = strcspn(type, "; \t");
    for (; *names; names++)
        if (strlen(*names) == size && strncasecmp(type, *names, size) == 0)
            return true;
    return false;
}

static bool is_robots(const char *url)
{
    struct coil_url parts;

    return coil_url_parse(&parts, url) == 0 && parts.path.size == 11 &&
           memcmp(parts.path.at, "/robots.txt", 11) == 0;
}

int links_begin(struct links *links, const char *url, const char *type)
{
    static const char *const html[] = { "text/html", "application/xhtml+xml",
                                        NULL };
    static const char *const xml[] = { "text/xml", "application/xml", NULL };
    static const char *const plain[] = { "text/plain", NULL };

    html_scan_again(&links->scan);
    links->kind = !type                                    ? PAGE_OTHER
                  : is_type(type, html)                    ? PAGE_HTML
                  : is_type(type, xml)                     ? PAGE_XML
                  : is_type(type, plain) && is_robots(url) ? PAGE_ROBOTS
                                                           : PAGE_OTHER;
    links->scan.is_xml = links->kind == PAGE_XML;
    links->has_base = false;
    links->fed = 0;
    links->is_cut = false;
    text_clear(&links->line);
    return link_set_begin(&links->set, url);
}

static int finish_step(struct links *links, int rc)
{
    if (rc == LINK_SET_IS_FULL) {
        links->is_cut = true;
        return 0;
    }
    return rc;
}

int links_take_header(struct links *links, const char *value)
{
    if (links->is_cut)
        return 0;
    return finish_step(links, links_of_header(value, take_url, links));
}

/* Nothing in UTF-16 is read: it begins with a byte order mark. */
static void look_for_utf16(struct links *links, const char *bytes, size_t size)
{
    for (; size > 0 && links->fed < 2; bytes++, size--) {
        if (links->fed++ == 0)
            links->first = *bytes;
        else if ((links->first == '\xff' && *bytes == '\xfe') ||
                 (links->first == '\xfe' && *bytes == '\xff'))
            links->kind = PAGE_OTHER;
    }
}

int links_feed(struct links *links, const void *bytes, size_t size)
{
    int rc = 0;

    if (links->fed < 2)
        look_for_utf16(links, bytes, size);
    if (links->kind == PAGE_OTHER || links->is_cut)
        return 0;
    if (links->kind == PAGE_ROBOTS)
        rc = feed_robots(links, bytes, size);
    else
        rc = html_scan_feed(&links->scan, bytes, size);
    return finish_step(links, rc);
}

int links_finish(struct links *links)
{
    if (links->kind != PAGE_ROBOTS || links->is_cut)
        return 0;
    return finish_step(links, finish_line(links));
}

const char *const *links_list(const struct links *links, size_t *count)
{
    *count = links->set.table.count;
    return links->set.list;
}

bool links_are_cut(const struct links *links)
{
    return links->is_cut;
}
