/* SPDX-License-Identifier: MIT */
/*
 * work/redis/lua_finish.h - scripts about leases that there are: lists of their parts, ended by NULL
 */
#ifndef COIL_WORK_REDIS_LUA_FINISH_H
#define COIL_WORK_REDIS_LUA_FINISH_H

/* COIL__WORK_SCRIPT_FINISH */
extern const char *const coil__work_lua_finish[];

/* COIL__WORK_SCRIPT_RENEW */
extern const char *const coil__work_lua_renew[];

#endif
