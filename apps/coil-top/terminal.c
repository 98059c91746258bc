/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* The alternate screen without a cursor, and back. */
static const char enter[] = "\033[?1049h\033[?25l\033[2J";
static const char leave[] = "\033[?25h\033[?1049l";

static struct termios before;
static volatile sig_atomic_t is_taken;

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
                               SIGABRT, SIGHUP, SIGQUIT };

/* ---- taking and giving back ----------------------------------------------- */

static void write_all(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, size);

        if (n < 0 && errno != EINTR)
            return;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
}

/* Also in a signal handler. */
void terminal_end(void)
{
    if (!is_taken)
        return;
    is_taken = 0;
    write_all(leave, sizeof leave - 1);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

static void crash(int number)
{
    int error = errno;

    terminal_end();
    errno = error;
    /* The handler is gone (SA_RESETHAND): this ends the program. */
    raise(number);
}

bool terminal_begin(void)
{
    const struct sigaction action = {
        .sa_handler = crash,
        .sa_flags = (int)SA_RESETHAND,
    };
    struct termios raw;

    if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
        return false;
    raw = before;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    /* A stopped program could not give the terminal back. */
    raw.c_cc[VSUSP] = _POSIX_VDISABLE;
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigaction(crashes[i], &action, NULL);
    atexit(terminal_end);
    is_taken = 1;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0) {
        is_taken = 0;
        return false;
    }
    write_all(enter, sizeof enter - 1);
    return true;
}

void terminal_size(int *rows, int *columns)
{
    struct winsize size;

    *rows = 24;
    *columns = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return;
    if (size.ws_row > 0)
        *rows = size.ws_row;
    if (size.ws_col > 0)
        *columns = size.ws_col;
}

/* ---- keys ----------------------------------------------------------------- */

/* What stands behind the escape; how many bytes belong to it. */
static size_t decode(const char *bytes, size_t size, int *key)
{
    *key = KEY_ESCAPE;
    if (size < 2 || (bytes[0] != '[' && bytes[0] != 'O'))
        return 0;
    switch (bytes[1]) {
    case 'A':
        *key = KEY_UP;
        return 2;
    case 'B':
        *key = KEY_DOWN;
        return 2;
    case 'C':
        *key = KEY_RIGHT;
        return 2;
    case 'D':
        *key = KEY_LEFT;
        return 2;
    case '5':
    case '6':
        *key = bytes[1] == '5' ? KEY_PAGE_UP : KEY_PAGE_DOWN;
        return size > 2 && bytes[2] == '~' ? 3 : 2;
    default:
        return 2;
    }
}

size_t terminal_read(int *keys, size_t max)
{
    char bytes[64];
    ssize_t n =
        read(STDIN_FILENO, bytes, max < sizeof bytes ? max : sizeof bytes);
    size_t count = 0;

    if (n < 0)
        return 0;
    /* A descriptor that is readable and has nothing has ended. */
    if (n == 0) {
        keys[0] = KEY_END_OF_INPUT;
        return 1;
    }
    for (size_t i = 0; i < (size_t)n; i++) {
        keys[count] = (unsigned char)bytes[i];
        if (bytes[i] == '\033')
            i += decode(bytes + i + 1, (size_t)n - i - 1, &keys[count]);
        count++;
    }
    return count;
}

/* ---- showing -------------------------------------------------------------- */

void terminal_show(const char *text, size_t size)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&bytes, &length);
    int rows;
    int columns;

    if (!out)
        return;
    terminal_size(&rows, &columns);
    fputs("\033[H", out);
    for (int row = 0; row < rows && size > 0; row++) {
        const char *end = memchr(text, '\n', size);
        size_t whole = end ? (size_t)(end - text) : size;
        bool is_marked = whole > 0 && text[0] == '>';
        size_t shown = whole < (size_t)columns ? whole : (size_t)columns;

        if (is_marked)
            fputs("\033[7m", out);
        fwrite(text, 1, shown, out);
        if (is_marked)
            fputs("\033[0m", out);
        fputs("\033[K", out);
        if (row + 1 < rows)
            fputs("\r\n", out);
        whole += end != NULL;
        text += whole;
        size -= whole;
    }
    fputs("\033[J", out);
    fclose(out);
    write_all(bytes, length);
    free(bytes);
}
