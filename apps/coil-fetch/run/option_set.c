/* SPDX-License-Identifier: MIT */
#include "run/option_set.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "run/option_names.h"

int option_complain(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "coil-fetch: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    return END_BADLY;
}

/* ---- values --------------------------------------------------------------- */

/* The option as the user may have written it, for messages. */
static const char *name_of(int option)
{
    static char text[32];

    for (const struct option *o = option_names; o->name; o++) {
        if (o->val == option) {
            (void)snprintf(text, sizeof text, "--%s", o->name);
            return text;
        }
    }
    (void)snprintf(text, sizeof text, "-%c", option);
    return text;
}

int option_refuse(int option, const char *value, const char *example)
{
    return option_complain("%s %s: not a value of it; one is %s",
                           name_of(option), value, example);
}

int option_add(struct option_list *list, const char *value)
{
    const char **texts =
        realloc(list->texts, (list->count + 1) * sizeof *texts);

    if (!texts)
        return option_complain("no memory");
    list->texts = texts;
    texts[list->count++] = value;
    return READ_ON;
}

/* A text that was made is freed with the options; NULL: there is no memory. */
char *option_keep(struct options *options, char *made)
{
    if (made && option_add(&options->made, made) == READ_ON)
        return made;
    free(made);
    return NULL;
}

int option_set_number(size_t *out, int option, const char *value, size_t least)
{
    char *end;
    unsigned long long number;

    errno = 0;
    number = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end != '\0' || errno != 0 ||
        number < least || number > 1000000000)
        return option_refuse(option, value, "10");
    *out = (size_t)number;
    return READ_ON;
}

int option_set_unsigned(unsigned *out, int option, const char *value)
{
    size_t number;
    int rc = option_set_number(&number, option, value, 0);

    if (rc == READ_ON)
        *out = (unsigned)number;
    return rc;
}

int option_set_loops(unsigned *out, int option, const char *value)
{
    enum { MOST = 1024 };
    int rc = option_set_unsigned(out, option, value);

    if (rc == READ_ON && *out > MOST)
        rc = option_complain("%s %s: there are at most %d", name_of(option),
                             value, MOST);
    return rc;
}

int option_set_duration(coil_time *out, int option, const char *value)
{
    return option_duration(out, value) < 0
               ? option_refuse(option, value, "1.5s")
               : READ_ON;
}

int option_set_rate(struct option_rate *out, int option, const char *value)
{
    return option_rate(out, value) < 0 ? option_refuse(option, value, "10/s")
                                       : READ_ON;
}

int option_set_size(uint64_t *out, int option, const char *value)
{
    return option_size(out, value) < 0 || *out > INT64_MAX
               ? option_refuse(option, value, "64M")
               : READ_ON;
}

int option_set_file_size(struct options *options, int option, const char *value)
{
    uint64_t size;
    int rc = option_set_size(&size, option, value);

    if (rc == READ_ON)
        options->max_filesize = (int64_t)size;
    return rc;
}

/* Words of a list such as "a|b|c", by their place.  -1: it is none of them. */
static int find_word(const char *words, const char *value, size_t size)
{
    int place = 0;

    for (const char *at = words; *at; place++) {
        size_t length = strcspn(at, "|");

        if (length == size && memcmp(at, value, size) == 0)
            return place;
        at += length + (at[length] == '|');
    }
    return -1;
}

int option_set_word(int *out, int option, const char *value, const char *words)
{
    int place = find_word(words, value, strlen(value));

    if (place < 0)
        return option_refuse(option, value, words);
    *out = place;
    return READ_ON;
}

int option_set_retry_on(struct options *options, int option, const char *value)
{
    static const char words[] =
        "connect|dns|timeout|reset|protocol|tls|5xx|429|checksum";
    unsigned retry_on = 0;

    for (const char *at = value; *at;) {
        size_t length = strcspn(at, ",");
        int place = find_word(words, at, length);

        if (place < 0 && !(length == 4 && memcmp(at, "none", 4) == 0))
            return option_refuse(option, value, words);
        if (place >= 0)
            retry_on |= 1u << place;
        at += length + (at[length] == ',');
    }
    options->retry_on = retry_on;
    return READ_ON;
}

int option_add_header(struct options *options, const char *name,
                      const char *value)
{
    struct coil_http_header *headers = realloc(
        options->headers, (options->header_count + 1) * sizeof *headers);

    if (!headers)
        return option_complain("no memory");
    options->headers = headers;
    headers[options->header_count++] =
        (struct coil_http_header){ .name = name, .value = value };
    return READ_ON;
}

int option_set_header(struct options *options, const char *text)
{
    char *name = option_keep(options, strdup(text));
    char *value;
    char *end;

    if (!name)
        return option_complain("no memory");
    value = strchr(name, ':');
    if (value)
        *value++ = '\0';
    while (value && (*value == ' ' || *value == '\t'))
        value++;
    if (value) {
        end = value + strlen(value);
        while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
            *--end = '\0';
    }
    if (!value || !coil_http_is_token(name) || !coil_http_is_value(value))
        return option_refuse('H', text, "'Name: value'");
    return option_add_header(options, name, value);
}

static int read_file(struct text *text, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char bytes[4096];
    size_t n;
    int rc = READ_ON;

    if (!file)
        return option_complain("%s: %s", path, strerror(errno));
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
        text_add_bytes(text, bytes, n);
    if (ferror(file))
        rc = option_complain("%s: it cannot be read", path);
    if (file != stdin)
        (void)fclose(file);
    return rc;
}

int option_add_body(struct options *options, int option, const char *value)
{
    struct text text = { 0 };
    int rc = READ_ON;

    options->is_json |= option == O_JSON;
    if (options->body)
        text_add_bytes(&text, options->body, options->body_size);
    if (options->body && option != O_JSON)
        text_add_char(&text, '&');
    if (*value == '@' && option != O_DATA_RAW)
        rc = read_file(&text, value + 1);
    else
        text_add(&text, value);
    options->body_size = text.size;
    options->body = option_keep(options, text_take(&text));
    if (rc == READ_ON && !options->body)
        rc = option_complain("no memory");
    return rc;
}

static bool has_header(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->header_count; i++)
        if (strcasecmp(options->headers[i].name, name) == 0)
            return true;
    return false;
}

int option_describe_body(struct options *options)
{
    const char *type = options->is_json ? "application/json"
                                        : "application/x-www-form-urlencoded";
    int rc = READ_ON;

    if (options->body && !has_header(options, "Content-Type"))
        rc = option_add_header(options, "Content-Type", type);
    if (rc == READ_ON && options->is_json && !has_header(options, "Accept"))
        rc = option_add_header(options, "Accept", type);
    return rc;
}

int option_set_continue(struct options *options, const char *value)
{
    if (value && strcmp(value, "-") != 0)
        return option_refuse('C', value,
                             "-, since each file has a size of its own");
    options->continues = true;
    return READ_ON;
}

int option_add_source(struct options *options, const char *text, bool is_file)
{
    bool *files =
        realloc(options->is_file, (options->sources.count + 1) * sizeof *files);

    if (!files)
        return option_complain("no memory");
    options->is_file = files;
    files[options->sources.count] = is_file;
    return option_add(&options->sources, text);
}
