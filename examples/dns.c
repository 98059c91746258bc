/* SPDX-License-Identifier: MIT */
/*
 * dns.c - ask a name server for the addresses of a name, by UDP
 *
 *     dns NAME [SERVER [PORT]]
 *
 * The server is asked three times, for a second each; only an answer to this very
 * question counts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/udp.h>

enum { HEADER = 12, LARGEST = 512, TRIES = 3, TYPE_A = 1, CLASS_IN = 1 };

struct question {
    unsigned char bytes[LARGEST];
    size_t size;
};

static unsigned number_at(const unsigned char *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void put_number(unsigned char *bytes, unsigned number)
{
    bytes[0] = (unsigned char)(number >> 8);
    bytes[1] = (unsigned char)number;
}

/* "www.example.org" becomes 3www7example3org0. */
static int ask_for(struct question *q, const char *name)
{
    unsigned char *at = q->bytes + HEADER;

    memset(q->bytes, 0, HEADER);
    put_number(q->bytes, (unsigned)coil_now() & 0xffff);
    put_number(q->bytes + 2, 0x0100); /* recursion is desired */
    put_number(q->bytes + 4, 1);      /* one question */
    for (size_t size; *name; name += size + (name[size] == '.')) {
        size = strcspn(name, ".");
        if (size == 0 || size > 63 || at + size > q->bytes + LARGEST - 8)
            return -EINVAL;
        *at++ = (unsigned char)size;
        memcpy(at, name, size);
        at += size;
    }
    *at++ = 0;
    put_number(at, TYPE_A);
    put_number(at + 2, CLASS_IN);
    q->size = (size_t)(at + 4 - q->bytes);
    return 0;
}

/* Where a name ends that begins at `at`; 0: not in the message. */
static size_t skip_name(const unsigned char *bytes, size_t size, size_t at)
{
    while (at < size && bytes[at] > 0 && bytes[at] < 0xc0)
        at += bytes[at] + 1u;
    if (at >= size)
        return 0;
    return at + (bytes[at] ? 2 : 1);
}

static bool is_answer(const struct question *q, const unsigned char *bytes,
                      size_t size)
{
    return size >= q->size && memcmp(bytes, q->bytes, 2) == 0 &&
           bytes[2] & 0x80 &&
           memcmp(bytes + HEADER, q->bytes + HEADER, q->size - HEADER) == 0;
}

/* Print the addresses.  Returns how many there are. */
static int print_addresses(const struct question *q, const unsigned char *bytes,
                           size_t size)
{
    unsigned count = number_at(bytes + 6);
    size_t at = q->size;
    int found = 0;

    for (; count > 0; count--) {
        at = skip_name(bytes, size, at);
        if (at == 0 || at + 10 > size ||
            at + 10 + number_at(bytes + at + 8) > size)
            break;
        if (number_at(bytes + at) == TYPE_A && number_at(bytes + at + 8) == 4) {
            printf("%u.%u.%u.%u\n", bytes[at + 10], bytes[at + 11],
                   bytes[at + 12], bytes[at + 13]);
            found++;
        }
        at += 10 + number_at(bytes + at + 8);
    }
    return found;
}

/* Send the question, and wait for its answer.  Returns its size, or an error. */
static ptrdiff_t ask(struct coil_datagram_socket *s, const struct question *q,
                     unsigned char *answer)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_SECOND);
    ptrdiff_t n;

    if (rc < 0)
        return rc;
    n = coil_datagram_send(s, q->bytes, q->size);
    do {
        if (n >= 0)
            n = coil_datagram_receive(s, answer, LARGEST);
    } while (n >= 0 && !is_answer(q, answer, (size_t)n));
    rc = coil_timeout_end(&limit, n < 0 ? (int)n : 0);
    return rc < 0 ? rc : n;
}

static int look_up(void *arg)
{
    char **argv = arg;
    const char *server = argv[2] ? argv[2] : "127.0.0.53";
    const char *port = argv[2] && argv[3] ? argv[3] : "53";
    struct coil_datagram_socket *s = NULL;
    unsigned char answer[LARGEST];
    struct question q;
    ptrdiff_t n = ask_for(&q, argv[1]);

    if (n == 0)
        n = coil_udp_connect(&s, server, (uint16_t)atoi(port), NULL);
    if (n < 0)
        return (int)n;
    n = -ETIMEDOUT;
    for (int i = 0; n == -ETIMEDOUT && i < TRIES; i++)
        n = ask(s, &q, answer);
    coil_datagram_close(s);
    if (n < 0)
        return (int)n;
    return print_addresses(&q, answer, (size_t)n) > 0 ? 0 : -ENOENT;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: dns NAME [SERVER [PORT]]\n");
        return 2;
    }
    return coil_run_status(coil_run(look_up, argv));
}
