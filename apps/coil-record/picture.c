/* SPDX-License-Identifier: MIT */
/*
 * picture.c - a picture of the record, as SVG that needs nothing else
 *
 * Each file has a lane for its loop and lanes for some of its tasks: those with a
 * name first, then those of which most is recorded.  What is narrower than the
 * picture can show is left out if there is something at its place already.
 */
#include "show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "tasks.h"
#include "inspect/text.h"

enum {
    LEFT = 230, /* names */
    WIDTH = 1200,
    RIGHT = 20,
    TOP = 56,
    LANE = 22,
    BAR = 14,
    GAP = 16, /* between files */
    LANES_MAX = 24,
    REASONS_MAX = 24,
    LEGEND = 20,
};

struct scene {
    const struct file *file;
    struct tasks tasks;
    struct stalls stalls;
    struct task **lanes;
    size_t lane_count;
    int64_t first;
    int64_t last;
};

struct picture {
    FILE *out;
    struct scene *scenes;
    size_t count;
    int64_t first;
    int64_t last;
    const char *reasons[REASONS_MAX];
    size_t reason_count;
};

static const char *const colours[] = {
    "#7fb3d5", "#82c9a0", "#e0b46c", "#b79ad6", "#d98c8c", "#78c2c4",
    "#c7c36a", "#a3a9c9", "#cf9fc1", "#9fbf7f", "#c9a98a", "#8fa8bf",
};

/* ---- the first pass: who gets a lane -------------------------------------- */

static int by_interest(const void *a, const void *b)
{
    const struct task *first = *(struct task *const *)a;
    const struct task *second = *(struct task *const *)b;

    if (first->has_name != second->has_name)
        return first->has_name ? -1 : 1;
    if (first->events != second->events)
        return first->events > second->events ? -1 : 1;
    return task_by_id(a, b);
}

static bool choose_lanes(struct scene *scene)
{
    scene->lanes = tasks_sorted(&scene->tasks, by_interest);
    if (!scene->lanes)
        return false;
    while (scene->lane_count < LANES_MAX && scene->lanes[scene->lane_count])
        scene->lane_count++;
    if (scene->lane_count > 0)
        qsort(scene->lanes, scene->lane_count, sizeof *scene->lanes,
              task_by_id);
    for (size_t i = 0; i < scene->lane_count; i++)
        scene->lanes[i]->row = (int)i + 1;
    return true;
}

static bool read_scene(struct scene *scene, const struct file *file)
{
    struct reader reader;
    struct event event;

    scene->file = file;
    if (!stalls_read(&scene->stalls, file) || !tasks_init(&scene->tasks))
        return false;
    reader_begin(&reader, file);
    while (reader_next(&reader, &event)) {
        struct task *task;

        if (scene->first == 0)
            scene->first = event.time;
        if (event.type == COIL_RECORD_TIME)
            continue;
        /* To close a loop may take long, and shows nothing. */
        scene->last = event.time;
        if (event.id == 0)
            continue;
        task = tasks_get(&scene->tasks, event.id);
        if (!task)
            return false;
        task_note(task, file, &event);
    }
    return choose_lanes(scene);
}

static void free_scene(struct scene *scene)
{
    free(scene->lanes);
    stalls_free(&scene->stalls);
    tasks_fini(&scene->tasks);
}

/* The second pass begins anew, but keeps the lanes. */
static void forget_waits(struct scene *scene)
{
    for (size_t i = 0; i < scene->tasks.capacity; i++) {
        struct task *task = scene->tasks.slots[i];

        if (!task)
            continue;
        task->reason = NULL;
        task->span_count = 0;
        task->has_ended = false;
    }
}

/* ---- drawing -------------------------------------------------------------- */

static double x_of(const struct picture *p, int64_t time)
{
    double length = p->last > p->first ? (double)(p->last - p->first) : 1.0;

    if (time < p->first)
        time = p->first;
    if (time > p->last)
        time = p->last;
    return LEFT + WIDTH * ((double)(time - p->first) / length);
}

struct bar {
    int64_t from;
    int64_t to;
    double y;
    double height;
    const char *colour;
};

/* Begin a bar, of which the title follows. */
static void begin_bar(const struct picture *p, const struct bar *bar)
{
    double x = x_of(p, bar->from);
    double width = x_of(p, bar->to) - x;
    char length[DURATION_MAX];

    fprintf(p->out,
            "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" "
            "fill=\"%s\"><title>%s",
            x, bar->y, width < 0.5 ? 0.5 : width, bar->height, bar->colour,
            text_duration(length, bar->to - bar->from));
}

static void end_bar(const struct picture *p)
{
    fputs("</title></rect>\n", p->out);
}

static void put_label(const struct picture *p, double x, double y,
                      const char *anchor, const char *text)
{
    char shown[48];

    text_clean(shown, sizeof shown, text);
    fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y,
            anchor);
    text_put_xml(p->out, shown);
    fputs("</text>\n", p->out);
}

