/* SPDX-License-Identifier: MIT */
#include "http/server/date_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void coil__http_date_text(char text[COIL__HTTP_DATE_SIZE], int64_t seconds)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t time = (time_t)seconds;
    struct tm tm = { 0 };
    char whole[64];

    gmtime_r(&time, &tm);
    snprintf(whole, sizeof whole, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
             days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
             (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec);
    memcpy(text, whole, COIL__HTTP_DATE_SIZE);
    text[COIL__HTTP_DATE_SIZE - 1] = '\0';
}
