/* SPDX-License-Identifier: MIT */
/*
 * view.c - what a person reads
 */
#include <stdlib.h>
#include <string.h>

#include "inspect/label.h"
#include "top.h"

enum { HEAD_LOOPS_MAX = 8 };

static const char *const titles[] = {
    [VIEW_GROUPS] = "   TASKS  RUNS  READY   WAITS     WAITED    LONGEST  "
                    "MOST WAIT FOR        NAME (MADE AT)",
    [VIEW_TASKS] = "      ID NAME                 STATE         FOR  "
                   "WAITS FOR                            MADE AT",
    [VIEW_OBJECTS] = " WAITERS     WAITED    LONGEST  WHAT"
                     "                                     HELD BY",
    [VIEW_CONNECTIONS] = "    FD KIND  STATE          UNREAD   UNSENT  LOCAL"
                         "                        REMOTE",
    [VIEW_TASK] = "",
};

const char *const top_sorts[SORTS] = {
    [SORT_COUNT] = "number",
    [SORT_TIME] = "time",
    [SORT_SITE] = "name",
    [SORT_STATE] = "state",
};

/* ---- the head ------------------------------------------------------------- */

static void print_loop(const struct scan_loop *loop, const struct watch *w,
                       FILE *to)
{
    char longest[24];

    label_duration(longest, sizeof longest, (int64_t)(w->longest * 1e9));
    fprintf(to, " %8d %-15.15s %-7s %7zu %6zu %9.0f %9.0f %s%5.1f %% %s%10s\n",
            loop->tid, loop->thread_name,
            !loop->is_running  ? "stopped"
            : loop->is_waiting ? "waits"
                               : "runs",
            loop->tasks, loop->ready, w->turns_rate, w->looks_rate,
            loop->has_stats ? " " : "~", 100 * w->polling,
            loop->has_stats ? " " : "~", w->longest > 0 ? longest : "-");
}

static size_t print_head(struct top *top, FILE *to, bool all)
{
    struct scan_loop *loops;
    size_t count = scan_loops(top->scan, &loops);
    size_t open = 0;
    size_t shown = 0;

    for (size_t i = 0; i < count; i++)
        open += loops[i].is_open;
    fprintf(to,
            "coil-top: process %d, %zu loop%s, %zu tasks, %zu connections "
            "(%zu listen)%s\n",
            (int)top->target->pid, open, open == 1 ? "" : "s",
            scan_tasks(top->scan, &(struct scan_task **){ NULL }),
            top->connections.established, top->connections.listening,
            top->is_paused ? "  PAUSED" : "");
    fputs("   THREAD NAME            STATE     TASKS  READY   TURNS/S   "
          "LOOKS/S    POLLS     LONGEST\n",
          to);
    for (size_t i = 0; i < count; i++) {
        if (!loops[i].is_open || (!all && shown == HEAD_LOOPS_MAX))
            continue;
        print_loop(&loops[i], &top->watches[i], to);
        shown++;
    }
    if (open == 0)
        fputs(" no loop is open\n", to);
    if (open > shown && shown > 0)
        fprintf(to, " and %zu more\n", open - shown);
    return 2 + shown + (open == 0) + (open > shown && shown > 0);
}

/* ---- one task ------------------------------------------------------------- */

static void print_stack(struct top *top, const struct scan_task *task, FILE *to)
{
    struct frames *frames = stacks_frames(top->stacks);
    const struct frames_start start = {
        .pc = task->pc,
        .sp = task->sp,
        .fp = task->fp,
    };
    uintptr_t pcs[FRAMES_MAX];
    size_t count = 0;

    if (task->pc && task->state != STATE_RUNNING && task->state != STATE_NEW)
        count = frames_walk(frames, &start, pcs, FRAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct frame frame;

        if (!frames_describe(frames, pcs[i], &frame))
            break;
        fprintf(to, "   #%zu %s at %s\n", i, frame.name, frame.place);
    }
    if (count == 0)
        fprintf(to, "   %s\n",
                task->state == STATE_RUNNING
                    ? "it runs: coil-profile says where"
                    : "its stack cannot be read");
}

