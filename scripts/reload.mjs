// `make dev` only: stands before the server, holds requests while it restarts, and tells open pages to reload.
// Called by dev.sh as `reload.mjs PORT UPSTREAM_PORT`; SIGUSR1 means that a new server was started.

import { createServer, request } from "node:http";
import { connect } from "node:net";

const [port, upstream] = process.argv.slice(2).map(Number);
const PATIENCE_MS = 120_000;
const script = 'new EventSource("/-/reload").addEventListener("reload", () => location.reload());\n';
const pages = new Set();

// Resolves when the server takes connections.
const up = (until = Date.now() + PATIENCE_MS) =>
  new Promise((done, failed) => {
    const probe = connect(upstream, "127.0.0.1", () => {
      probe.destroy();
      done();
    });
    probe.on("error", (error) => (Date.now() > until ? failed(error) : setTimeout(() => up(until).then(done, failed), 100)));
  });

process.on("SIGUSR1", () =>
  up().then(
    () => pages.forEach((page) => page.write("event: reload\ndata: \n\n")),
    () => {},
  ),
);

createServer(async (asked, answer) => {
  if (asked.url === "/-/reload.js") return answer.writeHead(200, { "content-type": "text/javascript" }).end(script);
  if (asked.url === "/-/reload") {
    answer.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).write(": open\n\n");
    pages.add(answer);
    return answer.on("close", () => pages.delete(answer));
  }
  try {
    await up();
  } catch {
    return answer.writeHead(502, { "content-type": "text/plain" }).end("The server is not up; the terminal says why.\n");
  }
  const headers = { ...asked.headers, "accept-encoding": "identity", "x-forwarded-for": asked.socket.remoteAddress };
  const forward = request({ port: upstream, host: "127.0.0.1", method: asked.method, path: asked.url, headers }, (got) => {
    const html = asked.method === "GET" && String(got.headers["content-type"]).startsWith("text/html");
    if (!html) return got.pipe(answer.writeHead(got.statusCode, got.headers));
    const parts = [];
    got.on("data", (part) => parts.push(part));
    got.on("end", () => {
      const page = Buffer.concat(parts).toString().replace("</head>", '<script src="/-/reload.js" defer></script></head>');
      const { "content-length": _, "transfer-encoding": __, ...rest } = got.headers;
      // Pages that run no script of their own run this one.
      const policy = rest["content-security-policy"]?.replace("script-src 'none'", "script-src 'self'");
      if (policy) rest["content-security-policy"] = policy;
      answer.writeHead(got.statusCode, rest).end(page);
    });
  });
  forward.on("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
  asked.pipe(forward);
}).listen(port, "127.0.0.1");
