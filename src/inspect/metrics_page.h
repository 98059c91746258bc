/* SPDX-License-Identifier: MIT */
/*
 * inspect/metrics_page.h - the text of a page of metrics
 */
#ifndef COIL_INSPECT_METRICS_PAGE_H
#define COIL_INSPECT_METRICS_PAGE_H

#include <coil/metrics.h>

#include "base/buffer.h"

/* Zeroed is an empty page. */
struct coil_metrics_page {
    struct coil_buffer text;
    struct coil_buffer taken; /* names of samples, each with its NUL */
    const char *family;       /* NULL: what follows is left out */
    enum coil_metric_kind kind;
    int error; /* -ENOMEM: the text is not whole */
};

void coil__metrics_page_fini(struct coil_metrics_page *page);

/* Whether it can be the name of a metric; and whether these are labels. */
bool coil__metrics_is_name(const char *name);
bool coil__metrics_are_labels(const char *const *labels,
                              enum coil_metric_kind kind);

#endif
