/* SPDX-License-Identifier: MIT */
/* net.h - what the programs of other files take from net.c */
#ifndef COIL_TESTS_SCENARIOS_NET_H
#define COIL_TESTS_SCENARIOS_NET_H

#include <string.h>

#include <coil/resolve.h>
#include <coil/stream.h>
#include <coil/task_group.h>
#include <coil/thread.h>

#include "scenario.h"

extern struct coil_listener *listener;
extern struct coil_address server_address;
int begin_listening(void);
int begin_server(void);
void end_listening(void);
int tell(struct coil_stream *s, const char *text);
int hear(struct coil_stream *s, const char *text);
void probe_server(void);

#endif