static void print_task(struct top *top, uint64_t id, FILE *to)
{
    const struct scan_task *task = scan_find_id(top->scan, id);
    const struct scan_task *parent;
    char wait[200];
    char since[24] = "";

    if (!task) {
        fprintf(to, " task %llu has ended\n", (unsigned long long)id);
        return;
    }
    top_describe_wait(top, task, wait, sizeof wait);
    fprintf(to, " %s, id %llu, made at %s%s\n", task->name,
            (unsigned long long)task->id, task->site,
            task->is_cancelled ? ", cancelled" : "");
    if (task->kind) {
        label_duration(since, sizeof since, scan_now(top->scan) - task->since);
        fprintf(to, " waits for %s, for %s\n", wait,
                task->since > 0 ? since : "?");
    } else {
        fprintf(to, " %s\n",
                task->state == STATE_RUNNING ? "runs" : "is ready to run");
    }
    parent = scan_parent(top->scan, task);
    if (parent)
        fprintf(to, " awaited by %s, made at %s\n", parent->name, parent->site);
    print_stack(top, task, to);
}

/* ---- tables --------------------------------------------------------------- */

static void print_name_of_place(const struct top *top,
                                const struct place *place, FILE *to)
{
    static const char *const names[] = {
        [VIEW_GROUPS] = "tasks by name and site",
        [VIEW_TASKS] = "tasks",
        [VIEW_OBJECTS] = "what tasks wait for",
        [VIEW_CONNECTIONS] = "connections",
        [VIEW_TASK] = "task",
    };

    fprintf(to, "-- %s", names[place->view]);
    if (place->group)
        fprintf(to, " of %s", place->group);
    if (place->object)
        fprintf(to, " that wait for 0x%llx", (unsigned long long)place->object);
    if (place->view != VIEW_TASK)
        fprintf(to, ", by %s", top_sorts[top->sort]);
    if (top->filter[0] || top->is_typing)
        fprintf(to, ", with /%s%s", top->filter, top->is_typing ? "_" : "");
    fputc('\n', to);
}

/* At most `room` of the rows, so that the selected one is among them. */
static void print_rows(struct top *top, struct place *place, size_t room,
                       FILE *to)
{
    if (place->selected >= top->row_count)
        place->selected = top->row_count > 0 ? top->row_count - 1 : 0;
    if (place->selected < place->first)
        place->first = place->selected;
    if (room > 0 && place->selected >= place->first + room)
        place->first = place->selected - room + 1;
    for (size_t i = place->first;
         i < top->row_count && (room == 0 || i < place->first + room); i++)
        fprintf(to, "%c%s\n", room > 0 && i == place->selected ? '>' : ' ',
                top->rows[i].text);
}

static void print_help(FILE *to)
{
    fputs("-- keys\n"
          " g, t, p, c   tasks by name and site; tasks; what tasks wait for;\n"
          "              connections.  Tab: the next of these\n"
          " n, w, a, s   sort by number, by time waited, by name and site,\n"
          "              by state\n"
          " /            show only lines with these letters; empty: all\n"
          " up, down, page up, page down, or k and j: choose a line\n"
          " Enter        what is behind it: tasks, then one task's stack\n"
          " Escape, left, Backspace: back\n"
          " space        stand still, and go on\n"
          " q            end\n",
          to);
}

void top_print(struct top *top, FILE *to, int rows)
{
    struct place *place = top_place(top);
    size_t head = print_head(top, to, false);
    size_t room = (size_t)rows > head + 4 ? (size_t)rows - head - 3 : 1;

    if (top->shows_help) {
        print_help(to);
        return;
    }
    print_name_of_place(top, place, to);
    if (place->view == VIEW_TASK) {
        print_task(top, place->task, to);
        return;
    }
    fprintf(to, " %s\n", titles[place->view]);
    top_collect(top, place);
    print_rows(top, place, room, to);
}

void top_print_all(struct top *top, FILE *to)
{
    print_head(top, to, true);
    for (enum view view = VIEW_GROUPS; view <= VIEW_CONNECTIONS; view++) {
        struct place place = { .view = view };

        if (view == VIEW_TASKS)
            continue;
        print_name_of_place(top, &place, to);
        fprintf(to, " %s\n", titles[view]);
        top_collect(top, &place);
        print_rows(top, &place, 0, to);
    }
}
