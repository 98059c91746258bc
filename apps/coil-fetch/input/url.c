/* SPDX-License-Identifier: MIT */
#include "input/url.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <coil/error.h>
#include <coil/http_auth.h>
#include <coil/url.h>

#include "common/text.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool begins_with(const char *text, size_t size, const char *word)
{
    size_t length = strlen(word);

    return size >= length && strncasecmp(text, word, length) == 0;
}

void url_text_fini(struct url_text *out)
{
    coil_url_free(out->url);
    coil_http_auth_free_text(out->authorization);
    *out = (struct url_text){ 0 };
}

/*
 * Whether the text has a scheme.  "localhost:8080" has none: what follows is a
 * port.  But "mailto:x", "http:/h" and "user:password@h" are said to have one.
 */
static bool has_scheme(const char *text, size_t size)
{
    size_t i = 0;

    if (size == 0 || !is_letter(text[0]))
        return false;
    while (i < size && (is_letter(text[i]) || is_digit(text[i]) ||
                        memchr("+-.", text[i], 3)))
        i++;
    return i < size && text[i] == ':' &&
           (i + 1 == size || !is_digit(text[i + 1]));
}

static int normalise(struct url_text *out, const char *text, size_t size)
{
    struct text whole = { 0 };
    int rc = -ENOMEM;

    if (!has_scheme(text, size))
        text_add(&whole, begins_with(text, size, "//") ? "http:" : "http://");
    text_add_bytes(&whole, text, size);
    if (!whole.has_failed)
        rc = coil_url_normalise(&out->url, whole.bytes);
    text_fini(&whole);
    if (rc == COIL_EHTTP_NO_IDN)
        out->reason = "the host's name is not ASCII, and this program is built "
                      "without libidn2";
    else if (rc < 0)
        out->reason = "this is not a URL";
    return rc == 0 || rc == -ENOMEM ? rc : -EINVAL;
}

static int decode(char **out, const struct coil_url_part *part)
{
    return coil_url_unescape(out, NULL, part->at ? part->at : "", part->size);
}

static int authorize(struct url_text *out, const struct coil_url *url)
{
    char *password = NULL;
    char *user = NULL;
    int rc = decode(&user, &url->user);

    if (rc == 0)
        rc = decode(&password, &url->password);
    if (rc == 0)
        rc = coil_http_auth_basic(&out->authorization, user, password);
    coil_http_auth_free_text(password);
    coil_url_free(user);
    if (rc == 0 || rc == -ENOMEM)
        return rc;
    out->reason = "the user or the password in the URL cannot be sent";
    return -EINVAL;
}

static bool is_fetchable(struct url_text *out, const struct coil_url *url)
{
    if (!begins_with(out->url, strlen(out->url), "http://") &&
        !begins_with(out->url, strlen(out->url), "https://"))
        out->reason = begins_with(out->url, strlen(out->url), "http:") ||
                              begins_with(out->url, strlen(out->url), "https:")
                          ? "the URL has no host"
                          : "the scheme is neither http nor https";
    else if (url->zone.at || url->host_kind == COIL_URL_FUTURE)
        out->reason = "an address of this kind cannot be fetched from";
    return !out->reason;
}

/* Take out of the URL what is not asked for. */
static int reduce(struct url_text *out)
{
    struct coil_url url;
    char *reduced;
    int rc;

    if (coil_url_parse(&url, out->url) < 0) {
        out->reason = "this is not a URL";
        return -EINVAL;
    }
    if (!is_fetchable(out, &url))
        return -EINVAL;
    if (!url.user.at && !url.fragment.at)
        return 0;
    rc = url.user.at ? authorize(out, &url) : 0;
    if (rc < 0)
        return rc;
    url.user = url.password = url.fragment = (struct coil_url_part){ 0 };
    rc = coil_url_write(&reduced, &url);
    if (rc < 0)
        return -ENOMEM;
    coil_url_free(out->url);
    out->url = reduced;
    return 0;
}

int url_of_text(struct url_text *out, const char *text, size_t size)
{
    const char *reason;
    int rc;

    *out = (struct url_text){ 0 };
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    for (; size > 0 && is_blank(*text); size--)
        text++;
    if (size == 0)
        out->reason = "the text is empty";
    else if (memchr(text, '\0', size))
        out->reason = "the text has a NUL, as UTF-16 has many";
    if (out->reason)
        return -EINVAL;
    rc = normalise(out, text, size);
    if (rc == 0)
        rc = reduce(out);
    reason = out->reason;
    if (rc < 0)
        url_text_fini(out);
    out->reason = reason;
    return rc;
}
