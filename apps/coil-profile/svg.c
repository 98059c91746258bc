/* SPDX-License-Identifier: MIT */
/*
 * svg.c - flame graphs as one file that a browser shows by itself
 *
 * A frame is a <g> with its text in full as <title>.  The script below lets a
 * click enlarge a frame, and finds frames by a word; without scripts the picture
 * is the same, but stands still.
 */
#include "graph.h"

#include <stdint.h>
#include <string.h>

#include "inspect/text.h"

enum {
    WIDTH = 1200,
    MARGIN = 10,
    ROW = 17,
    HEAD = 44,  /* above each graph: its title */
    TOP = 34,   /* above all: what it is about */
    LETTER = 7, /* how wide one is */
};

/* What is narrower, in pixels, is left out. */
static const double narrowest = 0.1;

static const char script[] =
    "var S=document.documentElement,all=S.querySelectorAll('g.f');\n"
    "function at(g,n){return +g.getAttribute(n)}\n"
    "function put(g,x,w){var r=g.querySelector('rect'),"
    "t=g.querySelector('text'),l=g.getAttribute('data-l');\n"
    " r.setAttribute('x',x);r.setAttribute('width',Math.max(w,0));\n"
    " t.setAttribute('x',x+3);var n=Math.floor((w-6)/7);\n"
    " t.textContent=n<3?'':l.length<=n?l:l.slice(0,n-2)+'..';}\n"
    "function zoom(c){var k=c.getAttribute('data-k'),x=at(c,'data-x'),"
    "w=at(c,'data-w'),d=at(c,'data-d');\n"
    " all.forEach(function(g){if(g.getAttribute('data-k')!=k)return;\n"
    "  var gx=at(g,'data-x'),gw=at(g,'data-w'),gd=at(g,'data-d');\n"
    "  var up=gd<d&&gx<=x+1e-6&&gx+gw>=x+w-1e-6;\n"
    "  var on=up||(gx>=x-1e-6&&gx+gw<=x+w+1e-6&&gd>=d);\n"
    "  g.style.display=on?'':'none';if(!on)return;\n"
    "  if(up)put(g,10,1180);else put(g,10+(gx-x)*1180/w,gw*1180/w);});}\n"
    "all.forEach(function(g){g.addEventListener('click',function(){zoom(g)})"
    "});\n"
    "function find(){var w=prompt('Mark frames that contain (a regular "
    "expression):','');if(w===null)return;\n"
    " var e=w?new RegExp(w):null;all.forEach(function(g){\n"
    "  g.querySelector('rect').style.stroke="
    "e&&e.test(g.getAttribute('data-l'))?'#d000d0':'';\n"
    "  g.querySelector('rect').style.strokeWidth="
    "e&&e.test(g.getAttribute('data-l'))?'2':'';});}\n"
    "document.getElementById('find').addEventListener('click',find);\n";

/* ---- text ----------------------------------------------------------------- */

static void print_label(const char *label, double width, FILE *to)
{
    size_t room = width > 6 ? (size_t)((width - 6) / LETTER) : 0;
    char shown[WIDTH / LETTER];

    if (room < 3)
        return;
    if (strlen(label) <= room) {
        text_put_xml(to, label);
        return;
    }
    text_clean(shown, room - 1, label);
    text_put_xml(to, shown);
    fputs("..", to);
}

/* ---- colours -------------------------------------------------------------- */

/* Equal labels have equal shades. */
static unsigned shade(const char *label)
{
    uint32_t h = 2166136261u;

    while (*label)
        h = (h ^ (unsigned char)*label++) * 16777619u;
    return (h ^ h >> 15) % 40;
}

/* Waits are coloured by their reason, the first words of their labels. */
static void print_colour(const struct graph_node *node, FILE *to)
{
    static const unsigned hues[] = {
        [GRAPH_ROOT] = 220,   [GRAPH_LOOP] = 210,  [GRAPH_TASK] = 135,
        [GRAPH_CODE] = 30,    [GRAPH_KERNEL] = 15, [GRAPH_WAIT] = 0,
        [GRAPH_HOLDER] = 350,
    };
    char reason[48];
    unsigned hue = hues[node->kind];

    if (node->kind == GRAPH_WAIT) {
        snprintf(reason, sizeof reason, "%s", node->label);
        reason[strcspn(reason, "0123456789,")] = '\0';
        hue = 180 + 4 * shade(reason);
    } else if (node->kind == GRAPH_CODE) {
        hue += shade(node->label) / 2;
    }
    fprintf(to, "hsl(%u,%u%%,%u%%)", hue, node->kind == GRAPH_ROOT ? 10 : 60,
            68 + shade(node->label) / 4);
}

