/* SPDX-License-Identifier: MIT */
/*
 * robots_rules.h - which paths the rules of a robots.txt allow (RFC 9309, 2.2.2)
 *
 * The rule with the most octets counts; of equal ones Allow.  Patterns and paths
 * are compared in one form: what is unreserved stands decoded, what may not stand
 * in a URL is encoded, and behind the first "?" the characters ":/?@" stand
 * decoded, as in the table of the RFC.
 *
 * Rules without wildcards are found by a binary search.  The others are tried one
 * after another, each in a time that grows with the lengths of path and rule.
 */
#ifndef COIL_FETCH_FETCH_ROBOTS_RULES_H
#define COIL_FETCH_FETCH_ROBOTS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct robots_rule;

/* Zeroed, it is empty: everything is allowed.  The fields are private. */
struct robots_rules {
    struct text patterns; /* of all rules, one behind the other */
    struct robots_rule *rules;
    size_t count;
    size_t room;
    size_t plain; /* so many at the beginning have no wildcard */
};

void robots_rules_fini(struct robots_rules *rules);

/*
 * Add the value of an Allow or Disallow line.  One that is empty, or begins with
 * neither "/" nor "*", matches nothing.  Returns 0; -ENOMEM.
 */
int robots_rules_add(struct robots_rules *rules, const char *pattern,
                     size_t size, bool is_allowed);

/* Once, behind the last one. */
void robots_rules_sort(struct robots_rules *rules);

/*
 * Whether a path, with its query, may be fetched.  Returns 1; 0, and also if
 * thousands of hostile wildcards would take too long to try; -ENOMEM.
 */
int robots_rules_allow(const struct robots_rules *rules, const char *path);

/* The bytes of memory that they take. */
size_t robots_rules_size(const struct robots_rules *rules);

#endif
