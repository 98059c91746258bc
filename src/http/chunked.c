/* SPDX-License-Identifier: MIT */
#include "http/chunked.h"

#include <coil/http.h>

#include "http/text.h"

/*
 *     SIZE ──;──> EXTENSION ──CR──> SIZE_LF ──LF──> DATA (left > 0)
 *       └──────────CR──────────────────┘ │           │
 *                                        │        DATA_CR, DATA_LF ──> SIZE
 *                                   (size was 0)
 *                                        ▼
 *     LINE ──token──> NAME ──:──> VALUE ──CR──> VALUE_LF ──LF──> LINE
 *       └──CR──> END_LF ──LF──> DONE
 */
enum state {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LINE,
    NAME,
    VALUE,
    VALUE_LF,
    END_LF,
    DONE,
    BAD,
};

/* So many digits cannot overflow. */
enum { MAX_DIGITS = 15 };

static enum state in_size(struct coil__http_chunked *c, char byte)
{
    if (coil__http_is(byte, COIL__HTTP_HEX)) {
        if (++c->digits > MAX_DIGITS)
            return BAD;
        c->left = c->left << 4 | coil__http_hex(byte);
        return SIZE;
    }
    c->overhead = 0;
    if (c->digits == 0)
        return BAD;
    if (byte == ';')
        return EXTENSION;
    return byte == '\r' ? SIZE_LF : BAD;
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
    case EXTENSION:
        return in_text(byte, EXTENSION, SIZE_LF);
    case SIZE_LF:
        c->digits = 0;
        c->overhead = 0;
        if (byte != '\n')
            return BAD;
        return c->left > 0 ? DATA : LINE;
    case DATA_CR:
        return byte == '\r' ? DATA_LF : BAD;
    case DATA_LF:
        return byte == '\n' ? SIZE : BAD;
    case LINE:
        if (byte == '\r')
            return END_LF;
        return coil__http_is(byte, COIL__HTTP_TOKEN) ? NAME : BAD;
    case NAME:
        if (byte == ':')
            return VALUE;
        return coil__http_is(byte, COIL__HTTP_TOKEN) ? NAME : BAD;
    case VALUE:
        return in_text(byte, VALUE, VALUE_LF);
    case VALUE_LF:
        return byte == '\n' ? LINE : BAD;
    case END_LF:
        return byte == '\n' ? DONE : BAD;
    default:
        return BAD;
    }
}

int coil__http_chunked_skip(struct coil__http_chunked *c, const char *bytes,
                            size_t size, size_t *used)
{
    size_t i = 0;

    if (c->state == DATA && c->left == 0)
        c->state = DATA_CR;
    while (i < size && c->state < DONE && c->state != DATA) {
        c->state = (unsigned char)next_state(c, bytes[i++]);
        if (++c->overhead > COIL_HTTP_MAX_HEADER_SIZE)
            return COIL_EHTTP_HEADERS_TOO_LARGE;
    }
    *used = i;
    if (c->state == BAD)
        return COIL_EHTTP_MALFORMED;
    return c->state == DONE;
}
