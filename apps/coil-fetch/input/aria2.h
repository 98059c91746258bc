/* SPDX-License-Identifier: MIT */
/*
 * aria2.h - requests as the option -i of aria2 has them
 *
 *     http://example.org/a.iso<TAB>http://mirror.example.org/a.iso
 *       out=a.iso
 *       checksum=sha-256=...
 *
 * Of the URIs of a line the first with http or https is fetched, and its mirrors are
 * not.  A whole number in front of them is a priority, as in plain lines.
 *
 *     out=NAME     where the body goes, within `dir`
 *     dir=FOLDER   without `out` the name is the last part of the URL's path, or
 *                  index.html
 *     checksum=TYPE=HEX
 *     header=NAME: VALUE   any number of them
 *     user-agent=, referer=   headers, too
 *     http-user=, http-passwd=   the header Authorization
 *
 * All other options mean something for aria2 alone.  They are counted and left out
 * of account: gid, split, pause, and referer=*, and so on.
 */
#ifndef COIL_FETCH_INPUT_ARIA2_H
#define COIL_FETCH_INPUT_ARIA2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct job_details;
struct request;

/* Zeroed, it is empty. */
struct aria2_entry {
    bool is_there;
    bool has_options;
    uint64_t line;
    struct text uris; /* as the line has them */
    struct job_details *details;
    char *dir;
    char *out;
    char *user;
    char *password;
    struct text reason; /* empty, or what is wrong with an option */
    size_t size;        /* of all that is kept */
};

/* What was left out of account. */
struct aria2_ignored {
    uint64_t count;
    char *example; /* NULL: none */
};

/* Whether an indented text is an option: name=value. */
bool aria2_is_option(const char *text, size_t size);

/* Whether a line has several URIs, as no plain line has. */
bool aria2_is_entry(const char *text, size_t size);

/* Begin an entry.  Returns 0; -ENOMEM, and it is as before. */
int aria2_begin(struct aria2_entry *entry, const char *text, size_t size,
                uint64_t line);

/*
 * Add an option, a text with a NUL behind it.  What is wrong with it is said at the
 * end.  Returns 0; -ENOMEM, and the call can be made again.
 */
int aria2_option(struct aria2_entry *entry, const char *text, size_t size,
                 struct aria2_ignored *ignored);

/*
 * Make a request of the entry, which is empty then.  Returns 0, also if it is
 * refused; -ENOMEM, and the call can be made again.
 */
int aria2_end(struct aria2_entry *entry, struct request *request);

/* Empty it, and keep the memory of its line. */
void aria2_clear(struct aria2_entry *entry);
void aria2_fini(struct aria2_entry *entry);

#endif
