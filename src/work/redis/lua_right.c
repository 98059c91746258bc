/* SPDX-License-Identifier: MIT */
#include "work/redis/lua_right.h"

#include <stddef.h>

#include "work/redis/lua.h"

/* clang-format off */

/* Where the right `name` has its keys. */
static const char keys[] =
    "local function keys(name)\n"
    "  return q .. 'held:' .. name, q .. 'fence:' .. name,\n"
    "         q .. 'line:' .. name, q .. 'near:' .. name\n"
    "end\n";

/* Whose lease has ended does not hold it any more. */
static const char drop_late[] =
    "local function drop_late(held, fences)\n"
    "  for _, owner in ipairs(call('ZRANGEBYSCORE', held, '-inf', now)) do\n"
    "    call('ZREM', held, owner)\n"
    "    call('HDEL', fences, owner)\n"
    "  end\n"
    "end\n";

static const char acquire_head[] =
    "local owner, permits = ARGV[4], tonumber(ARGV[6])\n"
    "local till = now + tonumber(ARGV[7])\n"
    "local held, fences, line, near = keys(ARGV[5])\n"
    "drop_late(held, fences)\n"
    "local old = call('HGET', fences, owner)\n"
    "if old then return { old, -1 } end\n"
    "for _, gone in ipairs(call('ZRANGEBYSCORE', near, '-inf', now)) do\n"
    "  call('ZREM', near, gone)\n"
    "  call('ZREM', line, gone)\n"
    "end\n"
    "if not call('ZSCORE', line, owner) then\n"
    "  call('ZADD', line, call('HINCRBY', q .. 'count', 'places', 1), owner)\n"
    "end\n";

/* It is its turn. */
static const char acquire_grant[] =
    "if call('ZCARD', held) + call('ZRANK', line, owner) < permits then\n"
    "  local token = tonumber(call('GET', q .. 'token') or 0)\n"
    "  local fence = text(math.max(token, now) + 1)\n"
    "  call('ZREM', line, owner)\n"
    "  call('ZREM', near, owner)\n"
    "  call('SET', q .. 'token', fence)\n"
    "  call('HSET', fences, owner, fence)\n"
    "  call('ZADD', held, till, owner)\n"
    "  return { fence, -1 }\n"
    "end\n";

static const char acquire_wait[] =
    "call('ZADD', near, till, owner)\n"
    "call('SET', q .. 'idle', 1, 'PX', 10000)\n"
    "local next = till\n"
    "for _, key in ipairs({ held, near }) do\n"
    "  local first = call('ZRANGE', key, 0, 0, 'WITHSCORES')\n"
    "  if first[2] then next = math.min(next, tonumber(first[2])) end\n"
    "end\n"
    "return { '0', next - now }\n";

/* clang-format on */
const char *const coil__work_lua_acquire[] = {
    coil__work_lua_head, keys,         drop_late, acquire_head,
    acquire_grant,       acquire_wait, NULL
};

/* clang-format off */

/* Those who wait look at what they wait for, though it may be something else. */
static const char release[] =
    "local owner = ARGV[4]\n"
    "local held, fences, line, near = keys(ARGV[5])\n"
    "drop_late(held, fences)\n"
    "local was = call('HDEL', fences, owner)\n"
    "call('ZREM', held, owner)\n"
    "call('ZREM', line, owner)\n"
    "call('ZREM', near, owner)\n"
    "if call('DEL', q .. 'idle') == 1 then\n"
    "  redis.pcall('PUBLISH', q .. 'bell', '')\n"
    "end\n"
    "return was\n";

/* clang-format on */
const char *const coil__work_lua_release[] = { coil__work_lua_head, keys,
                                               drop_late, release, NULL };

/* clang-format off */

static const char renew[] =
    "local till = now + tonumber(ARGV[4])\n"
    "local results = {}\n"
    "for i = 5, #ARGV, 2 do\n"
    "  local held, fences = keys(ARGV[i + 1])\n"
    "  drop_late(held, fences)\n"
    "  local mine = call('HEXISTS', fences, ARGV[i])\n"
    "  if mine == 1 then call('ZADD', held, till, ARGV[i]) end\n"
    "  results[#results + 1] = mine\n"
    "end\n"
    "return table.concat(results)\n";

/* clang-format on */
const char *const coil__work_lua_renew_rights[] = { coil__work_lua_head, keys,
                                                    drop_late, renew, NULL };

/* clang-format off */

/* The key goes when it says nothing any more. */
static const char rate[] =
    "local key, step = q .. 'rate:' .. ARGV[4], tonumber(ARGV[5])\n"
    "local turn = math.max(tonumber(call('GET', key) or 0), now)\n"
    "local early = step * (tonumber(ARGV[6]) - 1)\n"
    "local wait = math.max(turn - now - early, 0)\n"
    "local rest = math.ceil((turn + step - now) / 1000) + 1\n"
    "call('SET', key, text(turn + step), 'PX', text(rest))\n"
    "return wait\n";

/* clang-format on */
const char *const coil__work_lua_rate[] = { coil__work_lua_head, rate, NULL };
