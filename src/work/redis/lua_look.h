/* SPDX-License-Identifier: MIT */
/*
 * work/redis/lua_look.h - scripts that look, and one that revives: lists of their parts, ended by NULL
 */
#ifndef COIL_WORK_REDIS_LUA_LOOK_H
#define COIL_WORK_REDIS_LUA_LOOK_H

/* COIL__WORK_SCRIPT_STATS */
extern const char *const coil__work_lua_stats[];

/* COIL__WORK_SCRIPT_LIST */
extern const char *const coil__work_lua_list[];

/* COIL__WORK_SCRIPT_REVIVE */
extern const char *const coil__work_lua_revive[];

#endif
