/* SPDX-License-Identifier: MIT */
#include "show/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "***"

/* What an option's value may tell. */
enum kind {
    KIND_URL,
    KIND_USER,
    KIND_HEADER,
    KIND_COOKIE,
    KIND_BODY,
    KIND_RAW,
    KIND_CERT
};

/* ---- names of secrets --------------------------------------------------- */

static bool contains(const char *name, const char *part)
{
    return strcasestr(name, part) != NULL;
}

static bool is_secret_name(const char *name)
{
    static const char *const parts[] = {
        "token",      "secret",  "passw",    "pwd",    "signature",
        "credential", "session", "authoriz", "cookie", "x-amz-sig",
    };
    static const char *const wholes[] = { "auth", "sig", "sid", "pass", "jwt" };
    size_t size = strlen(name);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (contains(name, parts[i]))
            return true;
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++)
        if (strcasecmp(name, wholes[i]) == 0)
            return true;
    return (size >= 3 && strcasecmp(name + size - 3, "key") == 0) ||
           (size >= 5 && strcasecmp(name + size - 4, "auth") == 0);
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The name of a parameter, decoded; one that is too long tells nothing: secret. */
static bool is_secret_parameter(const char *at, size_t size)
{
    char name[128];
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        char c = at[i];

        if (used + 1 == sizeof name)
            return true;
        if (c == '%' && i + 2 < size && digit_of(at[i + 1]) >= 0 &&
            digit_of(at[i + 2]) >= 0) {
            c = (char)(digit_of(at[i + 1]) << 4 | digit_of(at[i + 2]));
            i += 2;
        }
        name[used++] = c;
    }
    name[used] = '\0';
    return is_secret_name(name);
}

/* ---- URLs --------------------------------------------------------------- */

/* Parameters, separated by & or ; */
static void add_parameters(struct text *text, const char *at)
{
    while (*at) {
        size_t size = strcspn(at, "&;#");
        const char *equals = memchr(at, '=', size);

        if (equals && is_secret_parameter(at, (size_t)(equals - at))) {
            text_add_bytes(text, at, (size_t)(equals + 1 - at));
            text_add(text, HIDDEN);
        } else {
            text_add_bytes(text, at, size);
        }
        at += size;
        if (*at)
            text_add_char(text, *at++);
    }
}

void redact_url(struct text *text, const char *url)
{
    const char *at = strstr(url, "://");
    const char *user;
    size_t size;

    at = at ? at + 3 : url;
    text_add_bytes(text, url, (size_t)(at - url));
    size = strcspn(at, "/?#");
    user = memrchr(at, '@', size);
    /* A proxy may be written without its scheme: name:password@host. */
    if (user && (at != url || memchr(at, ':', (size_t)(user - at)))) {
        text_add(text, HIDDEN);
        size -= (size_t)(user - at);
        at = user;
    }
    text_add_bytes(text, at, size);
    at += size;
    size = strcspn(at, "?#");
    text_add_bytes(text, at, size);
    at += size;
    if (*at)
        text_add_char(text, *at++);
    add_parameters(text, at);
}

/* ---- command lines ------------------------------------------------------ */

static const struct {
    char letter;
    const char *name;
    enum kind kind;
} secrets[] = {
    { 'u', "user", KIND_USER },     { 'H', "header", KIND_HEADER },
    { 'b', "cookie", KIND_COOKIE }, { 'd', "data", KIND_BODY },
    { '\0', "data-raw", KIND_RAW }, { '\0', "json", KIND_BODY },
    { 'E', "cert", KIND_CERT },
};

/* The letters whose value follows. */
static const char letters_with_value[] = "icXHdAeubxEoCm";

static void add_up_to(struct text *text, const char *value, char end)
{
    const char *at = strchr(value, end);

    if (!at) {
        text_add(text, value);
        return;
    }
    text_add_bytes(text, value, (size_t)(at + 1 - value));
    text_add(text, HIDDEN);
}

