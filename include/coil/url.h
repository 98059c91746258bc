/* SPDX-License-Identifier: MIT */
/*
 * coil/url.h - URLs: taken apart, joined, normalised, and made from text
 *
 *     struct coil_url url;
 *     char *next;
 *
 *     rc = coil_url_parse(&url, "https://example.org:8443/a?b=c");
 *     rc = coil_url_join(&next, "https://example.org/a/b", "../c d");
 *     if (rc == 0)
 *         puts(next);          the text is "https://example.org/c%20d"
 *     coil_url_free(next);
 *
 * URLs are those of RFC 3986.  coil_url_parse() takes exactly them, and takes
 * relative references, too.  The functions that make a URL take *text*: what a
 * person types, what stands in a page or in a Location header.  Text may hold
 * spaces and UTF-8.  What these functions return is a URL.
 *
 * The schemes http, https, ws, wss and ftp are called special here.  A special
 * URL with an authority has a host, and its host is a name (letters, digits,
 * "-", "." and "_", at most 253 of them), four decimal numbers, or an IPv6
 * address in brackets.
 *
 * Where browsers (the URL Standard of the WHATWG) do something else than
 * RFC 3986, this is what coil does:
 *
 *   Spaces around a text   are dropped, tabs and line ends too.
 *   Control characters     are refused everywhere else.  Browsers drop tabs and
 *                          line ends from the middle of a text.
 *   A backslash            is not a slash.  In the host and in front of it the
 *                          backslash is refused, elsewhere it becomes %5C.
 *   http:/h, http:///h     have no host, which cannot be fetched, and the second
 *                          one is refused.  Browsers fetch both from h.
 *   http:g                 has a scheme of its own, and is not relative.
 *   user@a@b               is refused.  Browsers take b as the host.
 *   Numeric hosts          such as 127.1, 0x7f000001 and 017700000001 are made
 *                          four decimal numbers from text, as browsers do; the
 *                          parser refuses them.  A name that ends in a number
 *                          and is not an address is refused.
 *   %XX in a host          is decoded in text first; the parser refuses it in a
 *                          special URL.
 *   %2e                    is a dot after coil_url_normalise() only.
 *   [ ] ^ | ` { }          are encoded in paths, queries and fragments of text.
 *                          Browsers leave some of them as they are.
 *   A lone %               becomes %25 in text.  Browsers leave it.
 *   [fe80::1%25eth0]       has a zone (RFC 6874).  In text [fe80::1%eth0] is the
 *                          same.  Browsers refuse both.
 *   A port of 0, or beyond 65535   is refused.
 *
 * Host names in text other than ASCII are converted by libidn2 (IDNA2008 and
 * UTS 46, not transitional).  A build without libidn2 refuses them with
 * COIL_EHTTP_NO_IDN.
 *
 * Ownership  A struct coil_url points into the text that was parsed, and is
 *            valid as long as that text.  Texts that are made are returned:
 *            release them with coil_url_free().
 * Threads    All functions may be called from any thread.
 */
#ifndef COIL_URL_H
#define COIL_URL_H

#include <coil/base.h>
#include <coil/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Texts and URLs longer than this are refused. */
#define COIL_URL_MAX_SIZE ((size_t)1024 * 1024)

/*
 * A part of a URL, without a NUL behind it.  `at` is NULL if the part is not
 * there; a part can be there and be empty, as the query of "http://h/?".
 */
struct coil_url_part {
    const char *at;
    size_t size;
};

/* What the host of a URL is. */
enum coil_url_host {
    COIL_URL_NO_HOST,
    COIL_URL_NAME,   /* may be empty if the scheme is not special */
    COIL_URL_IPV4,   /* four decimal numbers */
    COIL_URL_IPV6,   /* in brackets, which are left out of the part */
    COIL_URL_FUTURE, /* "v1.x" in brackets: RFC 3986's room for later */
};

/* The parts as they are written: nothing is decoded. */
struct coil_url {
    struct coil_url_part scheme;   /* without ":" */
    struct coil_url_part user;     /* up to the first ":", without "@" */
    struct coil_url_part password; /* what is behind that ":" */
    struct coil_url_part host;     /* there, if there is an authority */
    struct coil_url_part zone;     /* of IPv6, behind "%25" */
    struct coil_url_part digits;   /* of the port, without ":" */
    struct coil_url_part path;     /* always there, may be empty */
    struct coil_url_part query;    /* without "?" */
    struct coil_url_part fragment; /* without "#" */
    enum coil_url_host host_kind;
    uint16_t port; /* the one given, or that of the scheme; 0: neither */
};

/*
 * Take a URL, or a relative reference, apart.  `text` is kept by `url`.
 *
 * Returns 0; COIL_EHTTP_BAD_URL if RFC 3986 does not allow it, see above.
 */
