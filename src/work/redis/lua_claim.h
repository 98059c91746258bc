/* SPDX-License-Identifier: MIT */
/*
 * work/redis/lua_claim.h - the script that claims jobs: lists of their parts, ended by NULL
 */
#ifndef COIL_WORK_REDIS_LUA_CLAIM_H
#define COIL_WORK_REDIS_LUA_CLAIM_H

/* COIL__WORK_SCRIPT_CLAIM */
extern const char *const coil__work_lua_claim[];

#endif
