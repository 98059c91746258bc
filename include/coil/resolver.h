/* SPDX-License-Identifier: MIT */
/*
 * coil/resolver.h - where names come from, and how long answers are kept
 *
 * A process has one resolver.  It asks a source for the names that
 * coil_resolve() and coil_getaddrinfo() cannot answer by themselves, and keeps
 * the answers, and the failures, for a while.  All loops of the process share
 * what is kept; a loop on the simulator keeps its own, so that a test starts
 * with nothing.  Tasks of one loop that ask for one name at one time share one
 * question; two loops ask twice.
 *
 * Which source is asked: the one that the program has chosen with
 * coil_resolver_configure().  If it has chosen none, the one that a library has
 * offered (coil_resolver_offer()): libcoil-http, where it was built with c-ares,
 * offers coil_cares_source() when the first client is made.  If there is none
 * either, and on the simulator, coil_resolver_system(): getaddrinfo() in
 * threads, which does not tell how long an answer is valid.
 *
 * fork()   A child keeps the options and the answers, and asks anew what its
 *          parent was asking.
 */
#ifndef COIL_RESOLVER_H
#define COIL_RESOLVER_H

#include <stdint.h>

#include <coil/address.h>
#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One question to a source, and its answer. */
struct coil_lookup {
    /*
     * The name, in small letters; a dot at the end is kept.  The source may set
     * it to another one, as of an alias, for coil_lookup_by_system().
     */
    const char *host;
    int family; /* AF_UNSPEC (all), AF_INET or AF_INET6 */
    /*
     * How long the answer is good for, failures included.  The source sets it;
     * less than 0, as at first, means that the source does not know.
     */
    coil_time ttl;

    struct coil_address *addresses; /* from here on private */
    size_t count;
    void *reserved[4];
};

/* What answers questions. */
struct coil_resolver_source {
    const char *name; /* for reports */
    /*
     * Find the addresses of lookup->host, hand each to coil_lookup_add(), in
     * the order of preference, and return 0.  No address at all means that
     * there is no such name.  Otherwise return an error, COIL_ERESOLVE(EAI_…)
     * above all.
     *
     * The function runs in a task of its own, on the loop of the task that
     * asks, and may suspend.  It is cancelled when nobody waits for the answer
     * any more.  `arg` is that of the struct.
     */
    int (*look_up)(struct coil_lookup *lookup, void *arg);
    void *arg;
};

/* Zeroed is the default of everything. */
struct coil_resolver_options {
    /*
     * The one that the program chooses, such as coil_resolver_system().  Kept
     * until another one is set and its look-ups are over.  NULL: the program
     * chooses none, see above.
     */
    const struct coil_resolver_source *source;
    bool
        no_cache; /* ask each time; what is asked at one time is still shared */

    coil_time ttl_floor;   /* answers are kept at least so long: 0 */
    coil_time ttl_ceiling; /* and at most: 0 is an hour */
    coil_time ttl_default; /* an answer whose source does not know: 0 is 30 s */
    /*
     * How long it is kept that there is no such name, or that no server has
     * answered: at most, and if the source does not know.  0 is 5 s, less than
     * 0 not at all.  What the process lacks (descriptors, memory) is not kept.
     */
    coil_time ttl_failure;

    unsigned names_max; /* kept; the one not used for longest goes: 0 is 4096 */
    /*
     * How many threads may ask the system at one time: 0 is 256, which is also
     * the most.  Further names wait for a thread.  A thread that has had
     * nothing to do for a second ends.
     */
    unsigned threads_max;

    void *reserved[8];
};

/*
 * The system as a source: getaddrinfo() in threads.  A program that sets it has
 * chosen the threads, whatever libraries offer.  Static storage.
 */
COIL_API const struct coil_resolver_source *coil_resolver_system(void)
    COIL_ANY_THREAD;

/*
 * For libraries: offer a source to programs that have chosen none.  The first
 * offer of a process is taken, and stays; later ones are ignored.  `source` is
 * kept as long as the process lives, so neither it nor its code may be unloaded.
 * What is kept stays kept, and questions under way go on.  Loops on the
 * simulator do not use it.
 */
COIL_API void coil_resolver_offer(const struct coil_resolver_source *source)
    COIL_ANY_THREAD;

/*
 * Set the options of the process, and forget all that is kept.  NULL: the
 * defaults.  Questions under way go on; their answers are not kept.  Returns 0,
 * or -EINVAL for a ceiling below the floor or more than 256 threads, with
 * nothing changed.
 */
COIL_API int
coil_resolver_configure(const struct coil_resolver_options *options)
    COIL_ANY_THREAD;

/*
 * Forget what is kept of `host`, or of all names if it is NULL, and which
 * address answered there last.  Tasks that ask from now on start a new
 * question, even if one is under way.  On the simulator, call it within the
 * loop.
 */
COIL_API void coil_resolver_flush(const char *host) COIL_ANY_THREAD;

/* Since the process began, all loops together. */
struct coil_resolver_statistics {
    uint64_t asked;  /* questions to the source */
    uint64_t joined; /* calls that shared a question under way */
    uint64_t kept;   /* calls that were answered by what was kept */
    uint64_t names;  /* kept now, failures and the simulator's not included */
};

COIL_API void
coil_resolver_statistics(struct coil_resolver_statistics *statistics)
    COIL_ANY_THREAD;

/* ---- for sources ---------------------------------------------------------- */

/*
 * Add an address, which is copied; its port does not matter.  An address that
 * is not of lookup->family, or neither IPv4 nor IPv6, is left out.  Returns 0
 * or -ENOMEM.
 */
COIL_API int coil_lookup_add(struct coil_lookup *lookup,
                             const struct coil_address *address)
    COIL_MUST_CHECK;

/*
 * Put the addresses that were added into the order of RFC 6724, as the system's
 * are: what this machine can reach comes first, and what its administrator
 * prefers (the lines `label` and `precedence` of /etc/gai.conf, which is read
 * once).  Addresses of equal rank stay as they are.  To be called by a source,
 * before it returns.  On the simulator the order stays as it is.
 *
 * Returns 0; or -ENOMEM, -EMFILE, -ENFILE … with the order as it was.
 */
COIL_API int coil_lookup_sort(struct coil_lookup *lookup) COIL_MUST_CHECK;

/*
 * Ask the system, getaddrinfo() in a thread, and add the addresses that it
 * finds, in their order: for a source that leaves some names to the system.
 * Returns 0 or what
 * coil_resolve() returns.  A cancellation ends the wait at once.
 */
COIL_API int coil_lookup_by_system(struct coil_lookup *lookup) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
