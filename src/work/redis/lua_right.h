/* SPDX-License-Identifier: MIT */
/*
 * work/redis/lua_right.h - scripts for permits and rates: lists of their parts, ended
 * by NULL
 */
#ifndef COIL_WORK_REDIS_LUA_RIGHT_H
#define COIL_WORK_REDIS_LUA_RIGHT_H

/* COIL__WORK_SCRIPT_ACQUIRE */
extern const char *const coil__work_lua_acquire[];

/* COIL__WORK_SCRIPT_RELEASE */
extern const char *const coil__work_lua_release[];

/* COIL__WORK_SCRIPT_RENEW_RIGHTS */
extern const char *const coil__work_lua_renew_rights[];

/* COIL__WORK_SCRIPT_RATE */
extern const char *const coil__work_lua_rate[];

#endif
