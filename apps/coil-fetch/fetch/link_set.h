/* SPDX-License-Identifier: MIT */
/*
 * link_set.h - the URLs that the texts of a page mean, each once
 */
#ifndef COIL_FETCH_FETCH_LINK_SET_H
#define COIL_FETCH_FETCH_LINK_SET_H

#include <stddef.h>

#include "common/table.h"
#include "common/text.h"

/* Beyond errors: nothing more is wanted. */
#define LINK_SET_IS_FULL (-1000000)

/* The fields are private, but for the list. */
struct link_set {
    const char *
        *list;   /* in the order in which they came; table.count of them */
    size_t room; /* of `list` */
    struct table table;
    size_t size;           /* of all URLs */
    size_t tries;          /* texts that were looked at */
    char *page;            /* its URL */
    char *base;            /* instead of `page`; NULL */
    struct text reference; /* the text that is looked at */
};

/* Returns 0; an error of getrandom(). */
int link_set_init(struct link_set *set);
void link_set_fini(struct link_set *set);

/* Empty it, for a page that came from `url`.  Returns 0; -ENOMEM. */
int link_set_begin(struct link_set *set, const char *url);

/* Let what follows be relative to what a text means, if that is a URL. */
int link_set_rebase(struct link_set *set, const char *text, size_t size);

/* Add what a text means.  Returns 0; LINK_SET_IS_FULL; -ENOMEM. */
int link_set_add(struct link_set *set, const char *text, size_t size);

#endif
