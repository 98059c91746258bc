/* SPDX-License-Identifier: MIT */
#include "backend/sys_silence.h"

#include <pthread.h>
#include <time.h>

void coil__sys_begin_silence(struct coil_silence *s)
{
    sigset_t pending;

    sigemptyset(&pending);
    (void)sigpending(&pending);
    sigemptyset(&s->pipe);
    sigaddset(&s->pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &s->pipe, &s->before);
    s->was_pending = sigismember(&pending, SIGPIPE) == 1;
}

void coil__sys_end_silence(const struct coil_silence *s, bool is_all_sent)
{
    const struct timespec now = { 0 };

    if (!is_all_sent && !s->was_pending)
        (void)sigtimedwait(&s->pipe, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}
