/* SPDX-License-Identifier: MIT */
#include "base/writer.h"

#include <errno.h>
#include <unistd.h>

void coil__write_end(struct coil_writer *w)
{
    size_t done = 0;

    if (w->is_ready && !w->is_ready(w->arg))
        done = w->length;
    if (w->put) {
        w->put(w->arg, w->text, w->length);
        done = w->length;
    }
    while (done < w->length) {
        ssize_t n = write(w->fd, w->text + done, w->length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    w->length = 0;
}

static void write_char(struct coil_writer *w, char c)
{
    if (w->length == sizeof w->text)
        coil__write_end(w);
    w->text[w->length++] = c;
}

void coil__write(struct coil_writer *w, const char *text)
{
    for (; *text; text++)
        write_char(w, *text);
}

void coil__write_spaces(struct coil_writer *w, size_t n)
{
    for (; n > 0; n--)
        write_char(w, ' ');
}

static void write_digits(struct coil_writer *w, uint64_t n, unsigned base)
{
    char digits[24];
    char *p = digits + sizeof digits - 1;

    *p = '\0';
    do
        *--p = "0123456789abcdef"[n % base];
    while ((n /= base) > 0);
    coil__write(w, p);
}

void coil__write_number(struct coil_writer *w, uint64_t n)
{
    write_digits(w, n, 10);
}

void coil__write_hex(struct coil_writer *w, uint64_t n)
{
    coil__write(w, "0x");
    write_digits(w, n, 16);
}

void coil__write_duration(struct coil_writer *w, int64_t duration)
{
    uint64_t ns = duration < 0 ? 0 : (uint64_t)duration;
    uint64_t hundredths = ns / 10000000;

    if (ns >= 1000000000) {
        write_digits(w, hundredths / 100, 10);
        coil__write(w, ".");
        write_digits(w, hundredths / 10 % 10, 10);
        write_digits(w, hundredths % 10, 10);
        coil__write(w, " s");
    } else {
        write_digits(w, ns / 1000000, 10);
        coil__write(w, ".");
        write_digits(w, ns / 100000 % 10, 10);
        coil__write(w, " ms");
    }
}
