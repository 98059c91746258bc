/* SPDX-License-Identifier: MIT */
/*
 * core/run.h - how a signal ends coil_run()
 */
#ifndef COIL_CORE_RUN_H
#define COIL_CORE_RUN_H

#include <coil/run.h>

/* A signal has come that ends the run: cancel the main task. */
void coil__run_interrupted(struct coil_loop *loop);

#endif
