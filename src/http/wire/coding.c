/* SPDX-License-Identifier: MIT */
#include "http/wire/coding.h"

#include <string.h>

#include <coil/error.h>

#include "http/wire/coding_brotli.h"
#include "http/wire/coding_zlib.h"
#include "http/wire/coding_zstd.h"
#include "http/wire/text.h"

static const char *const names[] = {
    [COIL__HTTP_IDENTITY] = "identity", [COIL__HTTP_BR] = "br",
    [COIL__HTTP_ZSTD] = "zstd",         [COIL__HTTP_GZIP] = "gzip",
    [COIL__HTTP_DEFLATE] = "deflate",
};

const char *coil__http_coding_name(enum coil__http_coding coding)
{
    return names[coding];
}

bool coil__http_has_coding(enum coil__http_coding coding)
{
    switch (coding) {
    case COIL__HTTP_IDENTITY:
        return true;
    case COIL__HTTP_BR:
        return coil__http_brotli_version() > 0;
    case COIL__HTTP_ZSTD:
        return coil__http_zstd_version();
    case COIL__HTTP_GZIP:
    case COIL__HTTP_DEFLATE:
        return coil__http_zlib_version();
    case COIL__HTTP_CODINGS:
        break;
    }
    return false;
}

/* The coding called so, built in or not. */
static enum coil__http_coding find(const char *name, size_t size)
{
    for (unsigned i = 0; i < COIL__HTTP_CODINGS; i++)
        if (coil__http_is_word(name, size, names[i]))
            return (enum coil__http_coding)i;
    return coil__http_is_word(name, size, "x-gzip") ? COIL__HTTP_GZIP
                                                    : COIL__HTTP_CODINGS;
}

enum coil__http_coding coil__http_coding_of(const char *name, size_t size)
{
    enum coil__http_coding coding = find(name, size);

    return coil__http_has_coding(coding) ? coding : COIL__HTTP_CODINGS;
}

/* ---- what a client says ----------------------------------------------- */

void coil__http_accept_codings(char value[COIL__HTTP_ACCEPT_SIZE])
{
    static const enum coil__http_coding order[] = {
        COIL__HTTP_GZIP, COIL__HTTP_DEFLATE, COIL__HTTP_BR, COIL__HTTP_ZSTD
    };

    value[0] = '\0';
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (!coil__http_has_coding(order[i]))
            continue;
        if (value[0])
            strcat(value, ", ");
        strcat(value, names[order[i]]);
    }
}

/* ---- what a server makes of it ---------------------------------------- */

enum { ALL = 1000, BAD = -1 }; /* q in thousandths */

