/* SPDX-License-Identifier: MIT */
#include "http/wire/url_dots.h"

#include <stdbool.h>
#include <string.h>

/* How many dots the segment at text[0 … size-1] has, if only dots: 1 or 2. */
static int dots_of(const char *text, size_t size)
{
    if (size == 1 && text[0] == '.')
        return 1;
    return size == 2 && text[0] == '.' && text[1] == '.' ? 2 : 0;
}

/* Where the last segment of path[0 … end-1], with the "/" before it, begins. */
static size_t last_of(const char *path, size_t end)
{
    while (end > 0 && path[end - 1] != '/')
        end--;
    return end > 0 ? end - 1 : 0;
}

/*
 * Segments are moved to the front, each with the "/" before it.  What is written
 * never overtakes what is read.
 */
size_t coil__url_remove_dots(char *path, size_t size)
{
    size_t in = 0;
    size_t out = 0;

    while (in < size) {
        bool has_slash = path[in] == '/';
        size_t begin = in + has_slash;
        const char *next = memchr(path + begin, '/', size - begin);
        size_t end = next ? (size_t)(next - path) : size;
        int dots = dots_of(path + begin, end - begin);

        if (dots == 0) {
            memmove(path + out, path + in, end - in);
            out += end - in;
        } else if (!has_slash) {
            end += next ? 1 : 0;
        } else {
            if (dots == 2)
                out = last_of(path, out);
            if (!next)
                path[out++] = '/';
        }
        in = end;
    }
    return out;
}
