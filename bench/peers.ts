// The programs we are measured beside, as plain pass-through proxies with one worker: nginx, haproxy (Debian), and
// Portkey's gateway (npm).
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, PROXY_CORE, startPinned, waitForPort, type Started } from "./processes.ts";

export type Peer = { name: string; url: string; started: Started };

export async function startNginx(directory: string, upstreamPort: number): Promise<Peer> {
  const port = await freePort();
  const root = join(directory, "nginx");
  mkdirSync(join(root, "static"), { recursive: true });
  writeFileSync(join(root, "static", "models.json"), JSON.stringify({ object: "list", data: Array.from({ length: 3 }, (_, i) => ({ id: `model-${i}`, object: "model", created: 1, owned_by: "bench" })) }));
  writeFileSync(
    join(root, "nginx.conf"),
    `user root; daemon off; worker_processes 1; pid ${root}/pid; error_log ${root}/error.log;
events { worker_connections 8000; }
http {
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 100000000; open_file_cache max=100;
  client_body_temp_path ${root}/body; proxy_temp_path ${root}/proxy; fastcgi_temp_path ${root}/f; uwsgi_temp_path ${root}/u; scgi_temp_path ${root}/s;
  types { application/json json; }
  upstream emulator { server 127.0.0.1:${upstreamPort}; keepalive 512; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location /static/ { root ${root}; }
    location / { proxy_pass http://emulator; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 300s; client_max_body_size 32m; }
  }
}
`,
  );
  const started = startPinned(PROXY_CORE, "nginx", ["-c", join(root, "nginx.conf"), "-p", root, "-e", join(root, "error.log")]);
  await waitForPort(port);
  return { name: "nginx", url: `http://127.0.0.1:${port}`, started };
}

export async function startHaproxy(directory: string, upstreamPort: number): Promise<Peer> {
  const port = await freePort();
  const file = join(directory, "haproxy.cfg");
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  option http-no-delay
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  default_backend emulator
backend emulator
  server emulator 127.0.0.1:${upstreamPort}
`,
  );
  const started = startPinned(PROXY_CORE, "haproxy", ["-db", "-f", file]);
  await waitForPort(port);
  return { name: "haproxy", url: `http://127.0.0.1:${port}`, started };
}

export async function startPortkey(): Promise<Peer> {
  const port = await freePort();
  const started = startPinned(PROXY_CORE, process.execPath, ["node_modules/@portkey-ai/gateway/build/start-server.js", "--headless", `--port=${port}`], { PORT: String(port) });
  await waitForPort(port);
  return { name: "portkey", url: `http://127.0.0.1:${port}`, started };
}