static const char *colour_of(struct picture *p, const char *reason)
{
    size_t i = 0;

    while (i < p->reason_count && strcmp(p->reasons[i], reason) != 0)
        i++;
    if (i == p->reason_count && i < REASONS_MAX)
        p->reasons[p->reason_count++] = reason;
    return colours[i % (sizeof colours / sizeof *colours)];
}

/* ---- the lane of a loop --------------------------------------------------- */

struct lane {
    struct picture *picture;
    struct scene *scene;
    double y;      /* of the loop */
    int64_t clock; /* the last look at it */
    int64_t since; /* since when the loop takes steps */
    bool waits;
    double painted; /* up to here */
};

static void draw_steps(struct lane *lane, int64_t until)
{
    const struct bar bar = { lane->since, until, lane->y, BAR, "#5b7fa6" };

    if (x_of(lane->picture, until) < lane->painted + 0.25 ||
        lane->since > lane->picture->last)
        return;
    lane->painted = x_of(lane->picture, until);
    begin_bar(lane->picture, &bar);
    fputs(" of steps", lane->picture->out);
    end_bar(lane->picture);
}

static void draw_long_step(struct lane *lane, const struct event *event)
{
    const struct stall *stall =
        stalls_find(&lane->scene->stalls, lane->clock, event->time);
    const struct bar bar = { lane->clock, event->time, lane->y, BAR,
                             stall ? "#d62728" : "#f0a030" };
    const struct task *task =
        tasks_get(&lane->scene->tasks, stall ? stall->task : event->id);
    FILE *out = lane->picture->out;

    begin_bar(lane->picture, &bar);
    fprintf(out, " %s\n", stall ? "stall" : "long step");
    if (task && task->id > 0 && !stall) {
        text_put_xml(out, task->name);
        fputs(", made at ", out);
        text_put_xml(out, task->site);
    }
    if (stall)
        text_put_xml(out, stall->text);
    end_bar(lane->picture);
}

static void draw_time(struct lane *lane, const struct event *event)
{
    bool looked = event->detail == COIL_RECORD_CLOCK_LOOKED;

    if (!lane->waits && event->detail != COIL_RECORD_CLOCK_STEPS)
        draw_steps(lane, event->time);
    if (!lane->waits && event->time - lane->clock >= LONG_STEP)
        draw_long_step(lane, event);
    if (looked || lane->waits)
        lane->since = event->time;
    lane->waits = event->detail == COIL_RECORD_CLOCK_WAITS;
    lane->clock = event->time;
}

/* ---- the lane of a task --------------------------------------------------- */

static double y_of(const struct lane *lane, const struct task *task)
{
    return lane->y + LANE * task->row;
}

static void draw_wait(struct lane *lane, const struct task *task, int64_t until)
{
    struct picture *p = lane->picture;
    const struct bar bar = { task->since, until, y_of(lane, task) + 2, BAR - 4,
                             colour_of(p, task->reason) };

    begin_bar(p, &bar);
    fputs(" for: ", p->out);
    text_put_xml(p->out, task->reason);
    if (task->needs)
        fprintf(p->out, ", needs Task-%" PRIu64, task->needs);
    if (task->descriptor >= 0)
        fprintf(p->out, ", descriptor %" PRId64, task->descriptor);
    end_bar(p);
}

static void draw_span(struct lane *lane, const struct task *task, int64_t until)
{
    unsigned last = task->span_count - 1;
    const struct bar bar = { task->span_since[last], until,
                             y_of(lane, task) + BAR - 1, 3, "#444" };

    begin_bar(lane->picture, &bar);
    fputs(" span: ", lane->picture->out);
    text_put_xml(lane->picture->out, task->spans[last]);
    end_bar(lane->picture);
}

static void draw_note(struct lane *lane, const struct task *task,
                      const struct event *event)
{
    const struct bar bar = { event->time, event->time, y_of(lane, task), BAR,
                             "#000" };

    begin_bar(lane->picture, &bar);
    fputs(" note: ", lane->picture->out);
    text_put_xml(lane->picture->out, event->text);
    end_bar(lane->picture);
}

/* The line of a task: it is there. */
static void draw_life(struct lane *lane, const struct task *task, int64_t until)
{
    const struct bar bar = { task->seen, until, y_of(lane, task) + BAR / 2.0, 1,
                             "#999" };

    begin_bar(lane->picture, &bar);
    end_bar(lane->picture);
}

static void draw_task(struct lane *lane, struct task *task,
                      const struct event *event)
{
    if (task->seen < 0)
        task->seen = event_began(event);
    if (event->type == COIL_RECORD_NOTE)
        draw_note(lane, task, event);
    if ((event->type == COIL_RECORD_WOKEN ||
         event->type == COIL_RECORD_ENDED) &&
        task->reason)
        draw_wait(lane, task, event->time);
    if (event->type == COIL_RECORD_SPAN_END && task->span_count > 0)
        draw_span(lane, task, event->time);
    if (event->type == COIL_RECORD_ENDED)
        draw_life(lane, task, event->time);
}

