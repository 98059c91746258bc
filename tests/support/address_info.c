/* SPDX-License-Identifier: MIT */
/* address_info.c - a getaddrinfo() of the test */
#include "address_info.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

int __wrap_getaddrinfo(const char *name, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list);
void __wrap_freeaddrinfo(struct addrinfo *list);

struct addrinfo *make_info(const char *text, struct addrinfo *next)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    bool is_4 = inet_pton(AF_INET, text, &in.sin_addr) == 1;
    struct addrinfo *info;

    if (!is_4 && inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
        return next;
    info = calloc(1, sizeof *info);
    ASSERT_NOT_NULL(info);
    info->ai_family = is_4 ? AF_INET : AF_INET6;
    info->ai_socktype = SOCK_STREAM;
    info->ai_addrlen = is_4 ? sizeof in : sizeof in6;
    info->ai_addr = calloc(1, info->ai_addrlen);
    ASSERT_NOT_NULL(info->ai_addr);
    memcpy(info->ai_addr, is_4 ? (void *)&in : (void *)&in6, info->ai_addrlen);
    info->ai_next = next;
    return info;
}

int __wrap_getaddrinfo(const char *name, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list)
{
    (void)service;
    *list = NULL;
    return answer_names(name, hints, list);
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;

        free(list->ai_addr);
        free(list);
        list = next;
    }
}
