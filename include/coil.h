/* SPDX-License-Identifier: MIT */
/*
 * coil.h - asyncio for C: everything of libcoil
 *
 * One header a concept; each header is its manual.  HTTP is a library of its
 * own (coil/http_client.h, coil/http_server.h).
 */
#ifndef COIL_H
#define COIL_H

#include <coil/address.h>
#include <coil/as_completed.h>
#include <coil/barrier.h>
#include <coil/base.h>
#include <coil/broadcast.h>
#include <coil/cancel.h>
#include <coil/capacity_limiter.h>
#include <coil/channel.h>
#include <coil/closed.h>
#include <coil/combinators.h>
#include <coil/condition.h>
#include <coil/connect.h>
#include <coil/coroutine.h>
#include <coil/datagram.h>
#include <coil/directory.h>
#include <coil/dump.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/exception.h>
#include <coil/executor.h>
#include <coil/fd.h>
#include <coil/file.h>
#include <coil/file_stream.h>
#include <coil/file_watch.h>
#include <coil/future.h>
#include <coil/guest.h>
#include <coil/handle.h>
#include <coil/history.h>
#include <coil/interval.h>
#include <coil/listener.h>
#include <coil/local.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/loop_stats.h>
#include <coil/loops.h>
#include <coil/map.h>
#include <coil/metrics.h>
#include <coil/path.h>
#include <coil/process.h>
#include <coil/queue.h>
#include <coil/rate_limiter.h>
#include <coil/reader.h>
#include <coil/record.h>
#include <coil/reentrant_lock.h>
#include <coil/resolve.h>
#include <coil/resolver.h>
#include <coil/retry.h>
#include <coil/run.h>
#include <coil/rw_lock.h>
#include <coil/scheduler.h>
#include <coil/select.h>
#include <coil/semaphore.h>
#include <coil/serve.h>
#include <coil/shared_condition.h>
#include <coil/shared_event.h>
#include <coil/shared_lock.h>
#include <coil/shared_semaphore.h>
#include <coil/shield.h>
#include <coil/signal.h>
#include <coil/sleep.h>
#include <coil/splice.h>
#include <coil/staggered_race.h>
#include <coil/stream.h>
#include <coil/stream_fd.h>
#include <coil/stream_pair.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/task_owner.h>
#include <coil/thread.h>
#include <coil/threadsafe.h>
#include <coil/time.h>
#include <coil/timeout.h>
#include <coil/transport.h>
#include <coil/udp.h>
#include <coil/unix.h>
#include <coil/watch.h>

#endif
