/* SPDX-License-Identifier: MIT */
#include "input/priority.h"

#include <errno.h>
#include <stdbool.h>

int priority_take(int64_t *priority, const char **text, size_t *size)
{
    const char *end = *text + *size;
    const char *at = *text;
    bool is_negative = at < end && *at == '-';
    bool is_beyond = false;
    const char *digits;
    int64_t value = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    digits = at;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        int64_t digit = is_negative ? '0' - *at : *at - '0';

        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            is_beyond = true;
    }
    if (at == digits || at == end || *at != '\t')
        return 0;
    if (is_beyond)
        return -ERANGE;
    *priority = value;
    *text = at + 1;
    *size = (size_t)(end - at) - 1;
    return 1;
}
