/* SPDX-License-Identifier: MIT */
/*
 * work/redis/lua.h - parts of scripts, each of which defines names for those behind it
 */
#ifndef COIL_WORK_REDIS_LUA_H
#define COIL_WORK_REDIS_LUA_H

/*
 * First: call(), q, the rules, `now`, and text() for a number.  `rings` says that those
 * who wait are to be told.
 */
extern const char coil__work_lua_head[];

/*
 * put_back(group, score): a job is one of its group.  offer(group, score): it is to be in
 * `ready`.  flush() writes what offer(), hold() and arm() have collected.
 */
extern const char coil__work_lua_flush[];

/* hold(group, till): none of its jobs begins before. */
extern const char coil__work_lua_hold[];

/* arm(group, is_free): it may belong into `ready`. */
extern const char coil__work_lua_arm[];

/* enter(score, group): a job comes to its group. */
extern const char coil__work_lua_enter[];

/* discount(groups): jobs of theirs that were counted are not leased any more. */
extern const char coil__work_lua_discount[];

/* leave(group, counted, may_have_begun, is_back): what then becomes of the group. */
extern const char coil__work_lua_leave[];

/* bury(key, reason) */
extern const char coil__work_lua_bury[];

/* fail(key): a delivery has ended badly; whether the job is buried. */
extern const char coil__work_lua_fail[];

/* parse(own): fence, counted, group of a job that is leased; or nil. */
extern const char coil__work_lua_parse[];

/* ring(): flush(), and tell those who wait, if there is anything new. */
extern const char coil__work_lua_ring[];

#endif
