/* SPDX-License-Identifier: MIT */
/*
 * scripts.c - scripts are put together from their parts
 */
#include "work/redis/scripts.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "work/redis/lua_claim.h"
#include "work/redis/lua_finish.h"
#include "work/redis/lua_look.h"
#include "work/redis/lua_put.h"
#include "work/redis/lua_right.h"

static const char *const *const parts[COIL__WORK_SCRIPTS] = {
    [COIL__WORK_SCRIPT_PUT] = coil__work_lua_put,
    [COIL__WORK_SCRIPT_CLAIM] = coil__work_lua_claim,
    [COIL__WORK_SCRIPT_FINISH] = coil__work_lua_finish,
    [COIL__WORK_SCRIPT_RENEW] = coil__work_lua_renew,
    [COIL__WORK_SCRIPT_PAUSE] = coil__work_lua_pause,
    [COIL__WORK_SCRIPT_STATS] = coil__work_lua_stats,
    [COIL__WORK_SCRIPT_LIST] = coil__work_lua_list,
    [COIL__WORK_SCRIPT_REVIVE] = coil__work_lua_revive,
    [COIL__WORK_SCRIPT_ACQUIRE] = coil__work_lua_acquire,
    [COIL__WORK_SCRIPT_RELEASE] = coil__work_lua_release,
    [COIL__WORK_SCRIPT_RENEW_RIGHTS] = coil__work_lua_renew_rights,
    [COIL__WORK_SCRIPT_RATE] = coil__work_lua_rate,
};

static char *join(const char *const *part)
{
    struct coil_buffer text = { .data = NULL };
    char *source;
    int rc = 0;

    for (; rc == 0 && *part; part++)
        rc = coil__buffer_append(&text, *part, strlen(*part));
    source = rc < 0
                 ? NULL
                 : coil__strndup((char *)coil__buffer_bytes(&text), text.size);
    coil__buffer_fini(&text);
    return source;
}

int coil__work_scripts_init(struct coil__work_scripts *scripts)
{
    for (int i = 0; i < COIL__WORK_SCRIPTS; i++) {
        scripts->script[i].source = join(parts[i]);
        if (!scripts->script[i].source) {
            coil__work_scripts_fini(scripts);
            return -ENOMEM;
        }
    }
    return 0;
}

void coil__work_scripts_fini(struct coil__work_scripts *scripts)
{
    for (int i = 0; i < COIL__WORK_SCRIPTS; i++) {
        coil__free((void *)(uintptr_t)scripts->script[i].source);
        scripts->script[i].source = NULL;
    }
}
