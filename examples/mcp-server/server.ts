// A small MCP server that keeps notes per person. Reading needs notes.read; writing needs notes.write, which the client
// asks for when it first tries (step-up).
//   ISSUER=http://localhost:3000 RESOURCE=http://localhost:4000/mcp node server.ts
import { createServer, type IncomingMessage } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { z } from "zod";
import { protect, type Access } from "./protect.ts";

const issuer = process.env["ISSUER"] ?? "http://localhost:3000";
const resource = process.env["RESOURCE"] ?? "http://localhost:4000/mcp";
const needs: Record<string, string[]> = { list_notes: ["notes.read"], add_note: ["notes.write"] };
const guard = protect({ issuer, resource, scopes: ["notes.read", "notes.write"], firstScopes: ["notes.read"] });

const MAX_BODY = 64 * 1024; // bytes
const MAX_NOTES = 100; // per person
const notes = new Map<string, string[]>();

function mcpServerFor(access: Access): McpServer {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  const mine = () => notes.get(access.subject) ?? [];
  server.registerTool("list_notes", { description: "Lists the person's notes." }, () => ({
    content: [{ type: "text", text: mine().join("\n") || "There are none." }],
  }));
  server.registerTool("add_note", { description: "Keeps a note.", inputSchema: { text: z.string().min(1).max(1000) } }, ({ text }) => {
    if (mine().length >= MAX_NOTES) return { isError: true, content: [{ type: "text", text: "There is no room left." }] };
    notes.set(access.subject, [...mine(), text]);
    return { content: [{ type: "text", text: "Kept." }] };
  });
  return server;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) {
    text += String(piece);
    if (text.length > MAX_BODY) throw new Error("too large");
  }
  return JSON.parse(text);
}

// The scopes that the tools called in this body need.
function neededBy(body: unknown): string[] {
  const { method, params } = (body ?? {}) as { method?: string; params?: { name?: string } };
  return method === "tools/call" ? (needs[params?.name ?? ""] ?? []) : [];
}

const http = createServer((request, response) => {
  void (async () => {
    if (guard.answerMetadata(request, response)) return;
    if (request.url !== new URL(resource).pathname) return void response.writeHead(404).end();
    const access = await guard.admit(request, response);
    if (access === null) return;
    if (request.method !== "POST") return void response.writeHead(405, { allow: "POST" }).end();
    const body = await readBody(request).catch(() => undefined);
    if (body === undefined || Array.isArray(body)) return void response.writeHead(400).end();
    const needed = neededBy(body);
    if (!needed.every((scope) => access.scopes.includes(scope))) return guard.askForMore(response, access, needed);

    // Without sessions: one transport per request, nothing to lose at a restart.
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    response.on("close", () => void transport.close());
    await mcpServerFor(access).connect(transport as Transport);
    await transport.handleRequest(request, response, body);
  })().catch((failure: unknown) => {
    console.error(failure);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
});
http.listen(Number(new URL(resource).port || 80), new URL(resource).hostname, () => console.log(`listening on ${resource}`));
