/* SPDX-License-Identifier: MIT */
/* names.h - --resolve, -4 and -6: what names mean in this process */
#ifndef COIL_FETCH_RUN_NAMES_H
#define COIL_FETCH_RUN_NAMES_H

#include "run/options.h"

/* Returns 0; -EINVAL, after a message; -ENOMEM. */
int names_open(const struct options *options);
void names_close(void);

#endif
