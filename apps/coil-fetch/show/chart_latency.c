/* SPDX-License-Identifier: MIT */
#include "show/chart.h"

#include <math.h>

#include "show/units.h"

enum { LEFT = 110, WIDTH = 660, BINS = 110, ROW = 62, HIGH = 44, TOP = 30 };

/* The axis: powers of ten of a microsecond. */
struct axis {
    int from, until;
};

static double power_of(double nanoseconds)
{
    return log10(fmax(nanoseconds / 1000, 1));
}

static double x_of(const struct axis *axis, double nanoseconds)
{
    double share =
        (power_of(nanoseconds) - axis->from) / (axis->until - axis->from);

    return LEFT + WIDTH * fmin(fmax(share, 0), 1);
}

static struct axis find_axis(const struct stats *stats)
{
    struct axis axis = { 12, 0 };

    for (int phase = 0; phase < STATS_PHASES; phase++) {
        const struct histogram *h = &stats->phases[phase];

        if (h->count == 0)
            continue;
        axis.from = (int)fmin(
            axis.from, floor(power_of((double)histogram_quantile(h, 0.01))));
        axis.until = (int)fmax(axis.until, ceil(power_of((double)h->max)));
    }
    if (axis.until <= axis.from)
        axis.until = axis.from + 1;
    return axis;
}

/* A bucket's durations are shared out among the bins that it overlaps. */
static void fill_bins(double *bins, const struct histogram *histogram,
                      const struct axis *axis)
{
    for (int i = 0; i < BINS; i++)
        bins[i] = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        coil_time from, until;
        double first, last;

        if (histogram->buckets[i] == 0)
            continue;
        histogram_bucket(i, &from, &until);
        first = (x_of(axis, (double)from) - LEFT) * BINS / WIDTH;
        last = (x_of(axis, (double)until) - LEFT) * BINS / WIDTH;
        first = fmin(first, BINS - 0.001);
        last = fmax(last, first + 1e-6);
        for (int bin = (int)first; bin < BINS && bin < last; bin++) {
            double part = fmin(last, bin + 1) - fmax(first, bin);

            bins[bin] += histogram->buckets[i] * part / (last - first);
        }
    }
}

static void draw_axis(struct text *text, const struct axis *axis, double bottom)
{
    for (int power = axis->from; power <= axis->until; power++) {
        coil_time time = (coil_time)(pow(10, power) * 1000);
        double x = x_of(axis, (double)time);

        text_add_format(
            text,
            "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" "
            "y2=\"%.1f\"/><text class=\"tick\" x=\"%.1f\" "
            "y=\"%.1f\" text-anchor=\"middle\">",
            x, x, TOP - 6, bottom, x, bottom + 18);
        if (time < COIL_MILLISECOND)
            text_add_format(text, "%lld &#181;s", (long long)time / 1000);
        else if (time < COIL_SECOND)
            text_add_format(text, "%lld ms",
                            (long long)(time / COIL_MILLISECOND));
        else
            text_add_format(text, "%lld s", (long long)(time / COIL_SECOND));
        text_add(text, "</text>");
    }
}

static void draw_mark(struct text *text, const struct axis *axis,
                      coil_time time, double y, const char *name)
{
    double x = x_of(axis, (double)time);

    text_add_format(text,
                    "<line class=\"mark %s\" x1=\"%.1f\" x2=\"%.1f\" "
                    "y1=\"%.1f\" y2=\"%.1f\"><title>%s ",
                    name, x, x, y - HIGH, y, name);
    units_duration(text, time);
    text_add(text, "</title></line>");
}

static void draw_numbers(struct text *text, const struct histogram *histogram,
                         double y)
{
    static const double quantiles[] = { 0.5, 0.9, 0.99, 1 };

    for (int i = 0; i < 4; i++) {
        text_add_format(text,
                        "<text class=\"number\" x=\"%d\" y=\"%.1f\" "
                        "text-anchor=\"end\">",
                        LEFT + WIDTH + 85 + 80 * i, y - 14);
        units_duration(text, histogram_quantile(histogram, quantiles[i]));
        text_add(text, "</text>");
    }
}

/* The row of a phase, whose axis is at `y`. */
static void draw_phase(struct text *text, enum stats_phase phase,
                       const struct histogram *histogram,
                       const struct axis *axis, double y)
{
    double bins[BINS];
    double most = 0;

    fill_bins(bins, histogram, axis);
    for (int i = 0; i < BINS; i++)
        most = fmax(most, bins[i]);
    text_add_format(text,
                    "<text class=\"name\" x=\"0\" y=\"%.1f\">%s</text>"
                    "<text class=\"tick\" x=\"0\" y=\"%.1f\">",
                    y - 20, stats_phase_name(phase), y - 4);
    units_count(text, histogram->count);
    text_add_format(text, "</text><path class=\"phase%d\" d=\"M%d %.1f",
                    (int)phase, LEFT, y);
    for (int i = 0; i < BINS; i++)
        text_add_format(text, "V%.1fH%.1f", y - HIGH * bins[i] / most,
                        LEFT + (double)WIDTH * (i + 1) / BINS);
    text_add_format(text,
                    "V%.1fZ\"/><line class=\"axis\" x1=\"%d\" x2=\"%d\" "
                    "y1=\"%.1f\" y2=\"%.1f\"/>",
                    y, LEFT, LEFT + WIDTH, y, y);
    draw_mark(text, axis, histogram_quantile(histogram, 0.5), y, "p50");
    draw_mark(text, axis, histogram_quantile(histogram, 0.99), y, "p99");
    draw_numbers(text, histogram, y);
}

void chart_latency(struct text *text, const struct stats *stats)
{
    static const char *const heads[] = { "p50", "p90", "p99", "max" };
    struct axis axis = find_axis(stats);
    int rows = 0, row = 0;

    for (int phase = 0; phase < STATS_PHASES; phase++)
        rows += stats->phases[phase].count > 0;
    text_add_format(
        text,
        "<svg viewBox=\"0 0 1100 %d\" role=\"img\" aria-label=\"How "
        "long the phases of requests took\">",
        TOP + rows * ROW + 24);
    for (int i = 0; i < 4; i++)
        text_add_format(text,
                        "<text class=\"tick\" x=\"%d\" y=\"12\" "
                        "text-anchor=\"end\">%s</text>",
                        LEFT + WIDTH + 85 + 80 * i, heads[i]);
    draw_axis(text, &axis, TOP + rows * ROW);
    for (int phase = 0; phase < STATS_PHASES; phase++)
        if (stats->phases[phase].count > 0)
            draw_phase(text, phase, &stats->phases[phase], &axis,
                       TOP + ++row * ROW);
    text_add(text, "</svg>");
}
