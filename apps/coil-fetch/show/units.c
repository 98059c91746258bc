/* SPDX-License-Identifier: MIT */
#include "show/units.h"

#include <stdio.h>
#include <string.h>

void units_count(struct text *text, uint64_t count)
{
    char digits[24];
    size_t size = (size_t)snprintf(digits, sizeof digits, "%llu",
                                   (unsigned long long)count);

    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            text_add_char(text, ',');
        text_add_char(text, digits[i]);
    }
}

/* Three digits that count: 1.23, 12.3, 123.  What would round up to 1000 is 999. */
static void add_three_digits(struct text *text, double value)
{
    if (value < 0.0995)
        text_add_format(text, "%.3f", value);
    else if (value < 9.995)
        text_add_format(text, "%.2f", value);
    else if (value < 99.95)
        text_add_format(text, "%.1f", value);
    else
        text_add_format(text, "%.0f", value < 999 ? value : 999.0);
}

void units_bytes(struct text *text, double bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    size_t i = 0;

    while (bytes >= 999.5 && i + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1000;
        i++;
    }
    if (i == 0)
        text_add_format(text, "%.0f", bytes);
    else
        add_three_digits(text, bytes);
    text_add_format(text, " %s", units[i]);
}

static void add_clock(struct text *text, coil_time duration)
{
    long long seconds = duration / COIL_SECOND;

    if (seconds < 3600)
        text_add_format(text, "%lld:%02lld", seconds / 60, seconds % 60);
    else if (seconds < 48 * 3600)
        text_add_format(text, "%lld:%02lld:%02lld", seconds / 3600,
                        seconds / 60 % 60, seconds % 60);
    else
        text_add_format(text, "%lld d %02lld h", seconds / 86400,
                        seconds / 3600 % 24);
}

void units_duration(struct text *text, coil_time duration)
{
    double ms = (double)duration / (double)COIL_MILLISECOND;

    if (duration >= 60 * COIL_SECOND) {
        add_clock(text, duration);
        return;
    }
    add_three_digits(text, ms < 999.5 ? ms : ms / 1000);
    text_add(text, ms < 999.5 ? " ms" : " s");
}

void units_seconds(struct text *text, coil_time duration)
{
    if (duration >= 60 * COIL_SECOND)
        add_clock(text, duration);
    else if (duration < 10 * COIL_SECOND)
        text_add_format(text, "%.1f s",
                        (double)(duration / (COIL_SECOND / 10)) / 10);
    else
        text_add_format(text, "%lld s", (long long)(duration / COIL_SECOND));
}

void units_rate(struct text *text, double rate)
{
    if (rate >= 99.95)
        units_count(text, (uint64_t)(rate + 0.5));
    else if (rate == 0)
        text_add(text, "0");
    else
        add_three_digits(text, rate);
}
