// list_models and ask of /mcp: a person connects an AI in the portal, an MCP client is allowed to use it, and uses it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { Emulator } from "../../integration/support/emulator.ts";
import { startOauthServer, type OauthServer } from "../../integration/support/oauth_client.ts";
import { MODELS } from "../../integration/support/sign_in.ts";
import { McpProvider } from "./mcp_provider.ts";

let emulator: Emulator;
let house: OauthServer;
before(async () => {
  emulator = await Emulator.start();
  house = await startOauthServer({ emulator });
});
after(async () => {
  await house?.stop();
  await emulator?.stop();
});

type ToolAnswer = { isError?: boolean; structuredContent?: Record<string, unknown>; content: { text?: string }[] };
async function call(client: Client, name: string, args: Record<string, unknown> = {}): Promise<ToolAnswer> {
  return (await client.callTool({ name, arguments: args })) as unknown as ToolAnswer;
}

function connection(provider: McpProvider): { client: Client; transport: StreamableHTTPClientTransport } {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
  return { client, transport: new StreamableHTTPClientTransport(new URL(house.resource), { authProvider: provider }) };
}

test("a connected AI answers through a tool, until the person takes the access back", async () => {
  await house.person.connectAi(emulator);
  const provider = new McpProvider(house.person);
  const first = connection(provider);
  await assert.rejects(first.client.connect(first.transport), UnauthorizedError);
  await first.transport.finishAuth(provider.callbacks.at(-1)?.searchParams ?? new URLSearchParams());
  const second = connection(provider);
  await second.client.connect(second.transport);
  await assert.rejects(call(second.client, "list_models"), UnauthorizedError); // asks for ai.use
  await second.transport.finishAuth(provider.callbacks.at(-1)?.searchParams ?? new URLSearchParams());
  const { client, transport } = connection(provider);
  await client.connect(transport);

  const models = await call(client, "list_models");
  assert.equal(models.isError, false, JSON.stringify(models));
  assert.ok((models.structuredContent?.["models"] as string[]).includes(MODELS.openai), JSON.stringify(models));
  const answer = await call(client, "ask", { model: MODELS.openai, prompt: "Say hello." });
  assert.equal(answer.isError, false, JSON.stringify(answer));
  assert.ok(String(answer.structuredContent?.["answer"]).length > 0);
  const wrong = await call(client, "ask", { model: "no-such-model", prompt: "Say hello." });
  assert.equal(wrong.isError, true);

  const listed = (await house.person.get("account/connections")).body["connections"] as { id: string }[];
  for (const each of listed) await house.person.call("DELETE", `account/connections/${each.id}`);
  await emulator.clearRequests();
  await assert.rejects(call(client, "ask", { model: MODELS.openai, prompt: "And now?" }), UnauthorizedError);
  assert.deepEqual(await emulator.requests(), []); // nothing went upstream
});
