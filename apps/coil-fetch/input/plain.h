/* SPDX-License-Identifier: MIT */
/* plain.h - lines that are a URL, or a template of URLs, with or without a priority */
#ifndef COIL_FETCH_INPUT_PLAIN_H
#define COIL_FETCH_INPUT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "input/template.h"

struct request;

/* Zeroed but for the option, no template is under way. */
struct plain {
    bool has_no_templates;
    struct template template;
    int64_t priority; /* of its URLs */
    struct text text; /* of its next URL, if `has_text` */
    bool has_text;
};

/*
 * Take a line, without blanks at its ends.  Afterwards there is a request, or a
 * template has begun, and plain_next() is to be called while plain_has_more().
 * Returns 0; -ENOMEM, and the call can be made again.
 */
int plain_take(struct plain *plain, struct request *request, const char *text,
               size_t size);

bool plain_has_more(const struct plain *plain);

/* The next URL of the template.  Returns 0; -ENOMEM, and it can be called again. */
int plain_next(struct plain *plain, struct request *request);

void plain_fini(struct plain *plain);

#endif
