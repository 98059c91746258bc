// SPDX-License-Identifier: MIT
//
// websocket.mjs - WebSockets over HTTP/2 by node's http2, which knows the extended
// CONNECT of RFC 8441, but no frames: those are here
//
//     node websocket.mjs serve PORT CHAIN KEY
//     NODE_EXTRA_CA_CERTS=CA node websocket.mjs talk URL     as websocket.c
import crypto from "node:crypto";
import fs from "node:fs";
import http2 from "node:http2";

// ---- frames

function put(opcode, payload, isMasked) {
  const head = [0x80 | opcode];
  const bit = isMasked ? 0x80 : 0;
  if (payload.length < 126)
    head.push(bit | payload.length);
  else if (payload.length < 65536)
    head.push(bit | 126, payload.length >> 8, payload.length & 255);
  else
    head.push(bit | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map(
      (shift) => payload.length >>> shift & 255));
  if (!isMasked)
    return Buffer.concat([Buffer.from(head), payload]);
  const key = crypto.randomBytes(4);
  return Buffer.concat([Buffer.from(head), key,
                        payload.map((byte, i) => byte ^ key[i % 4])]);
}

// What is at the beginning of the bytes, or null: more is needed.
function take(bytes) {
  if (bytes.length < 2)
    return null;
  let size = bytes[1] & 127, at = 2;
  if (size > 125) {
    at = size === 126 ? 4 : 10;
    if (bytes.length < at)
      return null;
    size = size === 126 ? bytes.readUInt16BE(2)
                        : Number(bytes.readBigUInt64BE(2));
  }
  const key = bytes[1] & 0x80 ? bytes.subarray(at, at += 4) : null;
  if (bytes.length < at + size)
    return null;
  let payload = Buffer.from(bytes.subarray(at, at + size));
  if (key)
    payload = payload.map((byte, i) => byte ^ key[i % 4]);
  return { isLast: !!(bytes[0] & 0x80), opcode: bytes[0] & 15, payload,
           rest: bytes.subarray(at + size) };
}

// Calls hear(opcode, payload) for each message and each control frame.
function listen(stream, hear) {
  let bytes = Buffer.alloc(0), message = [], kind = 0;
  stream.on("data", (piece) => {
    bytes = Buffer.concat([bytes, piece]);
    for (let frame; (frame = take(bytes)); bytes = frame.rest) {
      if (frame.opcode >= 8) {
        hear(frame.opcode, frame.payload);
        continue;
      }
      kind = frame.opcode || kind;
      message.push(frame.payload);
      if (!frame.isLast)
        continue;
      const whole = Buffer.concat(message);
      message = [];
      hear(kind, whole);
    }
  });
}

// ---- the server

function serve(port, chain, key) {
  const server = http2.createSecureServer({
    cert: fs.readFileSync(chain), key: fs.readFileSync(key),
    settings: { enableConnectProtocol: true },
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":method"] !== "CONNECT" ||
        headers[":protocol"] !== "websocket" ||
        headers["sec-websocket-version"] !== "13") {
      stream.respond({ ":status": 400 }, { endStream: true });
      return;
    }
    stream.respond({ ":status": 200 });
    listen(stream, (opcode, payload) => {
      stream.write(put(opcode === 9 ? 10 : opcode, payload, false));
      if (opcode === 8)
        stream.end();
    });
  });
  server.listen(+port, "127.0.0.1");
}

// ---- the client

function must(condition, what) {
  if (!condition)
    throw new Error(what);
}

async function talkOnce(session, path) {
  const stream = session.request({ ":method": "CONNECT",
                                   ":protocol": "websocket", ":path": path,
                                   "sec-websocket-version": "13" });
  const waiting = [];
  const ended = new Promise((resolve, reject) => {
    stream.on("error", reject);
    stream.on("close", resolve);
  });
  const next = () => Promise.race([
    new Promise((resolve) => waiting.push(resolve)),
    ended.then(() => { throw new Error("it has ended"); })]);
  const head = await new Promise((resolve, reject) => {
    stream.on("response", resolve);
    stream.on("error", reject);
  });
  must(head[":status"] === 200, `status ${head[":status"]}`);
  listen(stream, (opcode, payload) => waiting.shift()({ opcode, payload }));
  for (const size of [0, 1, 125, 126, 65535, 65536, 1000000]) {
    const sent = crypto.randomBytes(size);
    const answer = next();
    stream.write(put(2, sent, true));
    must((await answer).payload.equals(sent), `${size} bytes are others`);
  }
  const closed = next();
  stream.write(put(8, Buffer.from([3, 232]), true));
  const { opcode, payload } = await closed;
  must(opcode === 8 && payload.equals(Buffer.from([3, 232])), "no close frame");
  stream.end();
  await ended;
  must(stream.rstCode === 0, `reset by ${stream.rstCode}`);
}

async function talk(url) {
  const { origin, pathname } = new URL(url);
  const session = http2.connect(origin);
  const settings = await new Promise((resolve, reject) => {
    session.on("error", reject);
    session.on("remoteSettings", resolve);
  });
  must(settings.enableConnectProtocol, "it is not offered");
  await talkOnce(session, pathname);
  await talkOnce(session, pathname);
  session.close();
}

const [, , what, ...rest] = process.argv;
if (what === "serve")
  serve(...rest);
else
  console.log(await talk(...rest).then(() => "yes", (error) => error.message));
process.exitCode = 0;
