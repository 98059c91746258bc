/* SPDX-License-Identifier: MIT */
#include "http/wire/date.h"

#include <string.h>

#include "http/wire/text.h"

struct date {
    bool has_time;
    bool has_day;
    bool has_month;
    bool has_year;
    unsigned hour;
    unsigned minute;
    unsigned second;
    unsigned day;
    unsigned month; /* 0 to 11 */
    unsigned year;
};

static bool is_delimiter(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte == '\t' || (byte >= ' ' && byte <= '/') ||
           (byte >= ';' && byte <= '@') || (byte >= '[' && byte <= '`') ||
           (byte >= '{' && byte <= '~');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/*
 * Take a number of `min` to `max` digits.  Returns how many, or 0 if there are
 * fewer, or more.
 */
static size_t take_number(unsigned *number, const char *at, const char *end,
                          size_t min, size_t max)
{
    size_t count = 0;

    *number = 0;
    while (at + count < end && is_digit(at[count])) {
        if (count == max)
            return 0;
        *number = *number * 10 + (unsigned)(at[count] - '0');
        count++;
    }
    return count >= min ? count : 0;
}

/* "08:49:37", and anything behind it that is no digit. */
static bool take_time(struct date *date, const char *at, const char *end)
{
    unsigned *const fields[] = { &date->hour, &date->minute, &date->second };

    for (size_t i = 0; i < 3; i++) {
        size_t count;

        if (i > 0 && (at == end || *at++ != ':'))
            return false;
        count = take_number(fields[i], at, end, 1, 2);
        if (count == 0)
            return false;
        at += count;
    }
    return true;
}

static bool take_month(struct date *date, const char *at, const char *end)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (end - at < 3)
        return false;
    for (unsigned i = 0; i < 12; i++) {
        if (coil__http_equal_n(at, names + (size_t)i * 3, 3)) {
            date->month = i;
            return true;
        }
    }
    return false;
}

/* What a token is depends on what is still missing (RFC 6265, 5.1.1). */
static void take_token(struct date *date, const char *at, const char *end)
{
    if (!date->has_time && take_time(date, at, end))
        date->has_time = true;
    else if (!date->has_day && take_number(&date->day, at, end, 1, 2) > 0)
        date->has_day = true;
    else if (!date->has_month && take_month(date, at, end))
        date->has_month = true;
    else if (!date->has_year && take_number(&date->year, at, end, 2, 4) > 0)
        date->has_year = true;
}

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in(unsigned month, unsigned year)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30,
                                          31, 31, 30, 31, 30, 31 };

    return days[month] + (month == 1 && is_leap(year));
}

/* The days from 1970 to a year that is not before 1601. */
static int64_t days_before(unsigned year)
{
    int64_t y = (int64_t)year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static bool is_possible(const struct date *date)
{
    return date->has_time && date->has_day && date->has_month &&
           date->has_year && date->year >= 1601 && date->hour <= 23 &&
           date->minute <= 59 && date->second <= 59 && date->day >= 1 &&
           date->day <= days_in(date->month, date->year);
}

bool coil__http_parse_date(int64_t *seconds, const char *text, size_t size)
{
    struct date date = { .has_time = false };
    const char *end = text + size;
    int64_t days;

    while (text < end) {
        const char *begin = text;

        while (text < end && !is_delimiter(*text))
            text++;
        take_token(&date, begin, text);
        while (text < end && is_delimiter(*text))
            text++;
    }
    if (date.has_year && date.year < 100)
        date.year += date.year >= 70 ? 1900 : 2000;
    if (!is_possible(&date))
        return false;
    days = days_before(date.year) + date.day - 1;
    for (unsigned month = 0; month < date.month; month++)
        days += days_in(month, date.year);
    *seconds = ((days * 24 + date.hour) * 60 + date.minute) * 60 + date.second;
    return true;
}
