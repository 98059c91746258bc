/* SPDX-License-Identifier: MIT */
/*
 * inspect/blocking.h - what to call instead of a function that blocks
 */
#ifndef COIL_INSPECT_BLOCKING_H
#define COIL_INSPECT_BLOCKING_H

/*
 * What a task calls instead of the C library's `function`, in words: "use
 * coil_sleep()".  NULL: the function is not known to block.
 */
const char *coil__blocking_cure(const char *function);

#endif
