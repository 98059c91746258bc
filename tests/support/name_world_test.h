/* SPDX-License-Identifier: MIT */
/*
 * name_world_test.h - what must be so wherever names come from
 *
 * Each is a test of a source: NULL is the system.  name_world.h has what they
 * are made with.
 */
#ifndef COIL_TESTS_NAME_WORLD_TEST_H
#define COIL_TESTS_NAME_WORLD_TEST_H

#include "name_world.h"

void check_hosts(const struct coil_resolver_source *source);
void check_services(const struct coil_resolver_source *source);
void check_no_hosts(const struct coil_resolver_source *source);
void check_search(const struct coil_resolver_source *source);
void check_last_dot(const struct coil_resolver_source *source);
void check_numbers(const struct coil_resolver_source *source);
void check_order(const struct coil_resolver_source *source);
void check_order_of_file(const struct coil_resolver_source *source);

#endif
