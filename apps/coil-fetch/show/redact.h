/* SPDX-License-Identifier: MIT */
/* redact.h - a command line and URLs that may be shown to others */
#ifndef COIL_FETCH_SHOW_REDACT_H
#define COIL_FETCH_SHOW_REDACT_H

#include "common/text.h"

/*
 * A URL in which *** stands for the user information, and for the values of
 * parameters that are named as secrets are ("token", "api_key", "password").
 */
void redact_url(struct text *text, const char *url);

/*
 * The words of a command line, in quotes where a shell needs them.  *** stands for
 * passwords (-u, -E), bodies (-d), cookies (-b), the values of headers that carry
 * secrets (-H), and what redact_url() leaves out of each other word.
 */
void redact_command(struct text *text, int argc, char *const *argv);

#endif
