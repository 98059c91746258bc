/* SPDX-License-Identifier: MIT */
/*
 * lua.c - what scripts have in common
 *
 * Numbers are passed as they are where they stand alone; text() is for numbers that
 * are put into texts, since Lua would round them.  It takes a number for an integer
 * where that has 64 bits: a Redis and Lua write a fraction several times as slowly.
 * So scores, which a Redis writes as fractions, are asked for as seldom as can be: a
 * member of a group is the text of its own score, and so is the key of a job.  A number
 * that is always the same is passed as a text.
 */
#include "work/redis/lua.h"

/* clang-format off */

const char coil__work_lua_head[] =
    "local call = redis.call\n"
    "local q = KEYS[1]\n"
    "local limit = tonumber(ARGV[1])\n"
    "local delay = tonumber(ARGV[2])\n"
    "local deliveries = tonumber(ARGV[3])\n"
    "local time = call('TIME')\n"
    "local now = time[1] * 1000000 + time[2]\n"
    "local rings = false\n"
    "local whole = '%.0f'\n"
    "if string.format('%d', 4503599627370496) == '4503599627370496' then\n"
    "  whole = '%d'\n"
    "end\n"
    "local function text(number)\n"
    "  return string.format(whole, number)\n"
    "end\n";

/*
 * What becomes of groups is collected, and written once, since many are in the same
 * case: the jobs of those that may begin, and the times of those that may not.  A job that
 * is collected is not in its group; if there is a worse one in `ready`, that goes back.
 */
const char coil__work_lua_flush[] =
    "local armed, held = {}, {}\n"
    "local function put_back(group, score)\n"
    "  call('ZADD', q .. 'g:' .. group, score, score)\n"
    "end\n"
    /* The best job of its group, as far as is known. */
    "local function offer(group, score)\n"
    "  local other = armed[group]\n"
    "  if other and tonumber(other) < tonumber(score) then\n"
    "    return put_back(group, score)\n"
    "  end\n"
    "  armed[group] = score\n"
    "  if other then put_back(group, other) end\n"
    "end\n"
    "local function replace(group, score)\n"
    "  local old = call('ZSCORE', q .. 'ready', group)\n"
    "  if tonumber(old) < tonumber(score) then\n"
    "    put_back(group, score)\n"
    "  elseif tonumber(old) > tonumber(score) then\n"
    "    call('ZADD', q .. 'ready', score, group)\n"
    "    put_back(group, old)\n"
    "  end\n"
    "end\n"
    "local function write(place, option, groups)\n"
    "  local words, n = { option }, 1\n"
    "  for group, score in pairs(groups) do\n"
    "    words[n + 1], words[n + 2] = score, group\n"
    "    n = n + 2\n"
    "  end\n"
    "  if n == 1 then return false end\n"
    "  return call('ZADD', q .. place, unpack(words)) * 2 < n - 1\n"
    "end\n"
    "local function flush()\n"
    "  write('wait', 'CH', held)\n"
    "  if not next(armed) then return end\n"
    "  rings = true\n"
    "  if write('ready', 'NX', armed) then\n"
    "    for group, score in pairs(armed) do\n"
    "      replace(group, score)\n"
    "    end\n"
    "  end\n"
    "  armed = {}\n"
    "end\n";

/* No job of the group, which is not in `ready`, begins before `till`. */
const char coil__work_lua_hold[] =
    "local function hold(group, till)\n"
    "  local old = call('ZSCORE', q .. 'wait', group)\n"
    "  held[group] = text(math.max(till, tonumber(old or 0)))\n"
    "  if armed[group] then put_back(group, armed[group]) end\n"
    "  armed[group] = nil\n"
    "end\n";

