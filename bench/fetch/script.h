/* SPDX-License-Identifier: MIT */
/*
 * script.h - what the hosts of the fleet do, decided by a seed
 *
 * Everything about a URL follows from its number and the seed, so the server, the
 * list and the ideal schedule agree without telling each other.
 */
#ifndef BENCH_FETCH_SCRIPT_H
#define BENCH_FETCH_SCRIPT_H

#include <stdint.h>

struct script {
    uint64_t seed;
    uint32_t hosts;
    uint32_t urls;
    uint32_t priorities;
    uint32_t faults;  /* of a thousand URLs: those that fail at first */
    uint32_t limited; /* of a thousand URLs: those that get a 429 at first */
    uint32_t least_us, most_us; /* how long an answer takes */
    uint32_t least_size, most_size;
    uint32_t failures;     /* attempts that fail, at most */
    uint32_t window;       /* seconds of Retry-After */
    uint32_t limit;        /* requests at a time that a host allows */
    uint32_t global_limit; /* of the client; 0: unknown */
    uint32_t settle_us;    /* from when on priorities count */
    uint32_t patience_us;  /* how long a better URL may wait */
    uint32_t slack_us; /* what is younger may have crossed a 429 on the way */
};

enum fault {
    FAULT_NONE,
    FAULT_STATUS,  /* 500 */
    FAULT_RESET,   /* the connection is reset */
    FAULT_CUT,     /* half of the body, then the end */
    FAULT_STALL,   /* nothing for a while, then the end */
    FAULT_LIMITED, /* 429, Retry-After in seconds */
    FAULT_DATED,   /* 429, Retry-After as a date */
    FAULTS
};

struct plan {
    uint32_t host;
    uint32_t priority; /* the lowest starts first */
    uint32_t latency_us;
    uint32_t size;
    enum fault fault;
    uint32_t failures; /* so many attempts meet the fault */
};

/* What happens to the URL `number`, from 0. */
struct plan script_plan(const struct script *script, uint32_t number);

/* "reset"; static. */
const char *script_fault_name(enum fault fault);

/* The first two numbers of all addresses, "127.1" unless another one is set. */
extern const char *script_net;

/* The address of a host: 127.1.0.1 and so on. */
void script_address(uint32_t host, char text[16]);

#endif
