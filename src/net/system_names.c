/* SPDX-License-Identifier: MIT */
#include "net/system_names.h"

#include <netdb.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <coil/error.h>

#include "base/shortage.h"

/*
 * getaddrinfo() needs some 8 KiB.  The rest is for modules of the name service,
 * and for the variables of the program that every thread has.
 */
enum { STACK_SIZE = 256 * 1024 };

static struct coil_pool pool = { .limit = COIL__NAME_THREADS,
                                 .stack_size = STACK_SIZE,
                                 .linger = 1 };

static void prepare_pool(void)
{
    coil__pool_init(&pool);
}

struct coil_pool *coil__system_names_pool(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, prepare_pool);
    return &pool;
}

void coil__system_names_limit(unsigned threads)
{
    coil__pool_set_limit(coil__system_names_pool(), threads);
}

/* Returns 0 and stores a list, or returns one of coil's errors. */
static int ask(const char *host, int family, int flags, struct addrinfo **list)
{
    const struct addrinfo hints = {
        .ai_family = family,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = flags,
    };
    int error = getaddrinfo(host, host ? NULL : "0", &hints, list);

    switch (error) {
    case 0:
        return 0;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_SYSTEM:
        return errno > 0 ? -errno : COIL_ERESOLVE(EAI_FAIL);
    default:
        return COIL_ERESOLVE(error);
    }
}

/* 0 if a descriptor can be opened; otherwise -EMFILE, -ENFILE … */
static int ask_for_descriptor(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

/*
 * A resolver that cannot open its files or sockets says that the name is
 * unknown.  What was missing is in errno; or errno was overwritten, and it is
 * still missing.
 */
static int ask_truly(const char *host, int family, int flags,
                     struct addrinfo **list)
{
    int shortage;
    int rc;

    errno = 0;
    rc = ask(host, family, flags, list);
    shortage = -errno;
    if (rc == 0 || coil__is_shortage(rc))
        return rc;
    if (!coil__is_shortage(shortage))
        shortage = ask_for_descriptor();
    return coil__is_shortage(shortage) ? shortage : rc;
}

/*
 * Whether it is "localhost" or a name below it, maybe with the last dot.  A source
 * may ask for the empty name.
 */
static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t length = strlen(host);
    size_t size = sizeof name - 1;

    if (length > 0 && host[length - 1] == '.')
        length--;
    return length >= size &&
           strncasecmp(host + length - size, name, size) == 0 &&
           (length == size || host[length - size - 1] == '.');
}

struct coil__answer *coil__system_names_ask(const char *host, int family)
{
    struct coil__answer *answer;
    struct addrinfo *list = NULL;
    int rc = is_localhost(host) ? ask(NULL, family, 0, &list)
                                : ask_truly(host, family, 0, &list);

    if (rc < 0)
        return coil__answer_new(rc, NULL, 0);
    answer = coil__answer_of(list);
    freeaddrinfo(list);
    return answer;
}

/* ---- without a question --------------------------------------------------- */

/* No name has a colon, and no name consists of numbers alone. */
static bool looks_like_numbers(const char *host)
{
    return strchr(host, ':') || host[strspn(host, "0123456789.")] == '\0';
}

static int answer_from(const struct addrinfo *list,
                       struct coil__answer **answer)
{
    *answer = coil__answer_of(list);
    return *answer ? 0 : -ENOMEM;
}

int coil__system_names_at_once(const char *host, int family,
                               struct coil__answer **answer)
{
    struct addrinfo *list = NULL;
    int rc;

    if (!host)
        rc = ask(NULL, family, AI_PASSIVE, &list);
    else if (is_localhost(host))
        rc = ask(NULL, family, 0, &list);
    else if (strchr(host, '%')) /* the zone needs a descriptor */
        rc = ask_truly(host, family, AI_NUMERICHOST, &list);
    else
        rc = ask(host, family, AI_NUMERICHOST, &list);
    if (rc == COIL_ERESOLVE(EAI_NONAME) && host && !looks_like_numbers(host))
        return 1;
    if (rc < 0)
        return rc;
    rc = answer_from(list, answer);
    freeaddrinfo(list);
    return rc;
}
