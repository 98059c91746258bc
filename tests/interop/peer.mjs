// SPDX-License-Identifier: MIT
//
// peer.mjs - node's http, and its fetch
//
//     node peer.mjs serve ROOT PORT [CHAIN KEY]
//     NODE_EXTRA_CA_CERTS=CA node peer.mjs fetch      as client.c
//     NODE_EXTRA_CA_CERTS=CA node peer.mjs fetch2     the same by HTTP/2
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import path from "node:path";
import readline from "node:readline";
import zlib from "node:zlib";

// ---- the server

const packers = {
  gzip: () => zlib.createGzip(),
  deflate: () => zlib.createDeflate(),
  br: () => zlib.createBrotliCompress({
    params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 },
  }),
};
if (zlib.createZstdCompress)
  packers.zstd = () => zlib.createZstdCompress();

function sendFile(request, response, file) {
  const size = fs.statSync(file).size;
  const etag = `"${path.basename(file)}"`;
  response.setHeader("ETag", etag);
  if (request.headers["if-none-match"] === etag)
    return response.writeHead(304).end();
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range || "");
  const [start, end] = range ? [+range[1], +range[2]] : [0, size - 1];
  if (range)
    response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  response.setHeader("Content-Length", end - start + 1);
  response.writeHead(range ? 206 : 200);
  if (request.method === "HEAD" || size === 0)
    return response.end();
  fs.createReadStream(file, { start, end }).pipe(response);
}

function sendPacked(root, coding, response) {
  response.setHeader("Content-Encoding", coding);
  fs.createReadStream(path.join(root, "text.txt")).pipe(packers[coding]())
    .pipe(response);
}

function sendHash(request, response) {
  const digest = crypto.createHash("sha256");
  request.on("data", (piece) => digest.update(piece));
  request.on("end", () => response.end(digest.digest("hex")));
}

// An answer ends the upload of many clients, so there is none before its end.
function sendEcho(request, response) {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => response.end(Buffer.concat(pieces)));
}

function answer(root, request, response) {
  const [, what, name] = request.url.split("/");
  const file = path.join(root, path.basename(name || ""));
  if (what === "files")
    sendFile(request, response, file);
  else if (what === "chunked")
    fs.createReadStream(file).pipe(response);
  else if (what === "packed" && packers[name])
    sendPacked(root, name, response);
  else if (what === "hash")
    sendHash(request, response);
  else if (what === "echo")
    sendEcho(request, response);
  else if (what === "redirect")
    response.writeHead(302, { Location: "/files/1.bin" }).end();
  else
    response.writeHead(404).end();
}

function serve(root, port, chain, key) {
  const listener = (request, response) => answer(root, request, response);
  const server = chain
    ? http2.createSecureServer({ allowHTTP1: true,
                                 cert: fs.readFileSync(chain),
                                 key: fs.readFileSync(key) }, listener)
    : http.createServer(listener);
  server.keepAliveTimeout = 60000;
  server.listen(+port, "127.0.0.1");
}

// ---- the client

async function obey(line) {
  const [method, url, ...fields] = line.split("\t");
  const options = { method, headers: {} };
  for (const field of fields) {
    if (field.startsWith("<<")) {
      options.body = fs.createReadStream(field.slice(2));
      options.duplex = "half";
    } else if (field.startsWith("<")) {
      options.body = fs.readFileSync(field.slice(1));
    } else {
      const [name, value] = field.split(": ");
      options.headers[name] = value;
    }
  }
  const response = await fetch(url, options);
  const body = Buffer.from(await response.arrayBuffer());
  const told = [`status=${response.status}`, `size=${body.length}`,
                "sha256=" + crypto.createHash("sha256").update(body).digest("hex"),
                `hops=${response.redirected ? 1 : 0}`, `url=${response.url}`];
  for (const [name, value] of response.headers)
    told.push(`h.${name}=${value}`);
  console.log(told.join("\t"));
}

// ---- the client of HTTP/2, which knows nothing of codings and redirects

const sessions = new Map();

function sessionOf(origin) {
  const known = sessions.get(origin);
  if (known && !known.closed)
    return [known, 1];
  const session = http2.connect(origin);
  session.on("error", () => session.destroy());
  sessions.set(origin, session);
  return [session, 0];
}

function unpack(body, coding) {
  if (coding === "gzip")
    return zlib.gunzipSync(body);
  return coding === "br" ? zlib.brotliDecompressSync(body) : body;
}

function ask2(method, url, headers, input) {
  const { origin, pathname, search } = new URL(url);
  const [session, reused] = sessionOf(origin);
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": method,
                                     ":path": pathname + search, ...headers });
    const pieces = [];
    let head;
    stream.on("response", (fields) => { head = fields; });
    stream.on("data", (piece) => pieces.push(piece));
    stream.on("error", reject);
    stream.on("end", () => resolve({ head, reused, body: Buffer.concat(pieces) }));
    if (input)
      fs.createReadStream(input).pipe(stream);
    else
      stream.end();
  });
}

async function obey2(line) {
  let [method, url, ...fields] = line.split("\t");
  const headers = {};
  let input;
  for (const field of fields) {
    if (field.startsWith("<<")) {
      input = field.slice(2);
    } else if (field.startsWith("<")) {
      input = field.slice(1);
      headers["content-length"] = fs.statSync(input).size;
    } else {
      const [name, value] = field.split(": ");
      headers[name.toLowerCase()] = value;
    }
  }
  let answer = await ask2(method, url, headers, input);
  let hops = 0;
  for (; answer.head.location && hops < 5; hops++) {
    url = new URL(answer.head.location, url).href;
    answer = await ask2(method, url, headers, input);
  }
  const { head, reused } = answer;
  const body = unpack(answer.body, head["content-encoding"]);
  const told = [`status=${head[":status"]}`, `size=${body.length}`,
                "sha256=" + crypto.createHash("sha256").update(body).digest("hex"),
                `hops=${hops}`, `reused=${reused}`, `url=${url}`];
  for (const [name, value] of Object.entries(head))
    if (!name.startsWith(":"))
      told.push(`h.${name}=${value}`);
  console.log(told.join("\t"));
}

async function fetchAll(obey) {
  for await (const line of readline.createInterface({ input: process.stdin }))
    await obey(line).catch((error) =>
      console.log(`error=${error} ${error.cause || ""}`.replace(/\n/g, " ")));
}

const [, , what, ...rest] = process.argv;
if (what === "serve")
  serve(...rest);
else
  await fetchAll(what === "fetch2" ? obey2 : obey);
for (const session of sessions.values())
  session.close();
