/* SPDX-License-Identifier: MIT */
#include "process/environment.h"

#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* What a shell without a PATH searches. */
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

static size_t count_of(char *const *strings)
{
    size_t n = 0;

    while (strings && strings[n])
        n++;
    return n;
}

/* Whether both are "NAME…" of one name. */
static bool have_one_name(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");

    return length == strcspn(b, "=") && strncmp(a, b, length) == 0;
}

/* Take every string of that name out of `env`, which has `n`. */
static size_t take_out(char **env, size_t n, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!have_one_name(env[i], name))
            env[kept++] = env[i];
    return kept;
}

char **coil__environment_new(const struct coil_process_options *o)
{
    char *const *base = o->env ? o->env : environ;
    size_t n = count_of(base);
    size_t added = count_of(o->env_added);
    char **env = coil__alloc((n + added + 1) * sizeof *env);

    if (!env)
        return NULL;
    for (size_t i = 0; i < n; i++)
        env[i] = base[i];
    for (size_t i = 0; i < added; i++) {
        n = take_out(env, n, o->env_added[i]);
        if (strchr(o->env_added[i], '='))
            env[n++] = o->env_added[i];
    }
    env[n] = NULL;
    return env;
}

const char *coil__environment_get(char *const *env, const char *name)
{
    size_t length = strlen(name);

    for (; *env; env++)
        if (strncmp(*env, name, length) == 0 && (*env)[length] == '=')
            return *env + length + 1;
    return NULL;
}

/* ---- the file of a program ------------------------------------------------ */

/* How many directories `path` has. */
static size_t count_directories(const char *path)
{
    size_t n = 1;

    for (; *path; path++)
        n += *path == ':';
    return n;
}

/* Write "directory/name" of the first directory in `path`; an empty one is ".". */
static char *write_file(char *at, const char *path, const char *name)
{
    size_t length = strcspn(path, ":");

    if (length == 0)
        *at++ = '.';
    memcpy(at, path, length);
    at += length;
    *at++ = '/';
    memcpy(at, name, strlen(name) + 1);
    return at + strlen(name) + 1;
}

char **coil__program_files(const char *name, char *const *env)
{
    bool is_searched = !strchr(name, '/') && *name;
    const char *path = coil__environment_get(env, "PATH");
    size_t count = 1;
    char **files;
    char *at;

    if (!path)
        path = DEFAULT_PATH;
    if (is_searched)
        count = count_directories(path);
    files = coil__alloc((count + 1) * sizeof *files + strlen(path) +
                        count * (strlen(name) + sizeof "./"));
    if (!files)
        return NULL;
    at = (char *)(files + count + 1);
    if (!is_searched)
        files[0] = strcpy(at, name);
    for (size_t i = 0; is_searched && i < count; i++) {
        files[i] = at;
        at = write_file(at, path, name);
        path += strcspn(path, ":") + 1;
    }
    return files;
}
