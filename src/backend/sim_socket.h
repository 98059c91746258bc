/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_socket.h - one socket of the simulator
 */
#ifndef COIL_BACKEND_SIM_SOCKET_H
#define COIL_BACKEND_SIM_SOCKET_H

#include <stdbool.h>

#include <coil/address.h>
#include <coil/list.h>

#include "base/buffer.h"

enum sim_direction {
    SIM_DIRECTION_IN,  /* READ, RECEIVE, ACCEPT */
    SIM_DIRECTION_OUT, /* WRITE, SEND, CONNECT */
    SIM_DIRECTIONS,
};

enum sim_state {
    SIM_STATE_FRESH,
    SIM_STATE_LISTENING,
    SIM_STATE_CONNECTED, /* now or in the past */
};

/* A group that a socket has joined. */
struct sim_group {
    struct coil_link link;
    struct coil_address address;
};

/*
 * A socket is in the table, or, until it is accepted, in the backlog of a
 * listener.  Two connected sockets point at each other.  When one closes, the
 * other has no peer.
 */
struct sim_socket {
    struct coil_list queue[SIM_DIRECTIONS];
    struct coil_link active_link;
    struct sim_socket
        *next; /* in a backlog, of the listeners or of the bound */
    struct sim_socket *peer;
    struct sim_socket *backlog; /* listening: connections, oldest first */
    size_t backlog_size;
    struct coil_buffer received; /* not yet read; at most SIM_PIPE_SIZE */
    /*
     * Messages that were not received.  Of a stream: descriptors, each with the
     * bytes in front of it.
     */
    struct coil_list messages;
    size_t message_bytes;
    struct coil_list groups;
    struct coil_address local;
    struct coil_address remote;
    int fd; /* -1 in a backlog */
    int type;
    enum sim_state state;
    int error;         /* reported once; positive */
    bool shares_port;  /* SO_REUSEPORT */
    bool is_named;     /* `local` is where it connects from */
    bool is_bound;     /* in the list of those that get datagrams */
    bool broadcasts;   /* SO_BROADCAST */
    bool tells_target; /* IP_PKTINFO */
    bool active;
    bool closing;
    bool shut;   /* no more is written here */
    bool ended;  /* no more comes */
    bool broken; /* neither */
};

#define SIM_FIRST_FD 1000000
#define SIM_PIPE_SIZE ((size_t)65536)
#define SIM_BACKLOG 128

#endif
