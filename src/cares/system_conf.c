/* SPDX-License-Identifier: MIT */
#include "cares/system_conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINE_SIZE = 1024,
    TIMEOUT_MAX = 30,
    ATTEMPTS_MAX = 5,
    HOSTS_SIZE_MAX = 64 * 1024, /* read on the loop: 0.1 ms */
};

static const char blanks[] = " \t\r\n";

/*
 * Returns NULL if the file is not there; and then `*is_unreadable` is set if it
 * is.
 */
static FILE *open_file(const char *path, bool *is_unreadable)
{
    FILE *file = fopen(path, "re");

    *is_unreadable = !file && errno != ENOENT;
    return file;
}

/* Behind the key at the beginning of the line; or NULL. */
static char *value_of(char *line, const char *key)
{
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, blanks);
    return strncmp(line, key, strlen(key)) == 0 ? line + strlen(key) : NULL;
}

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

/*
 * Whether the service, which is neither `files` nor `dns`, may know the name.
 * systemd-resolved may know servers that resolv.conf does not name, such as those
 * of a private network.
 */
static bool may_know(const char *service, const char *host, bool resolve_is_dns)
{
    if (strncmp(service, "mdns", 4) == 0)
        return is_local(host);
    if (strcmp(service, "resolve") == 0)
        return !resolve_is_dns || is_local(host) || has_no_dot(host);
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
static bool line_is_for_system(char *line, const char *host,
                               bool resolve_is_dns)
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
        if (!is_ours && may_know(word, host, resolve_is_dns))
            return true;
    }
    return !has_dns;
}

static bool services_are_for_system(const char *path, const char *host,
                                    bool resolve_is_dns)
{
    char line[LINE_SIZE];
    bool is_for_system;
    FILE *file = open_file(path, &is_for_system);

    while (file && fgets(line, sizeof line, file)) {
        char *value = value_of(line, "hosts:");

        if (value)
            is_for_system = line_is_for_system(value, host, resolve_is_dns);
    }
    if (file)
        fclose(file);
    return is_for_system;
}

/* Whether the loop would stand still while it reads the file. */
static bool is_large(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && status.st_size > HOSTS_SIZE_MAX;
}

bool coil__cares_is_for_system(const struct coil__cares_files *files,
                               const struct coil__cares_conf *conf,
                               const char *host)
{
    bool resolve_is_dns = conf->has_stub || access(files->resolved, F_OK) != 0;

    return conf->is_for_system || is_large(files->hosts) ||
           services_are_for_system(files->nsswitch_conf, host, resolve_is_dns);
}

/* ---- resolv.conf ---------------------------------------------------------- */

/* Whether the word begins with the key; and then the number behind it. */
static bool take_number(const char *word, const char *key, int most,
                        int *number)
{
    size_t size = strlen(key);
    long value;

    if (strncmp(word, key, size) != 0)
        return false;
    value = strtol(word + size, NULL, 10);
    if (value < 1)
        value = 1;
    *number = value > most ? most : (int)value;
    return true;
}

/* Whether c-ares does as the option says, or need not know it. */
static bool is_known(const char *option)
{
    static const char *const known[] = { "rotate", "edns0", "trust-ad",
                                         "no-reload", "debug" };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(option, known[i]) == 0)
            return true;
    }
    return strncmp(option, "ndots:", 6) == 0;
}

static void take_options(struct coil__cares_conf *conf, char *words)
{
    char *rest;

    for (char *word = strtok_r(words, blanks, &rest); word;
         word = strtok_r(NULL, blanks, &rest)) {
        if (!take_number(word, "timeout:", TIMEOUT_MAX, &conf->seconds) &&
            !take_number(word, "attempts:", ATTEMPTS_MAX, &conf->attempts) &&
            !is_known(word))
            conf->is_for_system = true;
    }
}

/* Not all versions of c-ares know the zone of an address. */
static void take_server(struct coil__cares_conf *conf, char *address)
{
    address += strspn(address, blanks);
    address[strcspn(address, blanks)] = '\0';
    if (strchr(address, '%'))
        conf->is_for_system = true;
    if (strcmp(address, "127.0.0.53") == 0)
        conf->has_stub = true;
}

static void take_line(struct coil__cares_conf *conf, char *line)
{
    char *value;

    if (line[0] == ';')
        return;
    value = value_of(line, "options");
    if (value)
        take_options(conf, value);
    value = value_of(line, "nameserver");
    if (value)
        take_server(conf, value);
}

struct coil__cares_conf coil__cares_conf(const char *resolv_conf,
                                         const char *more)
{
    struct coil__cares_conf conf = { .seconds = 5, .attempts = 2 };
    FILE *file = open_file(resolv_conf, &conf.is_for_system);
    char line[LINE_SIZE];

    while (file && fgets(line, sizeof line, file))
        take_line(&conf, line);
    if (file)
        fclose(file);
    if (more) {
        snprintf(line, sizeof line, "%s", more);
        take_options(&conf, line);
    }
    return conf;
}