/* ---- frames --------------------------------------------------------------- */

struct place {
    double x; /* from the left of the graph */
    double width;
    size_t depth;
};

static void print_frame(const struct graph_node *node, struct place place,
                        size_t number, double top, double total, FILE *to)
{
    double y = top + (double)place.depth * ROW;

    fprintf(to,
            "<g class=\"f\" data-k=\"%zu\" data-d=\"%zu\" data-x=\"%.3f\" "
            "data-w=\"%.3f\" data-us=\"%.0f\" data-l=\"",
            number, place.depth, place.x, place.width, node->total);
    text_put_xml(to, node->label);
    fputs("\"><title>", to);
    text_put_xml(to, node->label);
    fprintf(to, " (%.1f ms, %.2f %%)</title>", node->total / 1e3,
            total > 0 ? 100 * node->total / total : 0.0);
    fprintf(to,
            "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" "
            "rx=\"1\" fill=\"",
            MARGIN + place.x, y, place.width, ROW - 1);
    print_colour(node, to);
    fprintf(to, "\"/><text x=\"%.2f\" y=\"%.1f\">", MARGIN + place.x + 3,
            y + ROW - 5);
    print_label(node->label, place.width, to);
    fputs("</text></g>\n", to);
}

/* The frames of a graph, or, without `to`, only how deep it is. */
static size_t walk(const struct graph *graph, size_t number, double top,
                   FILE *to)
{
    const struct graph_node *node = &graph->root;
    double total = node->total;
    double scale = total > 0 ? (WIDTH - 2 * MARGIN) / total : 0;
    double x = 0; /* in microseconds */
    size_t depth = 0;
    size_t deepest = 0;

    while (node) {
        struct place place = { x * scale, node->total * scale, depth };
        bool is_wide = place.width >= narrowest || depth == 0;

        if (is_wide && depth == 0)
            place.width = WIDTH - 2 * MARGIN;
        if (is_wide && to)
            print_frame(node, place, number, top, total, to);
        if (is_wide && depth > deepest)
            deepest = depth;
        if (is_wide && node->child) {
            node = node->child;
            depth++;
            continue;
        }
        x += node->total;
        while (node && !node->sibling) {
            node = node->parent;
            depth--;
            /* Its own time is behind that of its children. */
            if (node)
                x += node->self;
        }
        node = node ? node->sibling : NULL;
    }
    return deepest + 1;
}

void graph_print_svg(const struct graph *const *graphs,
                     const char *const *titles, size_t count, const char *about,
                     FILE *to)
{
    double height = TOP + MARGIN;

    for (size_t i = 0; i < count; i++)
        height += HEAD + (double)walk(graphs[i], i, 0, NULL) * ROW;
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
            "height=\"%.0f\" viewBox=\"0 0 %d %.0f\">\n"
            "<style>text{font:11px monospace;fill:#111}"
            "g.f{cursor:pointer}g.f:hover rect{stroke:#000}"
            ".t{font:bold 15px sans-serif}.s{font:12px sans-serif;"
            "fill:#444}#find{cursor:pointer;fill:#06c}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fafafa\"/>\n",
            WIDTH, height, WIDTH, height);
    fprintf(to, "<text class=\"t\" x=\"%d\" y=\"22\">", MARGIN);
    text_put_xml(to, about);
    fprintf(to,
            "</text>\n<text id=\"find\" class=\"s\" x=\"%d\" y=\"22\">"
            "search</text>\n",
            WIDTH - 60);
    height = TOP;
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "<text class=\"s\" x=\"%d\" y=\"%.0f\">", MARGIN,
                height + HEAD - 14);
        text_put_xml(to, titles[i]);
        fputs("</text>\n", to);
        height += HEAD;
        height += (double)walk(graphs[i], i, height, to) * ROW;
    }
    fputs("<script><![CDATA[\n", to);
    fputs(script, to);
    fputs("]]></script>\n</svg>\n", to);
}
