// An HTTPS host on this machine for client metadata documents, with a certificate authority of its own.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Document = { body: string; headers?: Record<string, string>; status?: number };

export class DocumentHost {
  readonly documents = new Map<string, Document>(); // by path
  readonly asked: string[] = []; // every path that was fetched, oldest first
  readonly caFile: string;
  private readonly directory: string;
  private readonly server: https.Server;

  private constructor(directory: string) {
    this.directory = directory;
    this.caFile = join(directory, "ca.pem");
    const read = (name: string) => readFileSync(join(directory, name));
    this.server = https.createServer({ key: read("host.key"), cert: read("host.pem") }, (request, response) => {
      this.asked.push(request.url ?? "");
      const document = this.documents.get(request.url ?? "");
      if (document === undefined) return void response.writeHead(404).end();
      response.writeHead(document.status ?? 200, { "content-type": "application/json", ...document.headers });
      response.end(document.body);
    });
  }

  static async start(): Promise<DocumentHost> {
    const directory = mkdtempSync(join(tmpdir(), "documents-"));
    makeCertificates(directory);
    const host = new DocumentHost(directory);
    host.server.listen(0, "127.0.0.1");
    await once(host.server, "listening");
    return host;
  }

  get origin(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  // A document as its owner publishes it, moved to this host. Gives its new address.
  publish(original: Record<string, unknown>, headers: Record<string, string> = {}): string {
    const path = new URL(String(original["client_id"])).pathname;
    const moved: Record<string, unknown> = { ...original, client_id: this.origin + path };
    if (typeof original["jwks_uri"] === "string") moved["jwks_uri"] = this.origin + new URL(original["jwks_uri"]).pathname;
    this.documents.set(path, { body: JSON.stringify(moved), headers });
    return this.origin + path;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function makeCertificates(directory: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority", "-days", "2");
  openssl("req", ...curve, "-keyout", "host.key", "-out", "host.csr", "-subj", "/CN=localhost");
  writeFileSync(join(directory, "host.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "host.pem", "-days", "2", "-extfile", "host.ext");
}
