// The mock of the portal: the API over fixed data and, for the tests, the built pages with the server's headers.
// `node web/dev/mock.ts PORT [SITE]` to look at it by hand; sign in as ada@example.com.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { answerCall } from "./mock_api.ts";
import { world, type World } from "./mock_data.ts";

export const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
};

const types: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".html": "text/html; charset=utf-8",
};

export type Mock = { url: string; world: World; reset: () => World; close: () => void };

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

function serveFile(site: string, path: string, response: ServerResponse): void {
  const file = path.startsWith("/assets/") ? join(site, path) : join(site, "index.html");
  if (path.includes("..") || !existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    ...pageHeaders,
    "content-type": types[extname(file)] ?? "application/octet-stream",
  });
  response.end(readFileSync(file));
}

export async function startMock(site: string | null, port = 0): Promise<Mock> {
  const prefix = "/portal/api/";
  const mock: Mock = { url: "", world: world(), reset: () => (mock.world = world()), close: () => undefined };
  const server = createServer((request, response) => {
    const serve = async () => {
      const path = new URL(request.url ?? "/", "http://mock").pathname;
      if (!path.startsWith(prefix)) return serveFile(site ?? "", path, response);
      const csrf = request.headers["x-csrf-token"];
      const call = {
        method: request.method ?? "GET",
        path: path.slice(prefix.length),
        body: await bodyOf(request),
        csrf: String(csrf),
      };
      const { status, body, headers } = answerCall(mock.world, call);
      response.writeHead(status, {
        "content-type": "application/json",
        "cache-control": "no-store",
        ...headers,
      });
      response.end(JSON.stringify(body));
    };
    serve().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  mock.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  mock.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return mock;
}

if (import.meta.main) {
  const mock = await startMock(process.argv[3] ?? null, Number(process.argv[2] ?? 5174));
  console.log(mock.url);
}
