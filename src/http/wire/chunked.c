/* SPDX-License-Identifier: MIT */
#include "http/wire/chunked.h"

#include <errno.h>

#include <coil/http.h>

#include "http/wire/text.h"

/*
 *     SIZE ──blank──> PADDING ──;──> EXTENSION ──CR──> SIZE_LF
 *     ";" and CR lead from SIZE and PADDING to the same states, too.
 *
 *     SIZE_LF ──LF──> DATA ──> DATA_CR ──> DATA_LF ──LF──> SIZE
 *        └──LF, the size was 0──> FIRST
 *
 *     FIRST ──token──> NAME ──:──> VALUE ──CR──> VALUE_LF ──LF──> LINE
 *     LINE goes on as FIRST.  In a response a blank there, which folds the line
 *     before it, leads to VALUE.
 *     FIRST or LINE ──CR──> END_LF ──LF──> DONE
 */
enum state {
    SIZE,
    PADDING,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    FIRST,
    LINE,
    NAME,
    VALUE,
    VALUE_LF,
    END_LF,
    DONE,
    BAD,
};

/* A size with this many digits after its leading zeros does not overflow. */
enum { MAX_DIGITS = 15 };

/*
 * Each chunk may have this many bytes that are not body, plus twice its size.
 * Only the bytes beyond that are counted towards the limit.
 */
enum { FREE_OVERHEAD = 16 };

/*
 * Blanks after a size belong to an extension (RFC 9112, 7.1.1), but there are
 * servers that pad the size with them.  Every reader finds the same size.
 */
static enum state behind_size(char byte)
{
    switch (byte) {
    case ' ':
    case '\t':
        return PADDING;
    case ';':
        return EXTENSION;
    case '\r':
        return SIZE_LF;
    default:
        return BAD;
    }
}

static enum state in_size(struct coil__http_chunked *c, char byte)
{
    if (!coil__http_is(byte, COIL__HTTP_HEX))
        return c->has_size ? behind_size(byte) : BAD;
    c->has_size = true;
    c->left = c->left << 4 | coil__http_hex(byte);
    if (c->left > 0 && ++c->digits > MAX_DIGITS)
        return BAD;
    return SIZE;
}

static enum state end_size(struct coil__http_chunked *c)
{
    uint64_t free = FREE_OVERHEAD + 2 * c->left;

    c->digits = 0;
    c->has_size = false;
    c->overhead = c->overhead > free ? c->overhead - (size_t)free : 0;
    return c->left > 0 ? DATA : FIRST;
}

static enum state in_line(char byte, bool may_fold)
{
    if (byte == '\r')
        return END_LF;
    if (may_fold && (byte == ' ' || byte == '\t'))
        return VALUE;
    return coil__http_is(byte, COIL__HTTP_TOKEN) ? NAME : BAD;
}

/* Text that goes on until CR. */
static enum state in_text(char byte, enum state here, enum state behind)
{
    if (byte == '\r')
        return behind;
    return coil__http_is(byte, COIL__HTTP_VALUE) ? here : BAD;
}

static enum state next_state(struct coil__http_chunked *c, char byte)
{
    switch ((enum state)c->state) {
    case SIZE:
        return in_size(c, byte);
    case PADDING:
        return behind_size(byte);
    case EXTENSION:
        return in_text(byte, EXTENSION, SIZE_LF);
    case SIZE_LF:
        return byte == '\n' ? end_size(c) : BAD;
    case DATA_CR:
        return byte == '\r' ? DATA_LF : BAD;
    case DATA_LF:
        return byte == '\n' ? SIZE : BAD;
    case FIRST:
        return in_line(byte, false);
    case LINE:
        return in_line(byte, c->may_fold);
    case NAME:
        if (byte == ':')
            return VALUE;
        return coil__http_is(byte, COIL__HTTP_TOKEN) ? NAME : BAD;
    case VALUE:
        return in_text(byte, VALUE, VALUE_LF);
    case VALUE_LF:
        return byte == '\n' ? LINE : BAD;
    default: /* END_LF: nothing is skipped in DATA, DONE and BAD */
        return byte == '\n' ? DONE : BAD;
    }
}

/* ---- sloppy bodies ---------------------------------------------------- */

/* Whether LF is to come. */
static bool is_behind_cr(enum state state)
{
    return state == SIZE_LF || state == DATA_LF || state == VALUE_LF ||
           state == END_LF;
}

/* Where text stands that is skipped, whatever it is. */
static bool is_in_text(enum state state)
{
    const unsigned text =
        1U << EXTENSION | 1U << FIRST | 1U << LINE | 1U << NAME | 1U << VALUE;

    return text >> state & 1;
}

/* The state behind a byte that a strict reader refuses. */
static enum state repair(struct coil__http_chunked *c, char byte)
{
    enum state here = c->state;

    c->is_repaired = true;
    if (byte == '\r' && is_behind_cr(here))
        return here;
    if (byte == '\n') {
        c->state =
            (unsigned char)(here == NAME ? VALUE_LF : next_state(c, '\r'));
        return is_behind_cr(c->state) ? next_state(c, '\n') : BAD;
    }
    if (byte == '\0' || !is_in_text(here))
        return BAD;
    if (here == NAME && byte == '\r')
        return VALUE_LF;
    return here == EXTENSION ? EXTENSION : VALUE;
}

bool coil__http_chunked_is_over(struct coil__http_chunked *c)
{
    if (!c->is_lenient || c->state < FIRST)
        return false;
    c->is_repaired = true;
    return true;
}

static enum state step(struct coil__http_chunked *c, char byte)
{
    enum state next = next_state(c, byte);

    return next == BAD && c->is_lenient ? repair(c, byte) : next;
}

/* ---- what is not body ------------------------------------------------- */

int coil__http_chunked_skip(struct coil__http_chunked *c, const char *bytes,
                            size_t size, size_t *used)
{
    size_t trailers = size; /* where they begin */
    size_t i = 0;

    if (c->state == DATA && c->left == 0)
        c->state = DATA_CR;
    while (i < size && c->state < DONE && c->state != DATA) {
        if (c->state == FIRST && bytes[i] != '\r' && bytes[i] != '\n')
            c->has_trailers = true;
        if (c->has_trailers && trailers == size)
            trailers = i;
        c->state = (unsigned char)step(c, bytes[i++]);
        if (++c->overhead > COIL_HTTP_MAX_HEADER_SIZE)
            return COIL_EHTTP_HEADERS_TOO_LARGE;
    }
    *used = i;
    if (c->state == BAD)
        return COIL_EHTTP_MALFORMED;
    if (c->trailers && trailers < i &&
        coil__buffer_append(c->trailers, bytes + trailers, i - trailers) < 0)
        return -ENOMEM;
    return c->state == DONE;
}
