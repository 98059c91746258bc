/* SPDX-License-Identifier: MIT */
/* option_value.c - what an option's value may be */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/options.h"

/* A number without a sign, "1.5"; `*end` is behind it.  false: there is none. */
static bool read_number(const char *text, double *out, const char **end)
{
    char *behind;

    if (strspn(text, "0123456789.") == 0)
        return false;
    *out = strtod(text, &behind);
    *end = behind;
    return behind != text && strcspn(text, "xXeE") >= (size_t)(behind - text);
}

static bool read_unit(const char *text, coil_time *out)
{
    static const struct {
        const char *name;
        coil_time unit;
    } units[] = {
        { "", COIL_SECOND },         { "ms", COIL_MILLISECOND },
        { "s", COIL_SECOND },        { "m", 60 * COIL_SECOND },
        { "h", 3600 * COIL_SECOND }, { "d", 86400 * COIL_SECOND },
    };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text, units[i].name) == 0) {
            *out = units[i].unit;
            return true;
        }
    }
    return false;
}

int option_duration(coil_time *out, const char *text)
{
    const double most = 1e9; /* seconds: thirty years */
    const char *end;
    coil_time unit;
    double number;

    if (!read_number(text, &number, &end) || !read_unit(end, &unit) ||
        number * (double)unit > most * 1e9)
        return -EINVAL;
    *out = (coil_time)(number * (double)unit);
    return 0;
}

int option_rate(struct option_rate *out, const char *text)
{
    char *end;
    unsigned long long count;
    coil_time in = COIL_SECOND;

    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    count = strtoull(text, &end, 10);
    if (errno != 0 || count == 0)
        return -EINVAL;
    if (*end == '/') {
        const char *unit = end + 1;

        /* "10/s" is ten in one second. */
        if (*unit == '\0' ||
            !(read_unit(unit, &in) || option_duration(&in, unit) == 0) ||
            in <= 0)
            return -EINVAL;
    } else if (*end != '\0') {
        return -EINVAL;
    }
    if (count > (unsigned long long)in)
        return -EINVAL;
    *out = (struct option_rate){ .count = count, .in = in };
    return 0;
}

int option_size(uint64_t *out, const char *text)
{
    static const char units[] = "kmgt";
    const char *end;
    const char *unit;
    double number;
    uint64_t factor = 1;

    if (!read_number(text, &number, &end))
        return -EINVAL;
    if (*end != '\0') {
        unit = strchr(units, *end | 0x20);
        if (!unit || (end[1] != '\0' && strcmp(end + 1, "B") != 0 &&
                      strcmp(end + 1, "iB") != 0))
            return -EINVAL;
        factor = (uint64_t)1 << (10 * (unit - units + 1));
    }
    if (number * (double)factor >= 9.2e18)
        return -ERANGE;
    *out = (uint64_t)(number * (double)factor);
    return 0;
}
