/* SPDX-License-Identifier: MIT */
#include "show/progress_frame.h"

#include <stdio.h>
#include <string.h>

#include "job/job.h"
#include "show/units.h"
#include "show/words.h"

enum {
    MAX_FIELDS = 8,
    MAX_SLOW = 4,
    MAX_PAUSES = 3,
    MIN_BAR = 10,
    MAX_BAR = 40
};

/* A part of a line.  Of those that do not fit, the least needed goes first. */
struct field {
    char words[48];
    int need; /* 0: the field is left out */
    bool has_color;
    enum style_color color;
};

struct line {
    struct field fields[MAX_FIELDS];
    size_t count;
    bool has_failed; /* memory was lacking */
};

/* ---- lines of fields ---------------------------------------------------- */

static void add_field(struct line *line, int need, struct text *words)
{
    struct field *field = &line->fields[line->count++];

    *field = (struct field){ .need = need };
    snprintf(field->words, sizeof field->words, "%s",
             words->bytes ? words->bytes : "");
    line->has_failed |= words->has_failed;
    text_clear(words);
}

static void color_field(struct line *line, enum style_color color)
{
    line->fields[line->count - 1].has_color = true;
    line->fields[line->count - 1].color = color;
}

static void add_count(struct line *line, int need, uint64_t count,
                      const char *what, struct text *scratch)
{
    units_count(scratch, count);
    text_add(scratch, what);
    add_field(line, need, scratch);
}

static size_t columns_of(const struct line *line, size_t gap)
{
    size_t columns = 0;

    for (size_t i = 0; i < line->count; i++)
        if (line->fields[i].need > 0)
            columns += strlen(line->fields[i].words) + (columns ? gap : 0);
    return columns;
}

/* Leave out fields until the line fits; the last one stays, and is cut. */
static void make_fit(struct line *line, size_t gap, size_t columns)
{
    while (columns_of(line, gap) > columns) {
        struct field *least = NULL;
        size_t left = 0;

        for (size_t i = 0; i < line->count; i++) {
            struct field *field = &line->fields[i];

            if (field->need == 0)
                continue;
            left++;
            if (!least || field->need < least->need)
                least = field;
        }
        if (left <= 1)
            return;
        least->need = 0;
    }
}

static void write_field(struct text *text, struct style style,
                        const struct field *field, size_t columns)
{
    if (field->has_color)
        style_begin(text, style, field->color);
    style_fit(text, style, columns, field->words, strlen(field->words));
    if (field->has_color)
        style_end(text, style);
}

/* ---- the bar ------------------------------------------------------------ */

static void write_bar(struct text *text, struct style style,
                      const struct stats *stats, size_t columns)
{
    static const char *const eighths[] = {
        "",
        "\xe2\x96\x8f",
        "\xe2\x96\x8e",
        "\xe2\x96\x8d",
        "\xe2\x96\x8c",
        "\xe2\x96\x8b",
        "\xe2\x96\x8a",
        "\xe2\x96\x89",
    };
    double share = stats->read ? (double)stats->done / (double)stats->read : 0;
    size_t parts = (size_t)((share < 1 ? share : 1) * (double)columns * 8);
    size_t i = 0;

    style_begin(text, style, STYLE_BAR);
    for (; i < parts / 8; i++)
        text_add(text, style.is_unicode ? "\xe2\x96\x88" : "#");
    if (style.is_unicode && parts % 8 > 0) {
        text_add(text, eighths[parts % 8]);
        i++;
    }
    style_end(text, style);
    style_begin(text, style, STYLE_REST);
    for (; i < columns; i++)
        text_add(text, style.is_unicode ? "\xe2\x94\x80" : "-");
    style_end(text, style);
}

/* ---- the first two lines ------------------------------------------------ */

static void add_how_far(struct line *line, const struct stats *stats,
                        struct text *scratch)
{
    if (stats->is_all_read && stats->read > 0) {
        text_add_format(
            scratch, "%d%%",
            (int)(100.0 * (double)stats->done / (double)stats->read));
        add_field(line, 4, scratch);
        color_field(line, STYLE_BOLD);
        units_count(scratch, stats->done);
        text_add(scratch, " of ");
        add_count(line, 8, stats->read, "", scratch);
    } else {
        add_count(line, 8, stats->done, " done", scratch);
        color_field(line, STYLE_BOLD);
    }
}

static void add_speed(struct line *line, const struct stats *stats,
                      coil_time now, struct text *scratch)
{
    coil_time left = stats_time_left(stats, now);
    double urls, bytes;

    stats_rate(stats, now, &urls, &bytes);
    units_rate(scratch, urls);
    text_add(scratch, "/s");
    add_field(line, 6, scratch);
    units_bytes(scratch, bytes);
    text_add(scratch, "/s");
    add_field(line, 3, scratch);
    if (left != COIL_NEVER) {
        units_seconds(scratch, left);
        text_add(scratch, " left");
        add_field(line, 7, scratch);
    }
}

static void add_counts(struct line *line, const struct stats *stats,
                       coil_time now, struct text *scratch)
{
    add_count(line, 6, stats_ok(stats), " ok", scratch);
    color_field(line, STYLE_GOOD);
    if (stats->failed > 0) {
        add_count(line, 9, stats->failed, " failed", scratch);
        color_field(line, STYLE_BAD);
    }
    add_count(line, 8, stats->in_flight, " in flight", scratch);
    add_count(line, 7, stats->waiting, " waiting", scratch);
    if (stats->retrying > 0) {
        add_count(line, 5, stats->retrying, " to retry", scratch);
        color_field(line, STYLE_WARNING);
    }
    units_bytes(scratch, (double)stats->bytes);
    add_field(line, 3, scratch);
    units_seconds(scratch, now - stats->began);
    add_field(line, 4, scratch);
    color_field(line, STYLE_DIM);
}

