// examples/mcp-server, started as its README says: registered by a builder in the portal, reached by an SDK client with no manual step.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { freePort, startOauthServer, type OauthServer } from "../../integration/support/oauth_client.ts";
import { McpProvider } from "./mcp_provider.ts";

let house: OauthServer;
let example: ChildProcess;
let resource = "";

before(async () => {
  house = await startOauthServer();
  resource = `http://127.0.0.1:${await freePort()}/mcp`;
  const scopes = [
    { name: "notes.read", description: "Read your notes" },
    { name: "notes.write", description: "Write notes for you" },
  ];
  const made = await house.person.post("apps/resources", { uri: resource, name: "Notes", scopes });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  example = spawn(process.execPath, [resolve("examples/mcp-server/server.ts")], {
    env: { PATH: process.env["PATH"] ?? "", ISSUER: house.issuer, RESOURCE: resource },
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => example.kill("SIGKILL"));
  assert.ok(example.stdout);
  await once(example.stdout, "data"); // "listening on ..."
});
after(async () => {
  if (example?.exitCode === null) {
    example.kill();
    await once(example, "exit");
  }
  await house?.stop();
});

function connection(provider: McpProvider): { client: Client; transport: StreamableHTTPClientTransport } {
  const client = new Client({ name: "test", version: "1" });
  return { client, transport: new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider }) };
}
async function call(client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> {
  const answer = (await client.callTool({ name, arguments: args })) as unknown as { content: { text: string }[] };
  return answer.content[0]?.text ?? "";
}

test("from a bare 401 to a note that needs one scope more", async () => {
  const provider = new McpProvider(house.person);
  const first = connection(provider);
  await assert.rejects(first.client.connect(first.transport as Transport), UnauthorizedError);
  assert.equal(provider.authorizations[0]?.searchParams.get("scope"), "notes.read");
  await first.transport.finishAuth(provider.code);
  delete provider.saved?.refresh_token; // with one, this SDK renews instead of asking for more (sdk_v1.test.ts)
  const second = connection(provider);
  await second.client.connect(second.transport as Transport);
  assert.equal(await call(second.client, "list_notes"), "There are none.");

  await assert.rejects(call(second.client, "add_note", { text: "milk" }), UnauthorizedError);
  assert.equal(provider.authorizations[1]?.searchParams.get("scope"), "notes.read notes.write");
  await second.transport.finishAuth(provider.code);
  const third = connection(provider);
  await third.client.connect(third.transport as Transport);
  assert.equal(await call(third.client, "add_note", { text: "milk" }), "Kept.");
  assert.equal(await call(third.client, "list_notes"), "milk");
});

test("tokens for somebody else do not open it", async () => {
  const other = new McpProvider(house.person);
  const own = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(house.resource), { authProvider: other });
  await assert.rejects(own.connect(transport as Transport), UnauthorizedError);
  await transport.finishAuth(other.code);
  for (const token of [other.saved?.access_token, other.saved?.id_token, "nonsense"]) {
    const answer = await fetch(resource, { method: "POST", headers: { authorization: `Bearer ${token ?? "none"}` } });
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
  }
});
