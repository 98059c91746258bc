/* SPDX-License-Identifier: MIT */
#include "http/wire/text.h"

#include <string.h>

/* clang-format off */
const unsigned char coil__http_class[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  2,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     2,  7,  6,  7,  7,  7,  7,  7,  6,  6,  7,  7,  6, 15, 15,  6,
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31,  6,  6,  6,  6,  6,  6,
     6, 31, 31, 31, 31, 31, 31, 15, 15, 15, 15, 15, 15, 15, 15, 15,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  6,  6,  7, 15,
     7, 31, 31, 31, 31, 31, 31, 15, 15, 15, 15, 15, 15, 15, 15, 15,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  7,  6,  7,  0,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
};
/* clang-format on */

bool coil__http_all(const char *text, size_t size, unsigned class)
{
    for (size_t i = 0; i < size; i++)
        if (!coil__http_is(text[i], class))
            return false;
    return true;
}

bool coil__http_equal_n(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (coil__http_lower(a[i]) != coil__http_lower(b[i]))
            return false;
    return true;
}

bool coil__http_equal_on(const char *a, const char *b)
{
    /* Most names that are equal are spelled alike. */
    for (;; a++, b++) {
        if (*a == *b) {
            if (*a == '\0')
                return true;
        } else if (coil__http_lower(*a) != coil__http_lower(*b)) {
            return false;
        }
    }
}

struct coil__http_slice coil__http_next_item(const char **list)
{
    struct coil__http_slice item;

    *list += strspn(*list, " \t,");
    item = (struct coil__http_slice){ *list, strcspn(*list, " \t,") };
    *list += item.size;
    return item;
}

bool coil__http_list_has(const char *list, const char *item)
{
    for (;;) {
        struct coil__http_slice found = coil__http_next_item(&list);

        if (found.size == 0)
            return false;
        if (coil__http_slice_is(found, item))
            return true;
    }
}

unsigned coil__http_hex(char digit)
{
    if (digit <= '9')
        return (unsigned)(digit - '0');
    return (unsigned)(coil__http_lower(digit) - 'a') + 10;
}

/* Whether an escape stands at text[0 … size-1]. */
static bool is_escape(const char *text, size_t size)
{
    return size >= 3 && coil__http_is(text[1], COIL__HTTP_HEX) &&
           coil__http_is(text[2], COIL__HTTP_HEX) &&
           (text[1] != '0' || text[2] != '0');
}

void coil__http_decode(char *out, const char *text, size_t size, bool is_form)
{
    size_t i = 0;

    while (i < size) {
        char c = text[i];

        if (c == '%' && is_escape(text + i, size - i)) {
            c = (char)(coil__http_hex(text[i + 1]) << 4 |
                       coil__http_hex(text[i + 2]));
            i += 2;
        } else if (c == '+' && is_form) {
            c = ' ';
        }
        *out++ = c;
        i++;
    }
    *out = '\0';
}

bool coil__http_is_encoded(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == '%' && !is_escape(text + i, size - i))
            return false;
    return true;
}
