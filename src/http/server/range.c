/* SPDX-License-Identifier: MIT */
#include "http/server/range.h"

#include <stdbool.h>
#include <string.h>

#include "http/wire/text.h"

/* Read digits.  Returns what comes behind them, or NULL: there are none. */
static const char *take_number(const char *at, uint64_t *number)
{
    const char *begin = at;

    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');

        /* Larger than any file is as good as exactly that. */
        if (*number > (UINT64_MAX - digit) / 10)
            *number = UINT64_MAX / 10;
        else
            *number = *number * 10 + digit;
    }
    return at == begin ? NULL : at;
}

/*
 * Take "first-last", "first-" or "-count".  Returns what comes behind it, or NULL:
 * it is none.  range->size is 0 if it is not in the file.
 */
static const char *take_range(const char *at, uint64_t size,
                              struct coil__http_range *range)
{
    uint64_t first;
    uint64_t last = UINT64_MAX - 1;
    uint64_t end;

    *range = (struct coil__http_range){ 0 };
    if (*at == '-') {
        at = take_number(at + 1, &last);
        if (at && last > 0 && size > 0)
            range->size = last < size ? last : size;
        range->first = size - range->size;
        return at;
    }
    at = take_number(at, &first);
    if (!at || *at != '-')
        return NULL;
    at++;
    if (*at >= '0' && *at <= '9')
        at = take_number(at, &last);
    if (last < first)
        return NULL;
    end = last < size ? last + 1 : size;
    range->first = first;
    range->size = first < size ? end - first : 0;
    return at;
}

static bool overlap(const struct coil__http_range *a,
                    const struct coil__http_range *b)
{
    return a->first < b->first + b->size && b->first < a->first + a->size;
}

int coil__http_parse_ranges(const char *value, uint64_t size,
                            struct coil__http_range *ranges)
{
    int count = 0;
    int asked = 0;

    if (strlen(value) < 6 || !coil__http_equal_n(value, "bytes=", 6))
        return 0;
    value += 6;
    for (;;) {
        struct coil__http_range range;

        value = take_range(value + strspn(value, " \t"), size, &range);
        if (!value || ++asked > COIL__HTTP_RANGES)
            return 0;
        for (int i = 0; i < count; i++)
            if (overlap(&ranges[i], &range))
                return 0;
        if (range.size > 0)
            ranges[count++] = range;
        value += strspn(value, " \t");
        if (!*value)
            return count > 0 ? count : -1;
        if (*value++ != ',')
            return 0;
    }
}