static void draw_event(struct lane *lane, const struct event *event)
{
    struct task *task;

    if (event->type == COIL_RECORD_TIME) {
        draw_time(lane, event);
        return;
    }
    task = tasks_get(&lane->scene->tasks, event->id);
    if (!task || task->row < 0 || event->type == COIL_RECORD_NONE)
        return;
    draw_task(lane, task, event);
    task_note(task, lane->scene->file, event);
}

static void draw_what_goes_on(struct lane *lane)
{
    int64_t last = lane->scene->last;

    for (size_t i = 0; i < lane->scene->lane_count; i++) {
        struct task *task = lane->scene->lanes[i];

        if (task->reason)
            draw_wait(lane, task, last);
        for (; task->span_count > 0; task->span_count--)
            draw_span(lane, task, last);
        if (!task->has_ended && task->seen >= 0)
            draw_life(lane, task, last);
    }
}

static void put_names(const struct lane *lane)
{
    const struct coil_record_file *head = &lane->scene->file->head;
    char name[TASK_NAME + 64];

    snprintf(name, sizeof name, "%.40s, loop %u", head->program, head->loop);
    put_label(lane->picture, LEFT - 8, lane->y + 11, "end", name);
    for (size_t i = 0; i < lane->scene->lane_count; i++) {
        const struct task *task = lane->scene->lanes[i];
        const char *slash = strrchr(task->site, '/');

        snprintf(name, sizeof name, "%.30s %.40s", task->name,
                 slash ? slash + 1 : task->site);
        put_label(lane->picture, LEFT - 8, y_of(lane, task) + 11, "end", name);
    }
}

static void draw_scene(struct picture *p, struct scene *scene, double y)
{
    struct lane lane = {
        .picture = p,
        .scene = scene,
        .y = y,
        .clock = scene->first,
        .since = scene->first,
    };
    struct reader reader;
    struct event event;

    put_names(&lane);
    forget_waits(scene);
    reader_begin(&reader, scene->file);
    while (reader_next(&reader, &event))
        draw_event(&lane, &event);
    draw_what_goes_on(&lane);
}

/* ---- the whole ------------------------------------------------------------ */

static double height_of(const struct picture *p)
{
    double height = TOP;

    for (size_t i = 0; i < p->count; i++)
        height += LANE * (double)(p->scenes[i].lane_count + 1) + GAP;
    return height;
}

static void draw_axis(const struct picture *p, double bottom)
{
    enum { TICKS = 8 };
    char text[DURATION_MAX];

    for (int i = 0; i <= TICKS; i++) {
        int64_t time = p->first + (p->last - p->first) / TICKS * i;
        double x = x_of(p, time);

        fprintf(p->out,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\" "
                "stroke=\"#ddd\"/>\n",
                x, TOP - 14, x, bottom);
        put_label(p, x, TOP - 18, "middle",
                  text_duration(text, time - p->first));
    }
}

static void draw_legend(const struct picture *p, double y)
{
    double x = LEFT;

    for (size_t i = 0; i < p->reason_count; i++) {
        fprintf(p->out,
                "<rect x=\"%.0f\" y=\"%.0f\" width=\"10\" height=\"10\" "
                "fill=\"%s\"/>\n",
                x, y, colours[i % (sizeof colours / sizeof *colours)]);
        put_label(p, x + 14, y + 9, "start", p->reasons[i]);
        x += 120;
        if (x > LEFT + WIDTH - 100) {
            x = LEFT;
            y += LEGEND;
        }
    }
}

static void draw(struct picture *p)
{
    double bottom = height_of(p);
    double height = bottom + LEGEND * 4;
    double y = TOP;

    fprintf(p->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
            "height=\"%.0f\" font-family=\"sans-serif\" font-size=\"11\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
            "<text x=\"8\" y=\"16\">steps of a loop blue, long ones orange, "
            "stalls red with their stack; waits of tasks by colour; spans "
            "black below; point at anything for more</text>\n",
            LEFT + WIDTH + RIGHT, height);
    draw_axis(p, bottom);
    for (size_t i = 0; i < p->count; i++) {
        draw_scene(p, &p->scenes[i], y);
        y += LANE * (double)(p->scenes[i].lane_count + 1) + GAP;
    }
    draw_legend(p, bottom);
    fputs("</svg>\n", p->out);
}

static void find_times(struct picture *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct scene *scene = &p->scenes[i];

        if (i == 0 || scene->first < p->first)
            p->first = scene->first;
        if (i == 0 || scene->last > p->last)
            p->last = scene->last;
    }
}

bool show_picture(const struct file *files, size_t count, FILE *out)
{
    struct picture p = { .out = out, .count = count };
    bool done = true;

    p.scenes = calloc(count + 1, sizeof *p.scenes);
    if (!p.scenes)
        return false;
    for (size_t i = 0; i < count; i++)
        done = done && read_scene(&p.scenes[i], &files[i]);
    if (done) {
        find_times(&p);
        draw(&p);
    }
    for (size_t i = 0; i < count; i++)
        free_scene(&p.scenes[i]);
    free(p.scenes);
    return done;
}
