/* SPDX-License-Identifier: MIT */
/* resolve_test.c - what the programs resolve and resolve_many share */
#include "resolve_test.h"

#include <sys/syscall.h>


/* ---- a resolver that does what a test wants --------------------------- */

atomic_int asked;
atomic_int answered;
static pthread_t loop_thread;
atomic_int asked_elsewhere;
atomic_int askers;
static atomic_long last_asker; /* the number of its thread */
int numeric_error;

/* No TCP socket can be made for this family. */
static struct addrinfo *make_other(struct addrinfo *next)
{
    struct addrinfo *info = calloc(1, sizeof *info);

    info->ai_addr = calloc(1, sizeof(struct sockaddr));
    info->ai_addrlen = sizeof(struct sockaddr);
    info->ai_addr->sa_family = AF_UNIX;
    info->ai_family = AF_UNIX;
    info->ai_next = next;
    return info;
}


/* "127-0-1-9.test" has the address in its name. */
static void answer_with_number(const char *name, struct addrinfo **list)
{
    char text[20];

    snprintf(text, sizeof text, "%.*s", (int)strcspn(name, "."), name);
    for (char *at = text; (at = strchr(at, '-'));)
        *at = '.';
    *list = make_info(text, NULL);
}

int answer(const char *name, struct addrinfo **list)
{
    if (strncmp(name, "slow", 4) == 0) {
        wait_at_gate();
        count(&ended);
    }
    if (strcmp(name, "fine.test") == 0) {
        *list = make_info("127.0.0.1", NULL);
        errno = EMFILE; /* of an earlier call; it does not count */
    } else if (strcmp(name, "two.test") == 0)
        *list = make_info("127.0.0.2", make_info("127.0.0.1", NULL));
    else if (strstr(name, "unknown"))
        return EAI_NONAME;
    else if (strcmp(name, "exit.test") == 0)
        pthread_exit(NULL);
    else if (strncmp(name, "short", 5) == 0) {
        errno = ENFILE;
        return name[5] == '1' ? EAI_NONAME : EAI_AGAIN;
    } else if (strcmp(name, "later.test") == 0)
        return EAI_AGAIN;
    else if (strcmp(name, "memory.test") == 0)
        return EAI_MEMORY;
    else if (strcmp(name, "system.test") == 0) {
        errno = ENETDOWN;
        return EAI_SYSTEM;
    } else if (strcmp(name, "nothing.test") == 0) {
        errno = 0;
        return EAI_SYSTEM;
    } else if (strcmp(name, "other.test") == 0)
        *list = make_other(NULL);
    else if (strcmp(name, "mixed.test") == 0)
        *list = make_other(
            make_info("127.0.0.2", make_other(make_info("127.0.0.1", NULL))));
    else if (strncmp(name, "127-", 4) == 0)
        answer_with_number(name, list);
    else
        *list = make_info("127.0.0.1", NULL);
    return 0;
}

int answer_counted(const char *name, const struct addrinfo *hints,
                   struct addrinfo **list)
{
    int rc;

    if (numeric_error && (!name || hints->ai_flags & AI_NUMERICHOST))
        return numeric_error;
    if (!name && !(hints->ai_flags & AI_PASSIVE)) {
        *list = make_info("::1", make_info("127.0.0.1", NULL));
        return 0;
    }
    if (!name) {
        *list = make_info("0.0.0.0", make_info("::", NULL));
        return 0;
    }
    if (hints->ai_flags & AI_NUMERICHOST) {
        *list = make_info(name, NULL);
        return *list ? 0 : EAI_NONAME;
    }
    if (!pthread_equal(pthread_self(), loop_thread))
        count(&asked_elsewhere);
    if (atomic_exchange(&last_asker, syscall(SYS_gettid)) !=
        syscall(SYS_gettid))
        askers++;
    count(&asked);
    rc = answer(name, list);
    count(&answered);
    return rc;
}

void reset(void)
{
    const struct coil_resolver_options options = { .no_cache = true,
                                                   .threads_max =
                                                       NAME_THREADS };

    ASSERT_EQ(coil_resolver_configure(&options), 0);
    loop_thread = pthread_self();
    asked = 0;
    asked_elsewhere = 0;
    answered = 0;
    close_gate();
}

/* ---- one after the other ---------------------------------------------- */

int resolve(void *arg)
{
    struct coil_address *addresses;
    size_t count;
    int rc;

    rc = coil_resolve(arg, 80, &addresses, &count);
    if (rc < 0)
        return rc;
    ASSERT_EQ(rc, 0);
    coil_addresses_free(addresses);
    return (int)count;
}

int resolve_text(const char *host)
{
    return resolve((void *)(uintptr_t)host);
}
