/* SPDX-License-Identifier: MIT */
/*
 * http_cookies.c - what servers may set, and what a file of cookies may have
 *
 * The first line is a URL, the others are what is set from there; then all of it
 * is read as a file.  What a jar says is a header's value, it keeps to its
 * limits, and what it writes is what it reads.
 */
#include <stdlib.h>
#include <string.h>

#include <coil/http_cookies.h>

#include "fuzz.h"
#include "http/wire/date.h"

enum { MANY = 20, PER_SITE = 7, MOST = 4000 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_header(struct coil_http_cookies *jar, const char *url)
{
    char *value;

    if (coil_http_cookies_header(jar, url, 0, &value) < 0)
        return;
    require(!value || (value[0] && coil_http_is_value(value)));
    coil_http_cookies_free_text(value);
}

/* Cookies without an end are written last, and so are read as they were. */
static void check_file(struct coil_http_cookies *jar)
{
    struct coil_http_cookies *again;
    char *text;
    char *text_again;

    require(coil_http_cookies_write(jar, &text) == 0);
    require(coil_http_cookies_new(&again, NULL) == 0);
    require(coil_http_cookies_read(again, text, strlen(text)) ==
            (int)coil_http_cookies_count(again));
    require(coil_http_cookies_write(again, &text_again) == 0);
    require(coil_http_cookies_count(again) <= coil_http_cookies_count(jar));
    require(strlen(text_again) <= strlen(text));
    coil_http_cookies_free_text(text);
    coil_http_cookies_free_text(text_again);
    coil_http_cookies_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct coil_http_cookies_options few = {
        .max_cookies = MANY, .max_cookies_per_site = PER_SITE
    };
    struct coil_http_cookies *jar;
    char text[MOST + 1];
    char *url = text;
    char *line;
    char *next;
    int64_t seconds;

    if (size > MOST)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    coil__http_parse_date(&seconds, text, size);
    require(coil_http_cookies_new(&jar, &few) == 0);
    (void)!coil_http_cookies_read(jar, text, size);
    check_file(jar);
    line = strchr(text, '\n');
    while (line) {
        *line++ = '\0';
        next = strchr(line, '\n');
        if (next)
            *next = '\0';
        if (coil_http_cookies_set(jar, url, line) == 1)
            check_header(jar, url);
        require(coil_http_cookies_count(jar) <= MANY);
        line = next;
    }
    check_header(jar, "https://a.example.com/a/b");
    check_file(jar);
    coil_http_cookies_free(jar);
    return 0;
}
