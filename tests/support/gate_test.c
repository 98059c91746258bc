/* SPDX-License-Identifier: MIT */
/*
 * gate_test.c - calls in other threads, which wait until the test lets them go
 */
#include "gate_test.h"

sem_t gate;
atomic_int begun;
atomic_int ended;
atomic_int most;
static pthread_mutex_t count_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t counted = PTHREAD_COND_INITIALIZER;

/* ---- counting ---- */

void count(atomic_int *counter)
{
    pthread_mutex_lock(&count_mutex);
    ++*counter;
    if (begun - ended > most)
        most = begun - ended;
    pthread_cond_broadcast(&counted);
    pthread_mutex_unlock(&count_mutex);
}

void until(atomic_int *counter, int value)
{
    pthread_mutex_lock(&count_mutex);
    while (*counter < value)
        pthread_cond_wait(&counted, &count_mutex);
    pthread_mutex_unlock(&count_mutex);
}

/* ---- the gate ---- */

void close_gate(void)
{
    begun = 0;
    ended = 0;
    most = 0;
    sem_init(&gate, 0, 0);
}

void open_gate(int n)
{
    while (n-- > 0)
        sem_post(&gate);
}

void wait_at_gate(void)
{
    count(&begun);
    while (sem_wait(&gate) < 0)
        continue;
}

/* ---- what is called ---- */

int pass_gate(void *arg)
{
    int *n = arg;

    wait_at_gate();
    ++*n;
    count(&ended);
    return 0;
}

int doubled(void *arg)
{
    int *n = arg;

    *n *= 2;
    return *n;
}
