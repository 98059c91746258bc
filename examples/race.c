/* SPDX-License-Identifier: MIT */
/*
 * race.c - ask several servers, one after the other, and take the first answer
 *
 *     race NAME:SECONDS...       e.g. race one:3 two:1 three:1
 *
 * Each server has a head start of half a second before the next one is asked as well.
 * A number below 0 stands for a server that fails at once: the next is asked then.
 * When one has answered, the others are cancelled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>

enum { MOST = 16 };

static int ask(void *server)
{
    double seconds = atof(strchr(server, ':') + 1);
    int rc = seconds < 0 ? -ECONNREFUSED
                         : coil_sleep((coil_time)(seconds * COIL_SECOND));

    printf("%s %s\n", (char *)server, rc < 0 ? coil_strerror(rc) : "answers");
    return rc;
}

static int race(void *arg)
{
    char **servers = arg;
    struct coil_racer racers[MOST];
    size_t count = 0;
    int winner;

    for (; servers[count] && count < MOST; count++) {
        if (!strchr(servers[count], ':'))
            return -EINVAL;
        racers[count] = (struct coil_racer){ .fn = ask, .arg = servers[count] };
    }
    winner = coil_staggered_race(racers, count, COIL_SECOND / 2);
    if (winner < 0)
        return winner;
    printf("the winner is %s\n", servers[winner]);
    return 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(race, argv + 1));
}
