/* SPDX-License-Identifier: MIT */
/* state.h - what the run is doing, for people who ask by SIGUSR1 */
#ifndef COIL_FETCH_RUN_STATE_H
#define COIL_FETCH_RUN_STATE_H

struct run;

/* Print it to standard error. */
void state_print(const struct run *run);

#endif
