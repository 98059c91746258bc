/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <stdio.h>

/* splitmix64: a number that depends on every bit of `x`. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint32_t draw(const struct script *script, uint32_t number,
                     uint32_t what, uint32_t below)
{
    uint64_t x = mix(script->seed ^ mix(((uint64_t)what << 32) | number));

    return below ? (uint32_t)(x % below) : 0;
}

/* Between the two: each doubling of the least is as likely as the others. */
static uint32_t spread(const struct script *script, uint32_t number,
                       uint32_t what, uint32_t least, uint32_t most)
{
    uint32_t base = least + 1;
    uint32_t doublings = 1;
    uint64_t value;

    if (most <= least)
        return least;
    while ((uint64_t)base << doublings <= most)
        doublings++;
    base <<= draw(script, number, what, doublings);
    value = (uint64_t)base - 1 + draw(script, number, what + 100, base);
    return value < most ? (uint32_t)value : most;
}

struct plan script_plan(const struct script *script, uint32_t number)
{
    static const enum fault kinds[] = { FAULT_STATUS, FAULT_RESET, FAULT_CUT,
                                        FAULT_STALL };
    uint32_t luck = draw(script, number, 1, 1000);
    struct plan plan = {
        .host = draw(script, number, 2, script->hosts),
        .priority = draw(script, number, 3, script->priorities),
        .latency_us =
            spread(script, number, 4, script->least_us, script->most_us),
        .size =
            spread(script, number, 5, script->least_size, script->most_size),
    };

    if (luck < script->faults) {
        plan.fault = kinds[draw(script, number, 6, 4)];
        plan.failures = 1 + draw(script, number, 7, script->failures);
    } else if (luck < script->faults + script->limited) {
        plan.fault = draw(script, number, 8, 2) ? FAULT_LIMITED : FAULT_DATED;
        plan.failures = 1;
    }
    return plan;
}

const char *script_fault_name(enum fault fault)
{
    static const char *const names[FAULTS] = { "none", "status", "reset",
                                               "cut",  "stall",  "limited",
                                               "dated" };

    return names[fault];
}

const char *script_net = "127.1";

void script_address(uint32_t host, char text[16])
{
    snprintf(text, 16, "%.7s.%u.%u", script_net, (host / 250) % 250,
             host % 250 + 1);
}
