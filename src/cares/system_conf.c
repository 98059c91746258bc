/* SPDX-License-Identifier: MIT */
#include "cares/system_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE_SIZE = 1024, TIMEOUT_MAX = 30, ATTEMPTS_MAX = 5 };

static const char blanks[] = " \t\r\n";

/* ---- nsswitch.conf -------------------------------------------------------- */

/* Whether the name ends in ".local". */
static bool is_local(const char *host)
{
    static const char local[] = ".local";
    size_t length = strlen(host);
    size_t size = sizeof local - 1;

    if (length > 0 && host[length - 1] == '.')
        length--;
    return length > size && strncasecmp(host + length - size, local, size) == 0;
}

static bool has_no_dot(const char *host)
{
    const char *dot = strchr(host, '.');

    return !dot || !dot[1];
}

/* Whether the service, which is neither `files` nor `dns`, may know the name. */
static bool may_know(const char *service, const char *host)
{
    if (strncmp(service, "mdns", 4) == 0)
        return is_local(host);
    if (strcmp(service, "resolve") == 0)
        return is_local(host) || has_no_dot(host);
    if (strcmp(service, "myhostname") == 0)
        return has_no_dot(host);
    return true;
}

/*
 * The words behind "hosts:".  A rule in brackets behind a service that does not
 * know the name does not matter, since that service is not asked.  Behind
 * `files` or `dns` it does: the system knows what it means.  Without `dns` there
 * is nothing that c-ares does better.
 */
static bool line_is_for_system(char *line, const char *host)
{
    bool is_ours = false;
    bool has_dns = false;
    char *rest;

    for (char *word = strtok_r(line, blanks, &rest); word;
         word = strtok_r(NULL, blanks, &rest)) {
        if (word[0] == '[') {
            if (is_ours)
                return true;
            while (word && !strchr(word, ']'))
                word = strtok_r(NULL, blanks, &rest);
            if (!word)
                return true;
            continue;
        }
        has_dns = has_dns || strcmp(word, "dns") == 0;
        is_ours = strcmp(word, "files") == 0 || strcmp(word, "dns") == 0;
        if (!is_ours && may_know(word, host))
            return true;
    }
    return !has_dns;
}

/* Behind the key at the beginning of the line; or NULL. */
static char *value_of(char *line, const char *key)
{
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, blanks);
    return strncmp(line, key, strlen(key)) == 0 ? line + strlen(key) : NULL;
}

bool coil__cares_is_for_system(const char *path, const char *host)
{
    FILE *file = fopen(path, "re");
    char line[LINE_SIZE];
    bool is_for_system = false;

    while (file && fgets(line, sizeof line, file)) {
        char *value = value_of(line, "hosts:");

        if (value)
            is_for_system = line_is_for_system(value, host);
    }
    if (file)
        fclose(file);
    return is_for_system;
}

/* ---- resolv.conf ---------------------------------------------------------- */

static void set_number(const char *word, const char *key, int least, int most,
                       int *number)
{
    size_t size = strlen(key);
    long value;

    if (strncmp(word, key, size) != 0)
        return;
    value = strtol(word + size, NULL, 10);
    if (value < least)
        value = least;
    *number = value > most ? most : (int)value;
}

static void take_options(struct coil__cares_patience *patience, char *words)
{
    char *rest;

    for (char *word = strtok_r(words, blanks, &rest); word;
         word = strtok_r(NULL, blanks, &rest)) {
        set_number(word, "timeout:", 1, TIMEOUT_MAX, &patience->seconds);
        set_number(word, "attempts:", 1, ATTEMPTS_MAX, &patience->attempts);
    }
}

struct coil__cares_patience coil__cares_patience(const char *path,
                                                 const char *more)
{
    struct coil__cares_patience patience = { .seconds = 5, .attempts = 2 };
    FILE *file = fopen(path, "re");
    char line[LINE_SIZE];

    while (file && fgets(line, sizeof line, file)) {
        char *value = line[0] == ';' ? NULL : value_of(line, "options");

        if (value)
            take_options(&patience, value);
    }
    if (file)
        fclose(file);
    if (more) {
        snprintf(line, sizeof line, "%s", more);
        take_options(&patience, line);
    }
    return patience;
}
