/* SPDX-License-Identifier: MIT */
#include "work/redis/durable.h"

#include <coil/error.h>

/* What must be said for each command, as the element of that number. */
struct question {
    const char *command;
    size_t at;
    const char *answer;
};

static const struct question questions[] = {
    { "CONFIG GET appendonly", 1, "yes" },
    { "CONFIG GET appendfsync", 1, "always" },
    { "CONFIG GET maxmemory-policy", 1, "noeviction" },
    { "ROLE", 0, "master" },
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static bool is_answered(const struct coil_redis_reply *reply,
                        const struct question *question)
{
    return reply->type == COIL_REDIS_ARRAY && reply->count > question->at &&
           coil_redis_reply_is(reply->elements[question->at], question->answer);
}

int coil__work_redis_check_durable(struct coil_redis *redis)
{
    struct coil_redis_commands commands = COIL_REDIS_COMMANDS_INIT;
    struct coil_redis_reply *reply;
    int rc;

    /* An error of adding is returned by the call that sends them. */
    for (size_t i = 0; i < QUESTIONS; i++)
        (void)coil_redis_add(&commands, questions[i].command);
    rc = coil_redis_pipeline(redis, &reply, COIL_REDIS_AGAIN, &commands);
    for (size_t i = 0; rc == 0 && i < QUESTIONS; i++)
        if (!is_answered(reply->elements[i], &questions[i]))
            rc = -EPERM;
    coil_redis_reply_free(reply);
    coil_redis_commands_fini(&commands);
    return rc;
}