COIL_API int coil_url_parse(struct coil_url *url, const char *text)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/* The same of `size` bytes.  A NUL among them is refused. */
COIL_API int coil_url_parse_bytes(struct coil_url *url, const char *text,
                                  size_t size) COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Whether both have the same scheme, host and port: what is secret of the one
 * may be told to the other.  Names and schemes are compared in any case, IPv6
 * addresses by value, zones as they are written.  URLs without a host, and URLs
 * whose port is not known, have no origin: false.
 */
COIL_API bool coil_url_is_same_origin(const struct coil_url *a,
                                      const struct coil_url *b) COIL_ANY_THREAD;

/*
 * Make a URL of `text`: percent-encode what may not stand in a URL, and convert
 * the host.  A text that is a URL comes back as it is.  Bytes that are not
 * UTF-8 are encoded as they are, but in a host they are refused.
 *
 * Returns 0, or with `*out` set to NULL
 *   COIL_EHTTP_BAD_URL  the text cannot be made a URL
 *   COIL_EHTTP_NO_IDN   the host is not ASCII, and this build has no libidn2
 *   -ENOMEM
 */
COIL_API int coil_url_encode(char **out, const char *text)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * What `reference` means where `base` was read (RFC 3986, 5.2, strict).  Both
 * are texts; `base` must have a scheme.  The fragment is that of `reference`.
 * Returns as coil_url_encode().
 */
COIL_API int coil_url_join(char **out, const char *base, const char *reference)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Make a URL of `text` in the form in which equal URLs are mostly equal texts
 * (RFC 3986, 6.2): scheme and host in lower case, hexadecimal digits in upper
 * case, what need not be encoded decoded, dot segments resolved if there is a
 * scheme, an IPv6 address as RFC 5952 writes it, no port that is the scheme's
 * own, no empty user information, and "/" for the empty path of a special URL.
 * Returns as coil_url_encode().
 */
COIL_API int coil_url_normalise(char **out, const char *text)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Put parts together (RFC 3986, 5.3).  They must be encoded already; host_kind
 * says whether the host needs brackets, and `port` is not looked at.  So a URL
 * can be parsed, changed in one part, and written.
 *
 * Returns 0, or with `*out` set to NULL
 *   COIL_EHTTP_BAD_URL  the result would be no URL, or would have other parts
 *   -ENOMEM
 */
COIL_API int coil_url_write(char **out, const struct coil_url *url)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/* A name and its value in a query or a form, both of them not encoded. */
struct coil_url_pair {
    const char *name;
    const char *value; /* NULL: the name stands alone, without "=" */
};

/*
 * Make a URL of `text` with `count` pairs added to its query.  All but letters,
 * digits and "-._~" is percent-encoded.  Returns as coil_url_encode().
 */
COIL_API int coil_url_add_query(char **out, const char *text,
                                const struct coil_url_pair *pairs, size_t count)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * The pairs as the body of a form, application/x-www-form-urlencoded: as in a
 * query, but a space is "+".  Returns 0; -ENOMEM.
 */
COIL_API int coil_url_form(char **out, const struct coil_url_pair *pairs,
                           size_t count) COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Take the query of a URL, or a form, apart: `size` bytes, without "?".  Pairs
 * are separated by "&"; "+" is a space; %XX is decoded.  What is no escape, and
 * %00, stays as it is written.  An empty pair is left out.  `*pairs` is returned:
 * release it with coil_url_pairs_free().
 *
 * Returns 0; COIL_EHTTP_BAD_URL for more than COIL_URL_MAX_PAIRS; -ENOMEM.
 */
#define COIL_URL_MAX_PAIRS ((size_t)10000)
COIL_API int coil_url_pairs(struct coil_url_pair **pairs, size_t *count,
                            const char *query, size_t size)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/* Free pairs; NULL is allowed. */
COIL_API void coil_url_pairs_free(struct coil_url_pair *pairs) COIL_ANY_THREAD;

/* The value of the first pair called `name`, or NULL; "" if it has no "=". */
COIL_API const char *coil_url_pairs_find(const struct coil_url_pair *pairs,
                                         size_t count, const char *name)
    COIL_ANY_THREAD;

/*
 * Percent-encode `size` bytes for any part of a URL: all but letters, digits
 * and "-._~".  Returns 0; -ENOMEM.
 */
COIL_API int coil_url_escape(char **out, const void *bytes, size_t size)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Decode each %XX of `size` bytes.  There is a NUL behind the result, which
 * `*out_size` (may be NULL) does not count; the result may have NULs of its own.
 *
 * Returns 0; COIL_EHTTP_BAD_URL for a "%" that is no escape, or for a NUL in the
 * result if `out_size` is NULL; -ENOMEM.
 */
COIL_API int coil_url_unescape(char **out, size_t *out_size, const char *text,
                               size_t size) COIL_ANY_THREAD COIL_MUST_CHECK;

/* Free a text that one of these functions has made; NULL is allowed. */
COIL_API void coil_url_free(char *text) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
