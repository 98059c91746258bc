/* SPDX-License-Identifier: MIT */
/*
 * work/redis/lua_put.h - scripts about what begins: lists of their parts, ended by NULL
 */
#ifndef COIL_WORK_REDIS_LUA_PUT_H
#define COIL_WORK_REDIS_LUA_PUT_H

/* COIL__WORK_SCRIPT_PUT */
extern const char *const coil__work_lua_put[];

/* COIL__WORK_SCRIPT_PAUSE */
extern const char *const coil__work_lua_pause[];

#endif