/* The group may belong into `ready` now.  `is_free`: it is known to have a place. */
const char coil__work_lua_arm[] =
    "local nobody_waits = call('EXISTS', q .. 'wait') == 0\n"
    "local function may_begin(group, is_free)\n"
    "  if held[group] then return false end\n"
    "  if not nobody_waits and call('ZSCORE', q .. 'wait', group) then\n"
    "    return false\n"
    "  end\n"
    "  if is_free or limit == 0 or group == '' then return true end\n"
    "  local busy = call('HGET', q .. 'busy', group)\n"
    "  return not busy or tonumber(busy) < limit\n"
    "end\n"
    /* Is it in `ready` with its best job? */
    "local function is_armed(group)\n"
    "  local best = call('ZSCORE', q .. 'ready', group)\n"
    "  local first =\n"
    "      best and call('ZRANGE', q .. 'g:' .. group, '0', '0')[1]\n"
    "  return best and (not first or tonumber(best) < tonumber(first))\n"
    "end\n"
    "local function arm(group, is_free)\n"
    "  if not may_begin(group, is_free) then return end\n"
    "  if not is_free and is_armed(group) then return end\n"
    "  local score = call('ZPOPMIN', q .. 'g:' .. group)[1]\n"
    "  if score then offer(group, score) end\n"
    "end\n";

/* A job comes to its group, which has none, or is in `ready`, unless it has to wait. */
const char coil__work_lua_enter[] =
    "local function enter(score, group)\n"
    "  local best = armed[group] or call('ZSCORE', q .. 'ready', group)\n"
    "  if best and tonumber(score) < tonumber(best)\n"
    "     or not best and may_begin(group, false) then\n"
    "    offer(group, score)\n"
    "  else\n"
    "    put_back(group, score)\n"
    "  end\n"
    "end\n";

/*
 * Jobs of these groups, which were counted in `busy`, are not leased any more; one
 * group may be there several times.
 */
const char coil__work_lua_discount[] =
    "local function discount(groups)\n"
    "  if #groups == 0 then return end\n"
    "  if limit == 1 then\n"
    "    call('HDEL', q .. 'busy', unpack(groups))\n"
    "    return\n"
    "  end\n"
    "  for _, group in ipairs(groups) do\n"
    "    if call('HINCRBY', q .. 'busy', group, '-1') <= 0 then\n"
    "      call('HDEL', q .. 'busy', group)\n"
    "    end\n"
    "  end\n"
    "end\n";

/*
 * A job of the group is not leased any more, and not counted.  May it have begun, and
 * does one run at a time, then the next begins after the delay.  What was not counted has
 * kept nobody from beginning, but it may be back.
 */
const char coil__work_lua_leave[] =
    "local function leave(group, counted, may_have_begun, is_back)\n"
    "  if counted and may_have_begun and limit == 1 and delay > 0 then\n"
    "    hold(group, now + delay)\n"
    /* Who waits does not know of that time. */
    "    rings = true\n"
    "  elseif counted or is_back then\n"
    "    arm(group, counted and limit == 1)\n"
    "  end\n"
    "end\n";

const char coil__work_lua_bury[] =
    "local function bury(key, reason)\n"
    "  call('ZADD', q .. 'dead',\n"
    "       call('HINCRBY', q .. 'count', 'buried', '1'), key)\n"
    "  if reason ~= '' then\n"
    "    call('HSET', q .. 'why', key, reason)\n"
    "  end\n"
    "end\n";

/* A delivery has ended badly.  Was it the last one?  Then the job is buried. */
const char coil__work_lua_fail[] =
    "local function fail(key)\n"
    "  if call('HINCRBY', q .. 'tries', key, '1') < deliveries then\n"
    "    return false\n"
    "  end\n"
    "  bury(key, '')\n"
    "  return true\n"
    "end\n";

/* What `own` has of a job: fence, counted, group. */
const char coil__work_lua_parse[] =
    "local function parse(own)\n"
    "  if not own then return nil end\n"
    "  return own:match('^(%d+) (%d) (.*)$')\n"
    "end\n";

/* Tell those who wait.  Without the right to do that they look by themselves. */
const char coil__work_lua_ring[] =
    "local function ring()\n"
    "  flush()\n"
    "  if rings and call('DEL', q .. 'idle') == 1 then\n"
    "    redis.pcall('PUBLISH', q .. 'bell', '')\n"
    "  end\n"
    "end\n";
