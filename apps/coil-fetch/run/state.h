/* SPDX-License-Identifier: MIT */
/* state.h - what the run is doing, for people who ask by SIGUSR1 */
#ifndef COIL_FETCH_RUN_STATE_H
#define COIL_FETCH_RUN_STATE_H

struct run;

/* Say it on standard error, above the display. */
void state_print(struct run *run);

#endif
