/* SPDX-License-Identifier: MIT */
/*
 * base/errno_text.h - what a number of errno means, in English
 */
#ifndef COIL_BASE_ERRNO_TEXT_H
#define COIL_BASE_ERRNO_TEXT_H

/* A text that is never freed or changed; NULL: there is no such number. */
const char *coil__errno_text(int number);

#endif
