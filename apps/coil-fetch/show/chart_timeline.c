/* SPDX-License-Identifier: MIT */
#include "show/chart.h"

#include <math.h>
#include <stdlib.h>

#include "show/units.h"

/* Everything is in units of the view box. */
enum { LEFT = 64, WIDTH = 1020, RIGHT = LEFT + WIDTH };

/* A band of the picture with an axis of its own; y grows downwards. */
struct panel {
    const char *title;
    double top;
    double height;
    double most; /* the value at the top */
    double step; /* between two lines */
    bool is_bytes;
};

/* What is drawn of a stretch. */
struct moment {
    double from, until;                  /* in seconds since the beginning */
    double done, failed, started, bytes; /* a second */
    double in_flight;
};

struct picture {
    struct moment moments[TIMELINE_STRETCHES];
    size_t count;
    double seconds; /* that the axis has */
};

/* ---- numbers ------------------------------------------------------------ */

static void read_timeline(struct picture *picture, const struct stats *stats,
                          coil_time now)
{
    const struct timeline *timeline = &stats->timeline;
    double end = (double)(now - timeline->began) / (double)COIL_SECOND;
    double width = (double)timeline->width / (double)COIL_SECOND;

    picture->count = timeline->count;
    picture->seconds = end > 0.001 ? end : 0.001;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_stretch *s = &timeline->stretches[i];
        struct moment *moment = &picture->moments[i];
        double from = (double)i * width;
        double until = fmin(from + width, fmax(end, from + width / 100));
        double seconds = until - from;

        *moment = (struct moment){
            .from = from,
            .until = until,
            .done = (double)s->done / seconds,
            .failed = (double)s->failed / seconds,
            .started = (double)s->started / seconds,
            .bytes = (double)s->bytes / seconds,
            .in_flight = (double)s->in_flight,
        };
        picture->seconds = fmax(picture->seconds, until);
    }
}

/* 1, 2 or 5 times a power of ten, so that at most `lines` are needed. */
static double nice_step(double most, int lines)
{
    double step = pow(10, floor(log10(most / lines)));

    if (step * lines >= most)
        return step;
    if (2 * step * lines >= most)
        return 2 * step;
    return 5 * step * lines >= most ? 5 * step : 10 * step;
}

static void set_scale(struct panel *panel, double most)
{
    panel->step = nice_step(most > 0 ? most : 1, 4);
    if (!panel->is_bytes && panel->step < 1)
        panel->step = 1;
    panel->most = panel->step * ceil(fmax(most, 0.001) / panel->step);
}

/* ---- drawing ------------------------------------------------------------ */

static double x_of(const struct picture *picture, double seconds)
{
    return LEFT + WIDTH * seconds / picture->seconds;
}

static double y_of(const struct panel *panel, double value)
{
    return panel->top + panel->height * (1 - value / panel->most);
}

static void draw_panel(struct text *text, const struct panel *panel)
{
    text_add_format(text, "<text class=\"title\" x=\"%d\" y=\"%.1f\">%s</text>",
                    LEFT, panel->top - 10, panel->title);
    for (double value = 0; value <= panel->most * 1.001; value += panel->step) {
        double y = y_of(panel, value);

        text_add_format(text,
                        "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" "
                        "y2=\"%.1f\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\" "
                        "text-anchor=\"end\">",
                        value == 0 ? "axis" : "grid", LEFT, RIGHT, y, y,
                        LEFT - 8, y + 4);
        if (panel->is_bytes)
            units_bytes(text, value);
        else
            units_count(text, (uint64_t)(value + 0.5));
        text_add(text, "</text>");
    }
}

/* Steps of one value, down to the axis. */
static void draw_area(struct text *text, const struct picture *picture,
                      const struct panel *panel, const char *class,
                      double (*value_of)(const struct moment *moment))
{
    text_add_format(text, "<path class=\"%s\" d=\"M%.1f %.1f", class,
                    x_of(picture, 0), y_of(panel, 0));
    for (size_t i = 0; i < picture->count; i++) {
        const struct moment *moment = &picture->moments[i];

        text_add_format(text, "V%.1fH%.1f", y_of(panel, value_of(moment)),
                        x_of(picture, moment->until));
    }
    text_add_format(text, "V%.1fZ\"/>", y_of(panel, 0));
}

static void draw_line(struct text *text, const struct picture *picture,
                      const struct panel *panel, const char *class,
                      double (*value_of)(const struct moment *moment))
{
    text_add_format(text, "<path class=\"%s\" d=\"", class);
    for (size_t i = 0; i < picture->count; i++) {
        const struct moment *moment = &picture->moments[i];

        if (i == 0)
            text_add_format(text, "M%.1f %.1f", x_of(picture, 0),
                            y_of(panel, value_of(moment)));
        text_add_format(text, "V%.1fH%.1f", y_of(panel, value_of(moment)),
                        x_of(picture, moment->until));
    }
    text_add(text, "\"/>");
}

