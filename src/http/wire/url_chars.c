/* SPDX-License-Identifier: MIT */
#include "http/wire/url_chars.h"

#include "http/wire/text.h"

/* clang-format off */
static const unsigned char classes[128] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  2,  0,  0,  2,  0,  2,  2,  2,  2,  2, 66,  2, 65, 65, 16,
    65, 65, 65, 65, 65, 65, 65, 65, 65, 65,  4,  2,  0,  2,  0, 32,
     8, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65,
    65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65,  0,  0,  0,  0,  1,
     0, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65,
    65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65,  0,  0,  0,  1,  0,
};
/* clang-format on */

bool coil__url_may_be(char c, unsigned class)
{
    unsigned char byte = (unsigned char)c;

    return byte < 128 && classes[byte] & class;
}

bool coil__url_is_letter(char c)
{
    char lower = coil__http_lower(c);

    return lower >= 'a' && lower <= 'z';
}

bool coil__url_is_escape(const char *text, size_t size)
{
    return size >= 3 && text[0] == '%' &&
           coil__http_is(text[1], COIL__HTTP_HEX) &&
           coil__http_is(text[2], COIL__HTTP_HEX);
}

unsigned char coil__url_escaped(const char *escape)
{
    return (unsigned char)(coil__http_hex(escape[1]) << 4 |
                           coil__http_hex(escape[2]));
}

bool coil__url_all(const char *text, size_t size, unsigned class)
{
    size_t i = 0;

    while (i < size) {
        if (coil__url_is_escape(text + i, size - i))
            i += 3;
        else if (coil__url_may_be(text[i], class))
            i++;
        else
            return false;
    }
    return true;
}

bool coil__url_has_control(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (byte < ' ' || byte == 127)
            return true;
    }
    return false;
}
