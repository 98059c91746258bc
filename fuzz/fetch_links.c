/* SPDX-License-Identifier: MIT */
/*
 * fetch_links.c - pages, as coil-fetch looks through them for links
 *
 * The first byte chooses a type and how long the pieces are.  The same links are
 * found in the whole page; each is a URL in its normal form, of http or https,
 * without a fragment, and there once.
 */
#include "fetch/links.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <coil/url.h>

#include "fuzz.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct links *found_in(unsigned kind, const uint8_t *data, size_t size,
                              size_t step)
{
    static const char *const types[] = { "text/html", "text/html", "text/xml",
                                         "text/plain" };
    struct links *links;

    require(links_new(&links) == 0);
    require(links_begin(links, "http://h/robots.txt", types[kind % 4]) == 0);
    while (size > 0) {
        size_t n = size < step ? size : step;
        char *copy = malloc(n);

        require(copy);
        memcpy(copy, data, n);
        require(links_feed(links, copy, n) == 0);
        free(copy);
        data += n;
        size -= n;
    }
    require(links_finish(links) == 0);
    return links;
}

static void check_url(const char *url)
{
    struct coil_url parts;
    char *normal;

    require(strncmp(url, "http://", 7) == 0 ||
            strncmp(url, "https://", 8) == 0);
    require(!strchr(url, '#') && strlen(url) <= LINKS_MAX_URL);
    require(coil_url_parse(&parts, url) == 0 && parts.host.size > 0);
    require(coil_url_normalise(&normal, url) == 0);
    require(strcmp(normal, url) == 0);
    coil_url_free(normal);
}

static void check_header(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    struct links *links;

    require(text);
    if (size > 0)
        memcpy(text, data, size);
    require(links_new(&links) == 0);
    require(links_begin(links, "http://h/a", NULL) == 0);
    require(links_take_header(links, text) == 0);
    links_free(links);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct links *whole;
    struct links *pieces;
    const char *const *a;
    const char *const *b;
    size_t count;
    size_t same;

    if (size < 2)
        return 0;
    check_header(data + 1, size - 1);
    whole = found_in(data[0], data + 1, size - 1, size);
    pieces = found_in(data[0], data + 1, size - 1, 1 + data[0] / 4 % 16);
    a = links_list(whole, &count);
    b = links_list(pieces, &same);
    require(count == same && links_are_cut(whole) == links_are_cut(pieces));
    for (size_t i = 0; i < count; i++) {
        require(strcmp(a[i], b[i]) == 0);
        check_url(a[i]);
        for (size_t j = 0; j < i && i < 100; j++)
            require(strcmp(a[i], a[j]) != 0);
    }
    links_free(whole);
    links_free(pieces);
    return 0;
}
