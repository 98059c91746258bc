#!/bin/sh
# SPDX-License-Identifier: MIT
#
# protoc can read what coil-record makes for Perfetto: the messages are those of its
# protos, as far as these are needed.
set -eu
command -v protoc >/dev/null || { echo "no protoc (protobuf-compiler)"; exit 77; }
[ -x "$COIL_BUILD_DIR/apps/coil-record" ] || { echo "no coil-record"; exit 77; }
for sanitizer in "${ASAN_OPTIONS:-}" "${TSAN_OPTIONS:-}" "${UBSAN_OPTIONS:-}"; do
    [ -z "$sanitizer" ] || { echo "the program has no sanitizer"; exit 77; }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >program.c <<'END'
#include <coil.h>

static int work(void *arg)
{
    int rc = coil_lock_acquire(arg);

    coil_span_begin("a span");
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    coil_span_end();
    coil_lock_release(arg);
    return rc;
}

static int start(void *arg)
{
    struct coil_lock lock = COIL_LOCK_INIT;
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_task_group_create(&group, NULL, work, &lock);
    return coil_task_group_end(&group, rc);
}

int main(void)
{
    return coil_run_status(coil_run(start, NULL));
}
END
# shellcheck disable=SC2086 # several words
"$CC" -w -I"$COIL_SOURCE_DIR/include" program.c "$COIL_BUILD_DIR/libcoil.a" \
    ${COIL_LINK_FLAGS-} -pthread -ldl -o program
COIL_RECORD=$folder ./program
"$COIL_BUILD_DIR/apps/coil-record" convert --perfetto -o trace ./*.rec

# By the wire format alone.
protoc --decode_raw <trace >raw

# By the protos: a field of another type, or one that is not here, has no name.
cat >trace.proto <<'END'
syntax = "proto2";
message Trace { repeated TracePacket packet = 1; }
message TracePacket {
  optional uint64 timestamp = 8;
  optional uint32 trusted_packet_sequence_id = 10;
  optional TrackEvent track_event = 11;
  optional uint32 sequence_flags = 13;
  optional TrackDescriptor track_descriptor = 60;
}
message TrackDescriptor {
  optional uint64 uuid = 1;
  optional string name = 2;
  optional ProcessDescriptor process = 3;
  optional uint64 parent_uuid = 5;
}
message ProcessDescriptor {
  optional int32 pid = 1;
  optional string process_name = 6;
}
message TrackEvent {
  enum Type { UNSPECIFIED = 0; SLICE_BEGIN = 1; SLICE_END = 2; INSTANT = 3; }
  repeated DebugAnnotation debug_annotations = 4;
  optional Type type = 9;
  optional uint64 track_uuid = 11;
  repeated string categories = 22;
  optional string name = 23;
  repeated fixed64 flow_ids = 47;
  repeated fixed64 terminating_flow_ids = 48;
}
message DebugAnnotation {
  optional int64 int_value = 4;
  optional string string_value = 6;
  optional string name = 10;
}
END
protoc --decode=Trace trace.proto <trace >text 2>errors || { cat errors; exit 1; }
for part in 'type: SLICE_BEGIN' 'name: "a span"' 'name: "lock"' \
    'flow_ids: ' 'process_name: "program"' 'sequence_flags: 1'; do
    grep -q "$part" text || { echo "not there: $part"; head -100 text; exit 1; }
done
if grep -nE '^ *[0-9]+:|^ *[0-9]+ \{' text; then
    echo "these fields have no name"
    exit 1
fi
[ "$(grep -c 'type: SLICE_BEGIN' text)" -eq "$(grep -c 'type: SLICE_END' text)" ]
