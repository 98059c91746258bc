/* SPDX-License-Identifier: MIT */
/* peer.c - the driver's side of a peer */
#include "peer.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* The longest pause after a partition: TCP tries again after 200 ms, 400 ms … */
#define PATIENCE_MS 60000

static void begin(const struct fleet *fleet, int commands, int answers,
                  bool is_apart)
{
    char go = 'r';

    if (is_apart) {
        if (unshare(CLONE_NEWNET) < 0)
            fleet_fail("no namespace of its own");
        if (write(answers, &go, 1) != 1 || read(commands, &go, 1) != 1)
            fleet_fail("the driver has gone");
    }
    fcntl(commands, F_SETFL, O_NONBLOCK);
    peer_run(fleet, commands, answers);
}

void peer_start(struct peer *peer, const struct fleet *fleet, const char *name,
                bool is_apart)
{
    int to[2];
    int from[2];
    char ready;

    if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
        fleet_fail("no pipe");
    peer->name = name;
    peer->commands = to[1];
    peer->answers = from[0];
    peer->pid = fleet_fork();
    if (peer->pid == 0) {
        close(to[1]);
        close(from[0]);
        begin(fleet, to[0], from[1], is_apart);
    }
    close(to[0]);
    close(from[1]);
    if (is_apart && read(from[0], &ready, 1) != 1)
        fleet_fail("%s has gone", name);
}

void peer_go(struct peer *peer)
{
    if (write(peer->commands, "g", 1) != 1)
        fleet_fail("%s has gone", peer->name);
}

void peer_tell(struct peer *peer, enum peer_verb verb, uint64_t job)
{
    struct peer_command command = { .verb = verb, .job = job };

    if (write(peer->commands, &command, sizeof command) != sizeof command)
        fleet_fail("%s has gone", peer->name);
}

struct peer_answer peer_await(struct peer *peer, enum peer_word word)
{
    struct pollfd poll_fd = { .fd = peer->answers, .events = POLLIN };
    struct peer_answer answer;

    if (poll(&poll_fd, 1, PATIENCE_MS) != 1)
        fleet_fail("%s does not answer", peer->name);
    if (read(peer->answers, &answer, sizeof answer) != sizeof answer)
        fleet_fail("%s has gone", peer->name);
    if (answer.word != word)
        fleet_fail("%s says %d (%d) instead of %d", peer->name, answer.word,
                   answer.rc, word);
    return answer;
}
