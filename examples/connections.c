/* SPDX-License-Identifier: MIT */
/*
 * connections.c - connections over UDP, as QUIC has them: by a number, not by an
 * address
 *
 * A packet is the number of its connection and its own number, 8 bytes each, and
 * a word.  The server echoes each; the client sends again what is not answered in
 * 100 ms, and changes its address in the middle, as a phone does that leaves the
 * house.
 *
 *     connections [SEED]
 *
 * With a seed the network is a simulated one, which loses, doubles and reorders.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/testing.h>
#include <coil/udp.h>

enum { CONNECTIONS = 3, WORDS = 4, BATCH = 16 };

struct packet {
    uint64_t connection;
    uint64_t number;
    char word[16];
};

static struct coil_address where;

/* ---- the server ------------------------------------------------------- */

static unsigned echoed[CONNECTIONS]; /* words that came, each counted once */
static uint64_t next_number[CONNECTIONS];

/* A packet that comes twice is answered twice, and counted once. */
static void count(const struct packet *p)
{
    if (p->connection >= CONNECTIONS || p->number < next_number[p->connection])
        return;
    next_number[p->connection] = p->number + 1;
    echoed[p->connection]++;
}

/* Take what has come, and send it back to wherever it came from. */
static int echo(struct coil_datagram_socket *s)
{
    struct packet packets[BATCH];
    struct coil_datagram d[BATCH] = { 0 };
    ptrdiff_t n, sent;

    for (size_t i = 0; i < BATCH; i++) {
        d[i].data = &packets[i];
        d[i].size = sizeof packets[i];
    }
    n = coil_datagram_receive_many(s, d, BATCH);
    for (ptrdiff_t i = 0; i < n; i++) {
        d[i].size = d[i].length < d[i].size ? d[i].length : d[i].size;
        if (d[i].size == sizeof packets[i])
            count(&packets[i]);
    }
    for (ptrdiff_t done = 0; done < n; done += sent) {
        sent = coil_datagram_send_many(s, d + done, (size_t)(n - done));
        if (sent < 0)
            return (int)sent;
    }
    return n < 0 ? (int)n : 0;
}

static int serve(void *socket)
{
    int rc = 0;

    while (rc == 0)
        rc = echo(socket);
    return rc;
}

/* ---- a client --------------------------------------------------------- */

/* Send the packet until its echo comes. */
static int deliver(struct coil_datagram_socket *s, const struct packet *p)
{
    for (;;) {
        struct coil_timeout limit;
        struct packet answer;
        ptrdiff_t n = coil_timeout_begin(&limit, 100 * COIL_MILLISECOND);
        int rc;

        if (n < 0)
            return (int)n;
        n = coil_datagram_send_to(s, p, sizeof *p, &where);
        do {
            if (n >= 0)
                n = coil_datagram_receive(s, &answer, sizeof answer);
        } while (n >= 0 && memcmp(&answer, p, sizeof answer) != 0);
        rc = coil_timeout_end(&limit, n < 0 ? (int)n : 0);
        if (rc != -ETIMEDOUT)
            return rc;
    }
}

static int talk(void *arg)
{
    static const char *const words[WORDS] = { "one", "two", "three", "four" };
    const uint64_t *connection = arg;
    struct coil_datagram_socket *s = NULL;
    int rc = 0;

    for (uint64_t i = 0; rc == 0 && i < WORDS; i++) {
        struct packet p = { .connection = *connection, .number = i };

        strcpy(p.word, words[i]);
        if (i == WORDS / 2) {
            coil_datagram_close(s); /* from here on, from another port */
            s = NULL;
        }
        if (!s)
            rc = coil_udp_open(&s, AF_INET, NULL);
        if (rc == 0)
            rc = deliver(s, &p);
    }
    coil_datagram_close(s);
    return rc;
}

/* ---- both ------------------------------------------------------------- */

static int talk_all(void)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    for (uint64_t i = 0; rc == 0 && i < CONNECTIONS; i++)
        rc = coil_task_group_create_with(
            &group, NULL, talk, &i,
            &(struct coil_task_options){ .arg_size = sizeof i });
    return coil_task_group_end(&group, rc);
}

static int run(void *arg)
{
    const struct coil_test_datagrams bad = { .lose = 4,
                                             .duplicate = 4,
                                             .reorder = 4 };
    struct coil_datagram_socket *s;
    struct coil_task *server;
    int rc = coil_udp_bind(&s, "127.0.0.1", 0, NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    (void)coil_test_set_datagrams(&bad); /* on the simulator only */
    coil_datagram_local_address(s, &where);
    rc = coil_task_create(&server, serve, s);
    if (rc == 0) {
        rc = talk_all();
        coil_task_cancel(server);
        if (coil_task_await(server) != -ECANCELED && rc == 0)
            rc = -EPROTO; /* it serves for ever, unless something went wrong */
        coil_task_release(server);
    }
    coil_datagram_close(s);
    for (int i = 0; rc == 0 && i < CONNECTIONS; i++)
        printf("connection %d: %u words\n", i, echoed[i]);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc == 1)
        return coil_run_status(coil_run(run, NULL));
    return coil_run_status(
        coil_test_run(run, NULL, strtoull(argv[1], NULL, 10)));
}
