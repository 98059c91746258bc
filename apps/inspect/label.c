/* SPDX-License-Identifier: MIT */
#include "label.h"

#include <stdio.h>
#include <string.h>

#include "must.h"

void label_fold(char *to, size_t size, const char *name)
{
    size_t n = 0;

    while (*name && n + 1 < size) {
        if (*name >= '0' && *name <= '9') {
            to[n++] = '*';
            name += strspn(name, "0123456789");
        } else {
            to[n++] = *name++;
        }
    }
    to[n] = '\0';
}

const char *label_task(const char *name, const char *site, bool exact)
{
    char folded[64];
    char label[256];

    if (exact)
        snprintf(folded, sizeof folded, "%s", name);
    else
        label_fold(folded, sizeof folded, name);
    snprintf(label, sizeof label, "%s (%s)", folded, site);
    return must_intern(label);
}

void label_duration(char *to, size_t size, int64_t ns)
{
    if (ns >= 1000000000)
        snprintf(to, size, "%.2f s", (double)ns / 1e9);
    else if (ns >= 1000000)
        snprintf(to, size, "%.1f ms", (double)ns / 1e6);
    else
        snprintf(to, size, "%lld us", (long long)(ns / 1000));
}