/* The bar stands behind the first field, if there is room. */
static void write_line(struct text *text, struct style style, struct line *line,
                       const struct stats *bar, size_t columns)
{
    size_t gap = columns < 40 ? 1 : 2;
    size_t room;
    bool is_first = true;

    text->has_failed |= line->has_failed;
    make_fit(line, gap, columns);
    room = columns_of(line, gap);
    room = columns > room + gap ? columns - room - gap : 0;
    for (size_t i = 0; i < line->count; i++) {
        if (line->fields[i].need == 0)
            continue;
        if (!is_first)
            text_add_format(text, "%*s", (int)gap, "");
        write_field(text, style, &line->fields[i], columns);
        if (is_first && bar && room >= MIN_BAR) {
            text_add_format(text, "%*s", (int)gap, "");
            write_bar(text, style, bar, room < MAX_BAR ? room : MAX_BAR);
        }
        is_first = false;
    }
    text_add_char(text, '\n');
}

/* ---- what takes long, and who is left alone ----------------------------- */

static void write_slow(struct text *text, struct style style,
                       const struct stats_flight *flight, size_t columns,
                       coil_time now, struct text *scratch)
{
    size_t used;

    units_seconds(scratch, now - flight->began);
    style_begin(text, style, STYLE_WARNING);
    text_add_format(text, "%7s", scratch->bytes ? scratch->bytes : "");
    style_end(text, style);
    used = scratch->size > 7 ? scratch->size : 7;
    text->has_failed |= scratch->has_failed;
    text_clear(scratch);
    if (columns >= 60) {
        if (flight->bytes > 0)
            units_bytes(scratch, (double)flight->bytes);
        else
            text_add(scratch, words_of_flight(flight));
        style_begin(text, style, STYLE_DIM);
        text_add_format(text, "  %-10s", scratch->bytes ? scratch->bytes : "");
        style_end(text, style);
        used += 12;
        text->has_failed |= scratch->has_failed;
        text_clear(scratch);
    }
    text_add(text, "  ");
    style_fit(text, style, columns - used - 2, flight->job->url,
              strlen(flight->job->url));
    text_add_char(text, '\n');
}

static void write_pause(struct text *text, struct style style,
                        const struct stats_pause *pause, size_t columns,
                        coil_time now, struct text *scratch)
{
    const char *words = columns >= 60 ? "  left alone  " : "  ";
    size_t used;

    units_seconds(scratch, pause->until - now);
    used = (scratch->size > 7 ? scratch->size : 7) + strlen(words);
    style_begin(text, style, STYLE_DIM);
    text_add_format(text, "%7s%s", scratch->bytes ? scratch->bytes : "", words);
    style_fit(text, style, columns - used, pause->name, strlen(pause->name));
    style_end(text, style);
    text_add_char(text, '\n');
    text->has_failed |= scratch->has_failed;
    text_clear(scratch);
}

/* The pause that ends next after `after`, by time and place. */
static const struct stats_pause *next_pause(const struct stats *stats,
                                            const struct stats_pause *after,
                                            coil_time now)
{
    const struct stats_pause *next = NULL;

    for (size_t i = 0; i < STATS_PAUSES; i++) {
        const struct stats_pause *pause = &stats->pauses[i];

        if (pause->until <= now ||
            (after && (pause->until < after->until ||
                       (pause->until == after->until && pause <= after))))
            continue;
        if (!next || pause->until < next->until)
            next = pause;
    }
    return next;
}

void progress_frame(struct text *text, const struct stats *stats,
                    unsigned columns, unsigned rows, struct style style,
                    coil_time now)
{
    size_t width = columns > 20 ? columns - 1 : 19;
    size_t lines = rows > 2 ? rows - 1 : 1;
    const struct stats_flight *flight = stats->oldest;
    const struct stats_pause *pause = NULL;
    struct line first = { .count = 0 };
    struct line second = { .count = 0 };
    struct text scratch = { 0 };

    add_how_far(&first, stats, &scratch);
    add_speed(&first, stats, now, &scratch);
    write_line(text, style, &first,
               stats->is_all_read && stats->read > 0 ? stats : NULL, width);
    if (--lines > 0) {
        add_counts(&second, stats, now, &scratch);
        write_line(text, style, &second, NULL, width);
        lines--;
    }
    for (int i = 0; i < MAX_SLOW && lines > 0 && flight &&
                    now - flight->began >= COIL_SECOND;
         i++, lines--, flight = flight->newer)
        write_slow(text, style, flight, width, now, &scratch);
    for (int i = 0; i < MAX_PAUSES && lines > 0; i++, lines--) {
        pause = next_pause(stats, pause, now);
        if (!pause)
            break;
        write_pause(text, style, pause, width, now, &scratch);
    }
    text_fini(&scratch);
}

void progress_line(struct text *text, const struct stats *stats, coil_time now)
{
    struct text scratch = { 0 };
    struct line lines[2] = { { .count = 0 }, { .count = 0 } };

    add_how_far(&lines[0], stats, &scratch);
    add_speed(&lines[0], stats, now, &scratch);
    add_counts(&lines[1], stats, now, &scratch);
    text->has_failed |= lines[0].has_failed || lines[1].has_failed;
    text_add(text, "coil-fetch: ");
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < lines[i].count; j++)
            text_add_format(text, "%s%s", i + j > 0 ? ", " : "",
                            lines[i].fields[j].words);
    text_fini(&scratch);
}
