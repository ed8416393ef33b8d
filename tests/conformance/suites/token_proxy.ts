// The official server suite cannot carry a token, so this stands in between and adds one. All else passes as it is,
// Host and Origin too.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export class TokenProxy {
  private readonly server: http.Server;
  private constructor(server: http.Server) {
    this.server = server;
  }

  static async start(target: string, token: string): Promise<TokenProxy> {
    const { hostname, port } = new URL(target);
    const server = http.createServer((request, response) => {
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      const onward = http.request({ hostname, port, method: request.method, path: request.url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TokenProxy(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
