// An unmodified client of @modelcontextprotocol/client 2.x, which is strict about issuers, in both eras of the protocol.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { startOauthServer, type OauthServer } from "../../integration/support/oauth_client.ts";
import { McpProvider } from "./mcp_provider.ts";

let house: OauthServer;
before(async () => (house = await startOauthServer()));
after(async () => await house?.stop());

type Mode = "legacy" | "auto" | { pin: string };
type Connected = { client: Client; transport: StreamableHTTPClientTransport };

function connection(provider: McpProvider, mode: Mode): Connected {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  return { client, transport: new StreamableHTTPClientTransport(new URL(house.resource), { authProvider: provider }) };
}

async function connect(provider: McpProvider, mode: Mode): Promise<Connected> {
  const first = connection(provider, mode);
  await assert.rejects(first.client.connect(first.transport), UnauthorizedError);
  await finish(first.transport, provider);
  const second = connection(provider, mode);
  await second.client.connect(second.transport);
  return second;
}

async function finish(transport: StreamableHTTPClientTransport, provider: McpProvider): Promise<void> {
  const callback = provider.callbacks.at(-1);
  assert.ok(callback, "an answer of the authorization server");
  await transport.finishAuth(callback.searchParams);
}

const modes: [string, Mode, string][] = [
  ["the handshake of 2025-11-25", "legacy", "2025-11-25"],
  ["what the server offers", "auto", "2026-07-28"],
  ["2026-07-28 and nothing else", { pin: "2026-07-28" }, "2026-07-28"],
];
for (const [name, mode, revision] of modes) {
  describe(`SDK 2.x with ${name}`, () => {
    const state = {} as { provider: McpProvider; client: Client; transport: StreamableHTTPClientTransport };

    test("a bare 401 leads to a tool call", async () => {
      state.provider = new McpProvider(house.person);
      Object.assign(state, await connect(state.provider, mode));
      assert.equal(state.client.getNegotiatedProtocolVersion(), revision);
      const { tools } = await state.client.listTools();
      assert.deepEqual(tools.map((tool) => tool.name), ["ping", "whoami", "list_models", "ask"]);
      const who = await state.client.callTool({ name: "whoami", arguments: {} });
      assert.equal((who.structuredContent as Record<string, unknown>)["resource"], house.resource);
    });

    test("a stale token is renewed", async () => {
      const old = state.provider.saved;
      assert.ok(old?.refresh_token);
      state.provider.saved = { ...old, access_token: "gone" };
      await state.client.callTool({ name: "whoami", arguments: {} });
      assert.notEqual(state.provider.saved.refresh_token, old.refresh_token);
    });

    test("a tool that needs more is granted more", async () => {
      await assert.rejects(state.client.callTool({ name: "list_models", arguments: {} }), UnauthorizedError);
      await finish(state.transport, state.provider);
      assert.ok(state.provider.grantedScopes.includes("ai.use"));
      const again = connection(state.provider, mode);
      await again.client.connect(again.transport);
      const models = await again.client.callTool({ name: "list_models", arguments: {} });
      assert.equal(models.isError, true);
    });
  });
}
