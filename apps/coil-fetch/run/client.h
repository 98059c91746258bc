/* SPDX-License-Identifier: MIT */
/* client.h - the HTTP client of a run, made as the options say */
#ifndef COIL_FETCH_RUN_CLIENT_H
#define COIL_FETCH_RUN_CLIENT_H

struct run;

/*
 * Make run->client, and what all requests have in common.  Returns 0; or an error,
 * after a message that names the option.
 */
int client_open(struct run *run);

/* All requests have ended.  Saves the cookies.  Returns 0 or an error, as above. */
int client_close(struct run *run);

#endif
