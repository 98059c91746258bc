/* SPDX-License-Identifier: MIT */
/*
 * option_set.h - set an option to its value, or say what is wrong with that
 *
 * Each returns READ_ON, or END_BADLY after a message.
 */
#ifndef COIL_FETCH_RUN_OPTION_SET_H
#define COIL_FETCH_RUN_OPTION_SET_H

#include "run/options.h"

enum { READ_ON = 0, END_WELL = 1, END_BADLY = 3 };

/* Say on standard error what is wrong.  Returns END_BADLY. */
int option_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Say that this is no value of the option, and what one is. */
int option_refuse(int option, const char *value, const char *example);

int option_add(struct option_list *list, const char *value);

/* A text that was made is freed with the options.  NULL: there is no memory. */
char *option_keep(struct options *options, char *made);

int option_set_number(size_t *out, int option, const char *value, size_t least);
int option_set_unsigned(unsigned *out, int option, const char *value);
int option_set_loops(unsigned *out, int option, const char *value);
int option_set_duration(coil_time *out, int option, const char *value);
int option_set_rate(struct option_rate *out, int option, const char *value);
int option_set_size(uint64_t *out, int option, const char *value);
int option_set_file_size(struct options *options, int option,
                         const char *value);

/* The place of the value among `words`, "a|b|c". */
int option_set_word(int *out, int option, const char *value, const char *words);

int option_set_retry_on(struct options *options, int option, const char *value);

/* Both texts are kept. */
int option_add_header(struct options *options, const char *name,
                      const char *value);

/* "Name: value". */
int option_set_header(struct options *options, const char *text);

/*
 * Bytes, or those of a file: "@FILE", which --data-raw does not know.  They follow
 * what there is, behind a "&" unless they are JSON.
 */
int option_add_body(struct options *options, int option, const char *value);

/* Content-Type, and with --json Accept, unless others are given. */
int option_describe_body(struct options *options);

/* Whether --queue and what belongs to it go together with the rest. */
int option_check_queue(const struct options *options);

int option_set_continue(struct options *options, const char *value);
int option_add_source(struct options *options, const char *text, bool is_file);

#endif
