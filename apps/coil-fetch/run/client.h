/* SPDX-License-Identifier: MIT */
/* client.h - the HTTP client of a run, made as the options say */
#ifndef COIL_FETCH_RUN_CLIENT_H
#define COIL_FETCH_RUN_CLIENT_H

struct hand;
struct run;

/*
 * Make the client of the first loop, and what all requests have in common.  Returns 0;
 * or an error, after a message that names the option.
 */
int client_open(struct run *run);

/*
 * Make the client of a further loop, in its thread, after client_open().  Returns 0; an
 * error of coil_http_client_new().
 */
int client_make(const struct run *run, struct hand *hand);

/* All requests have ended.  Saves the cookies.  Returns 0 or an error, as above. */
int client_close(struct run *run);

#endif
