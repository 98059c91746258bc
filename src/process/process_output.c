/* SPDX-License-Identifier: MIT */
#include "process/process_output.h"

#include "base/memory.h"

static void move(struct coil_buffer *from, char **bytes, size_t *size)
{
    if (from->data)
        *coil__buffer_end(from) = '\0';
    *bytes = (char *)from->data;
    *size = from->size;
    *from = (struct coil_buffer){ .data = NULL };
}

void coil__process_take_output(struct coil_process *p,
                               struct coil_process_output *out)
{
    *out = (struct coil_process_output){ .returncode = p->result };
    move(&p->got[0], &out->out, &out->out_size);
    move(&p->got[1], &out->err, &out->err_size);
}

void coil_process_output_fini(struct coil_process_output *output)
{
    coil__free(output->out);
    coil__free(output->err);
    *output = (struct coil_process_output){ .returncode = output->returncode };
}
