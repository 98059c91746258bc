/* SPDX-License-Identifier: MIT */
#include "work/redis/lua_finish.h"

#include <stddef.h>

#include "work/redis/lua.h"

/* clang-format off */

static const char finish_head[] =
    "local place = q .. 'r:' .. ARGV[4] .. ':f'\n"
    "local said = call('GET', place)\n"
    "if said then\n"
    "  local last, results = said:match('^(%d+) (%d*)$')\n"
    "  if last == ARGV[5] then return results end\n"
    "end\n";

/*
 * Which of them are held by who asks?  They are leased no more.  What `own` has begins
 * with the fence and a space.
 */
static const char finish_leases[] =
    "local find, byte, sub = string.find, string.byte, string.sub\n"
    "local asked, n = {}, 0\n"
    "for i = 6, #ARGV, 3 do\n"
    "  n = n + 1\n"
    "  asked[n] = ARGV[i]\n"
    "end\n"
    "local owns = call('HMGET', q .. 'own', unpack(asked))\n"
    "local results, keys, words, groups, counted, n = {}, {}, {}, {}, {}, 0\n"
    "local done, counts = {}, {}\n"
    "for i, key in ipairs(asked) do\n"
    "  local own, token = owns[i], ARGV[3 * i + 4]\n"
    "  local size = #token\n"
    "  results[i] = '0'\n"
    "  if own and find(own, token, 1, true) == 1\n"
    "     and byte(own, size + 1) == 32 then\n"
    "    local word, group = ARGV[3 * i + 5], sub(own, size + 4)\n"
    "    n = n + 1\n"
    "    results[i] = '1'\n"
    "    keys[n], words[n], groups[n] = key, word, group\n"
    "    counted[n] = byte(own, size + 2) == 49\n"
    "    if counted[n] then counts[#counts + 1] = group end\n"
    "    if word == 'd' then done[#done + 1] = key end\n"
    "  end\n"
    "end\n"
    "results = table.concat(results)\n"
    "if n == 0 then return results end\n"
    "call('ZREM', q .. 'lease', unpack(keys))\n"
    "call('HDEL', q .. 'own', unpack(keys))\n"
    "if done[1] then\n"
    "  call('HDEL', q .. 'job', unpack(done))\n"
    "  call('HDEL', q .. 'tries', unpack(done))\n"
    "  call('HINCRBY', q .. 'count', 'done', #done)\n"
    "end\n"
    "discount(counts)\n"
    "call('SET', place, ARGV[5] .. ' ' .. results, 'PX', '600000')\n";

static const char finish_retry[] =
    "local function retry(key, group, wait)\n"
    "  call('HINCRBY', q .. 'count', 'retried', '1')\n"
    "  if fail(key) then return end\n"
    "  if wait > 0 then\n"
    "    call('ZADD', q .. 'later', now + wait, key .. ' ' .. group)\n"
    "    rings = true\n"
    "  else\n"
    "    put_back(group, key)\n"
    "  end\n"
    "end\n";

static const char finish_jobs[] =
    "for i, key in ipairs(keys) do\n"
    "  local word, group = words[i], groups[i]\n"
    "  local kind = sub(word, 1, 1)\n"
    "  if kind == 'x' then\n"
    "    put_back(group, key)\n"
    "  elseif kind == 'r' then\n"
    "    retry(key, group, tonumber(sub(word, 2)))\n"
    "  elseif kind == 'b' then\n"
    "    call('HINCRBY', q .. 'tries', key, '1')\n"
    "    bury(key, sub(word, 2))\n"
    "  end\n"
    "  leave(group, counted[i], true, kind ~= 'd')\n"
    "end\n"
    "ring()\n"
    "return results\n";

/* clang-format on */
const char *const coil__work_lua_finish[] = {
    coil__work_lua_head,  finish_head,         coil__work_lua_flush,
    coil__work_lua_hold,  coil__work_lua_arm,  coil__work_lua_discount,
    coil__work_lua_leave, coil__work_lua_bury, coil__work_lua_fail,
    coil__work_lua_parse, coil__work_lua_ring, finish_leases,
    finish_retry,         finish_jobs,         NULL
};

/* clang-format off */

static const char renew[] =
    "local till = text(now + tonumber(ARGV[4]))\n"
    "local nums, mine, leases, results = {}, {}, {}, {}\n"
    "for i = 5, #ARGV, 2 do\n"
    "  nums[#nums + 1] = ARGV[i]\n"
    "end\n"
    "local owns = call('HMGET', q .. 'own', unpack(nums))\n"
    "for i, num in ipairs(nums) do\n"
    "  results[i] = 0\n"
    "  if owns[i] and owns[i]:match('^%d+') == ARGV[2 * i + 4] then\n"
    "    results[i] = 1\n"
    "    mine[#mine + 1] = num\n"
    "    leases[#leases + 1] = till\n"
    "    leases[#leases + 1] = num\n"
    "  end\n"
    "end\n"
    "if #mine > 0 then\n"
    "  call('ZREM', q .. 'lease', unpack(mine))\n"
    "  call('ZADD', q .. 'lease', unpack(leases))\n"
    "end\n"
    "return table.concat(results)\n";

/* clang-format on */
const char *const coil__work_lua_renew[] = { coil__work_lua_head, renew, NULL };