static void add_header(struct text *text, const char *value)
{
    size_t size = strcspn(value, ":;");
    bool is_secret = is_secret_parameter(value, size);

    text_add_bytes(text, value, size);
    if (is_secret && value[size])
        text_add(text, ": " HIDDEN);
    else
        text_add(text, value + size);
}

static void add_value(struct text *text, enum kind kind, const char *value)
{
    switch (kind) {
    case KIND_URL:
        redact_url(text, value);
        break;
    case KIND_USER:
    case KIND_CERT:
        add_up_to(text, value, ':');
        break;
    case KIND_HEADER:
        add_header(text, value);
        break;
    case KIND_COOKIE:
        text_add(text, strchr(value, '=') ? HIDDEN : value);
        break;
    case KIND_RAW:
        text_add(text, HIDDEN);
        break;
    case KIND_BODY:
        text_add(text, value[0] == '@' ? value : HIDDEN);
        break;
    }
}

/* Abbreviations count, too. */
static enum kind kind_of_name(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (size > 0 && size <= strlen(secrets[i].name) &&
            strncmp(name, secrets[i].name, size) == 0)
            return secrets[i].kind;
    return KIND_URL;
}

static enum kind kind_of_letter(char letter)
{
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (secrets[i].letter == letter)
            return secrets[i].kind;
    return KIND_URL;
}

/*
 * A word of letters: those up to the first one with a value, and that value, if it
 * stands in the same word.  Returns the kind of the next word.
 */
static enum kind add_letters(struct text *text, const char *word)
{
    size_t size = 1 + strcspn(word + 1, letters_with_value);
    enum kind kind;

    if (word[size] == '\0') {
        text_add(text, word);
        return KIND_URL;
    }
    kind = kind_of_letter(word[size]);
    text_add_bytes(text, word, size + 1);
    if (word[size + 1] == '\0')
        return kind;
    add_value(text, kind, word + size + 1);
    return KIND_URL;
}

/* As above, of "--name" or "--name=value". */
static enum kind add_name(struct text *text, const char *word)
{
    size_t size = strcspn(word + 2, "=");
    enum kind kind = kind_of_name(word + 2, size);

    if (word[2 + size] == '\0') {
        text_add(text, word);
        return kind;
    }
    text_add_bytes(text, word, 2 + size + 1);
    add_value(text, kind, word + 2 + size + 1);
    return KIND_URL;
}

static void add_quoted(struct text *text, const struct text *word)
{
    const char *bytes = word->bytes ? word->bytes : "";
    bool is_plain = word->size > 0;

    for (size_t i = 0; i < word->size; i++)
        is_plain &= isalnum((unsigned char)bytes[i]) ||
                    (bytes[i] && strchr("_-./:=,@%+", bytes[i]));
    text->has_failed |= word->has_failed;
    if (is_plain) {
        text_add(text, bytes);
        return;
    }
    text_add_char(text, '\'');
    for (size_t i = 0; i < word->size; i++) {
        if (bytes[i] == '\'')
            text_add(text, "'\\''");
        else
            text_add_char(text, bytes[i]);
    }
    text_add_char(text, '\'');
}

void redact_command(struct text *text, int argc, char *const *argv)
{
    enum kind next = KIND_URL;
    bool has_ended = false; /* "--" was there */
    struct text word = { 0 };

    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        enum kind kind = next;

        text_clear(&word);
        next = KIND_URL;
        if (kind == KIND_URL && !has_ended && strcmp(arg, "--") == 0) {
            has_ended = true;
            text_add(&word, arg);
        } else if (kind != KIND_URL || has_ended || arg[0] != '-' || !arg[1]) {
            add_value(&word, kind, arg);
        } else {
            next =
                arg[1] == '-' ? add_name(&word, arg) : add_letters(&word, arg);
        }
        text_add(text, i > 0 ? " " : "");
        add_quoted(text, &word);
    }
    text_fini(&word);
}