/* q = 0[.xxx] or 1[.000], of digits and dots.  Returns thousandths, or BAD. */
static int take_q(const char *at, size_t size)
{
    int q = 0;
    int unit = ALL;

    if (size == 0 || size > 5 || (size > 1 && at[1] != '.') ||
        (at[0] != '0' && at[0] != '1'))
        return BAD;
    q = (at[0] - '0') * unit;
    for (size_t i = 2; i < size; i++) {
        if (at[i] == '.')
            return BAD;
        unit /= 10;
        q += (at[i] - '0') * unit;
    }
    return q <= ALL ? q : BAD;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* What is said of each coding. */
struct wishes {
    int q[COIL__HTTP_CODINGS]; /* BAD: it is not named */
    int others;                /* "*"; BAD: it is not named */
};

/*
 * Take "name;q=0.5".  Returns what is behind it, a "," or the end, or NULL if it
 * is not well formed.
 */
static const char *take_wish(struct wishes *wishes, const char *at)
{
    const char *name = at;
    size_t size;
    int q = ALL;

    while (coil__http_is(*at, COIL__HTTP_TOKEN))
        at++;
    size = (size_t)(at - name);
    at = skip_blanks(at);
    if (*at == ';') {
        const char *value;

        at = skip_blanks(at + 1);
        if (coil__http_lower(at[0]) != 'q' || at[1] != '=')
            return NULL;
        value = at + 2;
        at = value + strspn(value, "0123456789.");
        q = take_q(value, (size_t)(at - value));
        at = skip_blanks(at);
    }
    if (size == 0 || q == BAD || (*at && *at != ','))
        return NULL;
    if (size == 1 && *name == '*')
        wishes->others = q;
    else if (find(name, size) != COIL__HTTP_CODINGS)
        wishes->q[find(name, size)] = q;
    return at;
}

static bool take_wishes(struct wishes *wishes, const char *at)
{
    for (;;) {
        at += strspn(at, " \t,");
        if (!*at)
            return true;
        at = take_wish(wishes, at);
        if (!at)
            return false;
    }
}

bool coil__http_accepts_coding(const char *accept,
                               enum coil__http_coding coding)
{
    struct wishes w = { .others = BAD };

    for (size_t i = 0; i < COIL__HTTP_CODINGS; i++)
        w.q[i] = BAD;
    if (!take_wishes(&w, accept))
        return false;
    return (w.q[coding] == BAD ? w.others : w.q[coding]) > 0;
}

enum coil__http_coding coil__http_choose_coding(const char *accept,
                                                bool gives_br)
{
    static const enum coil__http_coding order[] = {
        COIL__HTTP_BR, /* if it is given */
        COIL__HTTP_ZSTD, COIL__HTTP_GZIP
    };
    struct wishes w = { .others = BAD };
    enum coil__http_coding best = COIL__HTTP_CODINGS;
    int most = 0;

    for (size_t i = 0; i < COIL__HTTP_CODINGS; i++)
        w.q[i] = BAD;
    if (!accept || !take_wishes(&w, accept))
        return COIL__HTTP_IDENTITY;
    for (size_t i = !gives_br; i < sizeof order / sizeof order[0]; i++) {
        int q = w.q[order[i]] == BAD ? w.others : w.q[order[i]];

        if (q > most && coil__http_has_coding(order[i])) {
            best = order[i];
            most = q;
        }
    }
    if (w.q[COIL__HTTP_IDENTITY] == BAD && w.others != 0)
        w.q[COIL__HTTP_IDENTITY] = 1; /* allowed, and liked least */
    return w.q[COIL__HTTP_IDENTITY] > most ? COIL__HTTP_IDENTITY : best;
}

/* ---- coders ----------------------------------------------------------- */

int coil__http_make_decoder(struct coil__http_coder *coder,
                            enum coil__http_coding coding)
{
    *coder = (struct coil__http_coder){ .state = NULL };
    switch (coding) {
    case COIL__HTTP_BR:
        return coil__http_brotli_decoder(coder);
    case COIL__HTTP_ZSTD:
        return coil__http_zstd_decoder(coder);
    case COIL__HTTP_GZIP:
    case COIL__HTTP_DEFLATE:
        return coil__http_zlib_decoder(coder, coding == COIL__HTTP_GZIP);
    case COIL__HTTP_IDENTITY:
    case COIL__HTTP_CODINGS:
        break;
    }
    return COIL_EHTTP_NO_CODING;
}

int coil__http_make_encoder(struct coil__http_coder *coder,
                            enum coil__http_coding coding, int level)
{
    *coder = (struct coil__http_coder){ .state = NULL };
    switch (coding) {
    case COIL__HTTP_BR:
        return coil__http_brotli_encoder(coder, level);
    case COIL__HTTP_ZSTD:
        return coil__http_zstd_encoder(coder, level);
    case COIL__HTTP_GZIP:
    case COIL__HTTP_DEFLATE:
        return coil__http_zlib_encoder(coder, coding == COIL__HTTP_GZIP, level);
    case COIL__HTTP_IDENTITY:
    case COIL__HTTP_CODINGS:
        break;
    }
    return COIL_EHTTP_NO_CODING;
}
