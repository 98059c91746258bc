/* SPDX-License-Identifier: MIT */
#include "net/answer.h"

#include <string.h>

#include <coil/error.h>

#include "base/memory.h"

static struct coil__answer *allocate(int error, size_t count)
{
    struct coil__answer *answer =
        coil__alloc(sizeof *answer + count * sizeof answer->addresses[0]);

    if (!answer)
        return NULL;
    atomic_init(&answer->refs, 1);
    answer->error = error;
    answer->ttl = -1;
    answer->count = count;
    return answer;
}

struct coil__answer *
coil__answer_new(int error, const struct coil_address *addresses, size_t count)
{
    struct coil__answer *answer = allocate(error, count);

    if (answer && count > 0)
        memcpy(answer->addresses, addresses, count * sizeof *addresses);
    return answer;
}

static bool is_usable(const struct addrinfo *info)
{
    return info->ai_family == AF_INET || info->ai_family == AF_INET6;
}

struct coil__answer *coil__answer_of(const struct addrinfo *list)
{
    struct coil__answer *answer;
    size_t n = 0;

    for (const struct addrinfo *i = list; i; i = i->ai_next)
        n += is_usable(i);
    answer = allocate(n ? 0 : COIL_ERESOLVE(EAI_NONAME), n);
    if (!answer)
        return NULL;
    n = 0;
    for (const struct addrinfo *i = list; i; i = i->ai_next) {
        struct coil_address *address = &answer->addresses[n];

        if (!is_usable(i))
            continue;
        memcpy(&address->storage, i->ai_addr, i->ai_addrlen);
        address->length = i->ai_addrlen;
        n++;
    }
    return answer;
}

struct coil__answer *coil__answer_retain(struct coil__answer *answer)
{
    atomic_fetch_add(&answer->refs, 1);
    return answer;
}

void coil__answer_release(struct coil__answer *answer)
{
    if (answer && atomic_fetch_sub(&answer->refs, 1) == 1)
        coil__free(answer);
}