static double over_of(const struct moment *moment)
{
    return moment->done + moment->failed;
}

static double failed_of(const struct moment *moment)
{
    return moment->failed;
}

static double started_of(const struct moment *moment)
{
    return moment->started;
}

static double in_flight_of(const struct moment *moment)
{
    return moment->in_flight;
}

static double bytes_of(const struct moment *moment)
{
    return moment->bytes;
}

/* ---- the axis of time, and what is shown under a pointer ---------------- */

static double step_of_time(double seconds)
{
    static const double steps[] = { 0.01, 0.02, 0.05,  0.1,   0.2,   0.5,
                                    1,    2,    5,     10,    20,    30,
                                    60,   120,  300,   600,   1200,  1800,
                                    3600, 7200, 14400, 21600, 43200, 86400 };
    const size_t count = sizeof steps / sizeof steps[0];

    for (size_t i = 0; i < count; i++)
        if (seconds / steps[i] <= 12)
            return steps[i];
    return nice_step(seconds / 86400, 12) * 86400;
}

static void add_time(struct text *text, double seconds, double step)
{
    long long s = (long long)(seconds + 0.5);

    if (step < 1)
        text_add_format(text, "%.*f s", step < 0.1 ? 2 : 1, seconds);
    else if (s < 60)
        text_add_format(text, "%lld s", s);
    else if (s < 3600)
        text_add_format(text, "%lld:%02lld", s / 60, s % 60);
    else
        text_add_format(text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60,
                        s % 60);
}

static void draw_time(struct text *text, const struct picture *picture,
                      double top, double bottom)
{
    double step = step_of_time(picture->seconds);

    for (double at = 0; at <= picture->seconds; at += step) {
        double x = x_of(picture, at);

        text_add_format(text,
                        "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" "
                        "y1=\"%.1f\" y2=\"%.1f\"/><text class=\"tick\" "
                        "x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                        x, x, top, bottom, x, bottom + 18);
        add_time(text, at, step);
        text_add(text, "</text>");
    }
}

static void draw_moments(struct text *text, const struct picture *picture,
                         double top, double bottom)
{
    for (size_t i = 0; i < picture->count; i++) {
        const struct moment *moment = &picture->moments[i];
        double x = x_of(picture, moment->from);

        text_add_format(text,
                        "<rect class=\"hit\" x=\"%.1f\" y=\"%.1f\" "
                        "width=\"%.1f\" height=\"%.1f\"><title>",
                        x, top, x_of(picture, moment->until) - x, bottom - top);
        text_add_format(text, "%.1f s: ", moment->from);
        units_rate(text, moment->done);
        text_add(text, "/s done, ");
        units_rate(text, moment->failed);
        text_add(text, "/s failed, ");
        units_rate(text, moment->started);
        text_add(text, "/s started, ");
        units_count(text, (uint64_t)moment->in_flight);
        text_add(text, " in flight, ");
        units_bytes(text, moment->bytes);
        text_add(text, "/s</title></rect>");
    }
}

static void set_scales(const struct picture *picture, struct panel *urls,
                       struct panel *flights, struct panel *bytes)
{
    double most_urls = 0, most_flights = 0, most_bytes = 0;

    for (size_t i = 0; i < picture->count; i++) {
        const struct moment *moment = &picture->moments[i];

        most_urls = fmax(most_urls, fmax(over_of(moment), moment->started));
        most_flights = fmax(most_flights, moment->in_flight);
        most_bytes = fmax(most_bytes, moment->bytes);
    }
    set_scale(urls, most_urls);
    set_scale(flights, most_flights);
    set_scale(bytes, most_bytes);
}

void chart_timeline(struct text *text, const struct stats *stats, coil_time now)
{
    struct picture *picture = malloc(sizeof *picture);
    struct panel urls = { "URLs per second", 34, 170, 0, 0, false };
    struct panel flights = { "Requests in flight", 252, 80, 0, 0, false };
    struct panel bytes = { "Bytes per second", 380, 80, 0, 0, true };
    double bottom = bytes.top + bytes.height;

    if (!picture) {
        text->has_failed = true;
        return;
    }
    read_timeline(picture, stats, now);
    set_scales(picture, &urls, &flights, &bytes);
    text_add(text,
             "<svg viewBox=\"0 0 1100 490\" role=\"img\" aria-label=\"URLs "
             "and bytes per second, and requests in flight, over the "
             "run\">");
    draw_time(text, picture, urls.top, bottom);
    draw_panel(text, &urls);
    draw_area(text, picture, &urls, "done", over_of);
    draw_area(text, picture, &urls, "failed", failed_of);
    draw_line(text, picture, &urls, "started", started_of);
    draw_panel(text, &flights);
    draw_area(text, picture, &flights, "flight", in_flight_of);
    draw_panel(text, &bytes);
    draw_area(text, picture, &bytes, "bytes", bytes_of);
    draw_moments(text, picture, urls.top, bottom);
    text_add(text, "</svg>");
    free(picture);
}
