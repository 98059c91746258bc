/* SPDX-License-Identifier: MIT */
#include "traces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 32, WORD = 64 };

struct parser {
    struct trace_program *program;
    const char *at;
    struct trace_op **links[DEPTH]; /* where each block's next op goes */
    struct trace_op *blocks[DEPTH];
    int depth;
};

static bool next_word(struct parser *parser, char *word)
{
    size_t length;

    parser->at += strspn(parser->at, " \n");
    length = strcspn(parser->at, " \n");
    if (length == 0 || length >= WORD)
        return false;
    memcpy(word, parser->at, length);
    word[length] = '\0';
    parser->at += length;
    return true;
}

static const char *add_op(struct parser *parser, const char *word)
{
    struct trace_program *program = parser->program;
    struct trace_op *op = &program->ops[program->op_count];
    size_t length = strcspn(word, ",");

    if (program->op_count == TRACE_OPS || length >= sizeof op->name)
        return "too many operations, or too long a name";
    program->op_count++;
    memcpy(op->name, word, length);
    for (word += length; *word == ','; word += strcspn(word, ",")) {
        if (op->arg_count == TRACE_ARGS)
            return "too many arguments";
        op->args[op->arg_count++] = atoi(++word);
    }
    *parser->links[parser->depth] = op;
    parser->links[parser->depth] = &op->next;
    parser->blocks[parser->depth] = op;
    return NULL;
}

static const char *add_word(struct parser *parser, const char *word)
{
    struct trace_program *program = parser->program;

    if (strcmp(word, "|") == 0) {
        if (program->first_tasks == TRACE_TASKS)
            return "too many tasks";
        parser->depth = 0;
        parser->links[0] = &program->bodies[program->first_tasks++];
        return NULL;
    }
    if (program->first_tasks == 0)
        return "an operation outside of a task";
    if (strcmp(word, "{") == 0) {
        if (++parser->depth == DEPTH)
            return "too deep";
        parser->links[parser->depth] = &parser->blocks[parser->depth - 1]->body;
        return NULL;
    }
    if (strcmp(word, "}") == 0)
        return --parser->depth < 0 ? "a } too many" : NULL;
    return add_op(parser, word);
}

static const char *number_ops(struct trace_program *program,
                              struct trace_op *body, int *number)
{
    for (struct trace_op *op = body; op; op = op->next) {
        op->number = (*number)++;
        if (strcmp(op->name, "sp") == 0) {
            if (program->tasks == TRACE_TASKS)
                return "too many tasks";
            op->child = program->tasks;
            program->bodies[program->tasks++] = op->body;
        } else if (number_ops(program, op->body, number)) {
            return "too many tasks";
        }
    }
    return NULL;
}

const char *trace_parse(struct trace_program *program, const char *line)
{
    struct parser parser = { .program = program, .at = line };
    const char *wrong = NULL;
    char word[WORD];
    int length;

    *program = (struct trace_program){ .op_count = 0 };
    if (sscanf(line, "P %1s %d %d %d %c%d %c%d%n", word, &program->permits,
               &program->bound, &program->parties, &program->queue_kind[0],
               &program->queue_max[0], &program->queue_kind[1],
               &program->queue_max[1], &length) != 8)
        return "no head";
    program->spaced = word[0] != 'd';
    program->unordered = word[0] == 'u';
    parser.at += length;
    while (!wrong && next_word(&parser, word))
        wrong = add_word(&parser, word);
    program->tasks = program->first_tasks;
    for (int i = 0, number; !wrong && i < program->tasks; i++) {
        number = 0;
        wrong = number_ops(program, program->bodies[i], &number);
    }
    return wrong;
}
