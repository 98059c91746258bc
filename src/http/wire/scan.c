/* SPDX-License-Identifier: MIT */
#include "http/wire/scan.h"

#include <string.h>

#include "http/wire/text.h"

/*
 * Whether a first line may begin with this piece, so that what is not HTTP is
 * refused at once.  Blank lines before a request are skipped (RFC 9112, 2.2).
 */
static bool is_start(const struct coil__http_scan *scan,
                     enum coil__http_kind kind, const char *piece, size_t size)
{
    static const char version[] = "HTTP/1.";
    size_t left = sizeof version - 1;

    if (kind == COIL__HTTP_REQUEST)
        return scan->column > 0 || piece[0] == '\r' ||
               coil__http_is(piece[0], COIL__HTTP_TOKEN);
    if (scan->column >= left)
        return true;
    left -= scan->column;
    return memcmp(piece, version + scan->column, size < left ? size : left) ==
           0;
}

/* What a lenient client takes: "HTTP" in any case, or "ICY", and no NUL. */
static bool is_good_enough(const struct coil__http_scan *scan,
                           const char *piece, size_t size)
{
    bool is_blank = !scan->has_text;

    if (memchr(piece, '\0', size))
        return false;
    for (size_t i = 0; scan->lines == 0 && i < size; i++) {
        size_t at = scan->column + i;
        char c = coil__http_lower(piece[i]);

        if (is_blank && (c == '\r' || c == '\n'))
            continue;
        is_blank = false;
        if (at < 4 && c != "http"[at] && c != "icy "[at])
            return false;
    }
    return true;
}

/* Whether a line goes beyond its end with this piece. */
static bool has_text(const char *piece, size_t size)
{
    size_t i = 0;

    while (i < size && (piece[i] == '\r' || piece[i] == '\n'))
        i++;
    return i < size;
}

/* Only a header field of a response may be folded (RFC 9112, 5.2). */
static bool may_fold(const struct coil__http_scan *scan,
                     enum coil__http_kind kind)
{
    return kind != COIL__HTTP_REQUEST && scan->lines > 1;
}

/* Whether a line may go on with this piece, which ends in LF if `is_whole`. */
static bool is_good(const struct coil__http_scan *scan,
                    enum coil__http_kind kind, const char *piece, size_t size,
                    bool is_whole)
{
    const char *cr = memchr(piece, '\r', size);
    char last = size > 1 ? piece[size - 2] : scan->last;

    if (kind == COIL__HTTP_LENIENT)
        return is_good_enough(scan, piece, size);
    if (cr && cr != piece + size - (is_whole ? 2 : 1))
        return false;
    if (scan->last == '\r' && !(is_whole && size == 1))
        return false;
    if (is_whole && last != '\r')
        return false;
    if (scan->column == 0 && (piece[0] == ' ' || piece[0] == '\t') &&
        !may_fold(scan, kind))
        return false;
    return scan->lines > 0 || is_start(scan, kind, piece, size);
}

static bool is_blank_line(const struct coil__http_scan *scan,
                          enum coil__http_kind kind)
{
    return kind == COIL__HTTP_LENIENT ? !scan->has_text : scan->column == 2;
}

int coil__http_scan(struct coil__http_scan *scan, enum coil__http_kind kind,
                    size_t max_size, size_t max_lines, const char *bytes,
                    size_t size, size_t *used)
{
    size_t at = 0;

    while (at < size) {
        const char *piece = bytes + at;
        const char *lf = memchr(piece, '\n', size - at);
        size_t length = lf ? (size_t)(lf - piece) + 1 : size - at;

        if (!is_good(scan, kind, piece, length, lf))
            return COIL_EHTTP_MALFORMED;
        at += length;
        scan->size += length;
        scan->column += length;
        scan->last = piece[length - 1];
        if (kind == COIL__HTTP_LENIENT)
            scan->has_text |= has_text(piece, length);
        if (scan->size > max_size)
            return COIL_EHTTP_HEADERS_TOO_LARGE;
        if (!lf)
            break;

        if (!is_blank_line(scan, kind))
            scan->lines++;
        else if (scan->lines > 0) {
            *used = at;
            return 1;
        }
        scan->column = 0;
        scan->has_text = false;
        if (scan->lines > max_lines + 1)
            return COIL_EHTTP_HEADERS_TOO_LARGE;
    }
    *used = at;
    return 0;
}
