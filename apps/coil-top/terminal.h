/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - a terminal that is taken over, and given back as it was
 *
 * It is given back when the program ends, also by exit() and by a signal that
 * means a crash.
 */
#ifndef COIL_TOP_TERMINAL_H
#define COIL_TOP_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Keys beyond those that are characters. */
enum {
    KEY_UP = 256,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_ESCAPE,
    KEY_END_OF_INPUT,
};

/* False: standard input or output is no terminal. */
bool terminal_begin(void);
void terminal_end(void);

/* 24 and 80 if that is not known. */
void terminal_size(int *rows, int *columns);

/*
 * Read what has been typed.  Up to `max` keys; how many.  To be called when input
 * is there.
 */
size_t terminal_read(int *keys, size_t max);

/* Show lines, each cut off at the terminal's width; '\n' ends a line. */
void terminal_show(const char *text, size_t size);

#endif
