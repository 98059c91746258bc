/* SPDX-License-Identifier: MIT */
/*
 * keys.c - what each key does
 */
#include <string.h>

#include "terminal.h"
#include "top.h"

static void go_to(struct top *top, struct place place)
{
    if (top->depth + 1 < PLACES_MAX)
        top->places[++top->depth] = place;
}

static void show(struct top *top, enum view view)
{
    top->depth = 0;
    top->places[0] = (struct place){ .view = view };
}

static void move(struct top *top, long by)
{
    struct place *place = top_place(top);
    long to = (long)place->selected + by;

    if (to >= (long)top->row_count)
        to = (long)top->row_count - 1;
    place->selected = to > 0 ? (size_t)to : 0;
}

/* What is behind the line that is chosen. */
static void enter(struct top *top)
{
    const struct place *place = top_place(top);
    const struct row *row;

    if (place->view == VIEW_TASK || place->selected >= top->row_count)
        return;
    row = &top->rows[place->selected];
    if (place->view == VIEW_GROUPS)
        go_to(top, (struct place){ .view = VIEW_TASKS, .group = row->label });
    else if (place->view == VIEW_TASKS)
        go_to(top, (struct place){ .view = VIEW_TASK, .task = row->id });
    else if (place->view == VIEW_OBJECTS)
        go_to(top,
              (struct place){ .view = VIEW_TASKS, .object = row->address });
}

static void back(struct top *top)
{
    if (top->filter[0])
        top->filter[0] = '\0';
    else if (top->depth > 0)
        top->depth--;
}

/* A letter of the filter, or its end. */
static void type(struct top *top, int key)
{
    size_t length = strlen(top->filter);

    if (key == '\r' || key == '\n') {
        top->is_typing = false;
    } else if (key == KEY_ESCAPE) {
        top->is_typing = false;
        top->filter[0] = '\0';
    } else if (key == 127 || key == '\b') {
        if (length > 0)
            top->filter[length - 1] = '\0';
    } else if (key >= ' ' && key < 127 && length + 1 < FILTER_MAX) {
        top->filter[length] = (char)key;
        top->filter[length + 1] = '\0';
        top_place(top)->selected = 0;
    }
}

static void sort_by(struct top *top, enum sort sort)
{
    top->sort = sort;
    top_place(top)->selected = 0;
}

static void choose_view(struct top *top, int key)
{
    if (key == 'g')
        show(top, VIEW_GROUPS);
    else if (key == 't')
        show(top, VIEW_TASKS);
    else if (key == 'p')
        show(top, VIEW_OBJECTS);
    else if (key == 'c')
        show(top, VIEW_CONNECTIONS);
    else
        show(top, (enum view)((top->places[0].view + 1) % VIEW_TASK));
}

bool top_key(struct top *top, int key, int rows)
{
    if (key == KEY_END_OF_INPUT)
        return false;
    if (top->is_typing) {
        type(top, key);
        return true;
    }
    if (key != 'h' && key != '?')
        top->shows_help = false;
    switch (key) {
    case 'q':
        return false;
    case 'h':
    case '?':
        top->shows_help = !top->shows_help;
        break;
    case '/':
        top->is_typing = true;
        top->filter[0] = '\0';
        break;
    case ' ':
        top->is_paused = !top->is_paused;
        break;
    case 'n':
        sort_by(top, SORT_COUNT);
        break;
    case 'w':
        sort_by(top, SORT_TIME);
        break;
    case 'a':
        sort_by(top, SORT_SITE);
        break;
    case 's':
        sort_by(top, SORT_STATE);
        break;
    case 'g':
    case 't':
    case 'p':
    case 'c':
    case '\t':
        choose_view(top, key);
        break;
    case KEY_UP:
    case 'k':
        move(top, -1);
        break;
    case KEY_DOWN:
    case 'j':
        move(top, 1);
        break;
    case KEY_PAGE_UP:
        move(top, -(long)rows / 2);
        break;
    case KEY_PAGE_DOWN:
        move(top, (long)rows / 2);
        break;
    case '\r':
    case '\n':
    case KEY_RIGHT:
        enter(top);
        break;
    case KEY_ESCAPE:
    case KEY_LEFT:
    case 127:
    case '\b':
        back(top);
        break;
    default:
        break;
    }
    return true;
}
