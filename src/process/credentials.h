/* SPDX-License-Identifier: MIT */
/*
 * process/credentials.h - who a child is
 */
#ifndef COIL_PROCESS_CREDENTIALS_H
#define COIL_PROCESS_CREDENTIALS_H

#include <stdbool.h>

#include <coil/process.h>

/* Whether the child is to be somebody else than its parent. */
bool coil__changes_user(const struct coil_process_options *options);

/*
 * In the child: become the user and the groups that the options name.  Returns
 * an errno value or 0.  The memory must not be the parent's: the kernel looks at
 * who may look into it.
 */
int coil__become_user(const struct coil_process_options *options);

#endif
