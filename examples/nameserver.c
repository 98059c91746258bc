/* SPDX-License-Identifier: MIT */
/*
 * nameserver.c - a server over UDP: a name server that knows one address
 *
 *     nameserver PORT ADDRESS    e.g. nameserver 5300 192.0.2.1
 *
 * Each message is a question and gets one answer, so one task serves all clients.  It
 * answers every question for an address of IPv4 with the same one.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>

enum { HEADER = 12, LARGEST = 512 };

static struct in_addr address;

/* Make an answer of the question.  Returns its size; 0: it is no question. */
static size_t answer(unsigned char message[LARGEST + 16], size_t size)
{
    static const unsigned char head[] = { 0xc0, HEADER, 0, 1, 0, 1,
                                          0,    0,      0, 9, 0, 4 };
    size_t end = HEADER;

    while (end < size && message[end] > 0 && message[end] < 64)
        end += message[end] + 1u;
    end += 5; /* the end of the name, the type and the class */
    if (end > size || message[2] & 0x80 || message[5] != 1)
        return 0;
    message[2] = 0x84;                  /* an answer, and authoritative */
    message[3] = 0;                     /* no error */
    message[7] = message[end - 3] == 1; /* so many answers: type A */
    memset(message + 8, 0, HEADER - 8); /* and nothing else */
    if (!message[7])
        return end;
    memcpy(message + end, head, sizeof head);
    memcpy(message + end + sizeof head, &address, 4);
    return end + sizeof head + 4;
}

static int serve(struct coil_datagram_socket *socket)
{
    unsigned char message[LARGEST + 16];
    struct coil_address client;

    for (;;) {
        ptrdiff_t n =
            coil_datagram_receive_from(socket, message, LARGEST, &client);

        if (n >= 0) {
            size_t size = answer(message, (size_t)n);

            n = size ? coil_datagram_send_to(socket, message, size, &client)
                     : 0;
        }
        if (n == -ECANCELED)
            return (int)n;
        if (n < 0) /* of one client: the others go on */
            fprintf(stderr, "nameserver: %s\n", coil_strerror((int)n));
    }
}

static int start(void *port)
{
    struct coil_datagram_socket *socket;
    int rc = coil_udp_bind(&socket, "127.0.0.1", (uint16_t)atoi(port), NULL);

    if (rc < 0)
        return rc;
    printf("serving names on port %s\n", (char *)port);
    fflush(stdout);
    rc = serve(socket);
    coil_datagram_close(socket);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc != 3 || inet_pton(AF_INET, argv[2], &address) != 1) {
        fprintf(stderr, "usage: nameserver PORT ADDRESS\n");
        return 2;
    }
    return coil_run_status(coil_run(start, argv[1]));
}
