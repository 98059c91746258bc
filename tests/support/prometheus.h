/* SPDX-License-Identifier: MIT */
/*
 * prometheus.h - whether a text is a page of metrics, and what is in it
 *
 * The rules are those of Prometheus's text format 0.0.4, and more: what promtool
 * complains about is refused, too.
 */
#ifndef COIL_TESTS_PROMETHEUS_H
#define COIL_TESTS_PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>

/* NULL, or what is wrong with the page; static storage. */
const char *prometheus_check(const char *page, size_t size);

/*
 * The value of the sample whose line begins with `sample`, name and labels, as in
 * "a_total{loop=\"0\"}".  Fails the test if there is none.
 */
double prometheus_value(const char *page, const char *sample);
bool prometheus_has(const char *page, const char *sample);

#endif
