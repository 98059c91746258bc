/* SPDX-License-Identifier: MIT */
/*
 * net/listener_lead.h - what a listener does as a member of a group
 */
#ifndef COIL_NET_LISTENER_LEAD_H
#define COIL_NET_LISTENER_LEAD_H

struct coil_listener;

/*
 * Something has come for this listener, or it leads from now on.  On its loop's
 * thread, outside of any task.
 */
void coil__listener_look(struct coil_listener *listener);

/*
 * It is being closed.  What it has kept goes to the others, if one of them takes
 * it.
 */
void coil__listener_leave(struct coil_listener *listener);

#endif
