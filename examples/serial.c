/* SPDX-License-Identifier: MIT */
/*
 * serial.c - one step after another, each using the results before it
 *
 * Where Python writes `await`, C simply calls: a function that suspends looks
 * like any other, and other tasks run while it waits.
 */
#include <stdio.h>

#include <coil.h>

/* Work that takes half a second; returns `value`, or an error. */
COIL_SUSPENDS static int compute(int value)
{
    int rc = coil_sleep(500 * COIL_MILLISECOND);

    return rc < 0 ? rc : value;
}

static int start(void *arg)
{
    int first;
    int second;
    int sum;

    (void)arg;
    first = compute(1);
    if (first < 0)
        return first;
    printf("%d\n", first);

    second = compute(2);
    if (second < 0)
        return second;
    printf("%d\n", second);

    sum = compute(first + second);
    if (sum < 0)
        return sum;
    printf("%d\n", sum);
    return 0;
}

int main(void)
{
    return coil_run_status(coil_run(start, NULL));
}
