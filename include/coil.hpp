// SPDX-License-Identifier: MIT
//
// coil.hpp - coil for C++17: lambdas as tasks, guards, and exceptions for errors
//
//     #include <coil.hpp>
//
//     int main()
//     {
//         return coil::run_status([] {
//             coil::with_task_group([](coil::task_group &group) {
//                 for (int i = 0; i < 3; i++)
//                     group.spawn([i] { coil::sleep(i * 10ms); });
//             });
//         });
//     }
//
// This is a layer of templates over the headers of C, which say how each thing behaves;
// everything of C may be used beside it.  docs/cplusplus.md has programs.
//
// Errors     A call of coil that fails throws coil::error, which has the code; when the
//            task is cancelled it throws coil::cancelled, which belongs to coil::error.
//            Let coil::cancelled pass: it ends the task.
// Frames     No exception passes through a frame of C.  What a task throws is caught at
//            its beginning, kept, and thrown again by whoever waits for it: await(),
//            with_task_group(), run().  For coil itself the task has ended with the code of
//            the coil::error, or with -EIO after any other exception.
// Memory     A task's function object lies on the heap, and is destroyed when the task
//            ends, also if it never ran.
// Threads    As in C: all of this belongs to the thread of the loop.
//
// It has to be compiled with exceptions.
#ifndef COIL_HPP
#define COIL_HPP

#include <coil.h>

#include <coil/error.hpp>
#include <coil/lock.hpp>
#include <coil/queue.hpp>
#include <coil/run.hpp>
#include <coil/semaphore.hpp>
#include <coil/task.hpp>
#include <coil/task_group.hpp>
#include <coil/time.hpp>
#include <coil/timeout.hpp>

#endif
