// An unmodified client of @modelcontextprotocol/sdk 1.x: from a bare 401 to a tool call, and all that comes after.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { startOauthServer, type OauthServer } from "../../integration/support/oauth_client.ts";
import { McpProvider } from "./mcp_provider.ts";

let house: OauthServer;
before(async () => (house = await startOauthServer()));
after(async () => await house?.stop());

type Connected = { client: Client; transport: StreamableHTTPClientTransport };

function connection(provider: McpProvider): Connected {
  const client = new Client({ name: "test", version: "1" });
  return { client, transport: new StreamableHTTPClientTransport(new URL(house.resource), { authProvider: provider }) };
}

// As an application does it: try, be sent to the browser, finish, try again.
async function connect(provider: McpProvider): Promise<Connected> {
  const first = connection(provider);
  await assert.rejects(first.client.connect(first.transport as Transport), UnauthorizedError);
  await first.transport.finishAuth(provider.code);
  const second = connection(provider);
  await second.client.connect(second.transport as Transport);
  return second;
}

type ToolAnswer = { isError?: boolean; structuredContent?: Record<string, unknown>; content: { text?: string }[] };
async function call(client: Client, name: string, args: Record<string, unknown> = {}): Promise<ToolAnswer> {
  return (await client.callTool({ name, arguments: args })) as unknown as ToolAnswer;
}

describe("SDK 1.x", () => {
  const state = {} as { provider: McpProvider; client: Client; transport: StreamableHTTPClientTransport };

  test("a bare 401 leads to a tool call: metadata, registration, consent, token", async () => {
    state.provider = new McpProvider(house.person);
    Object.assign(state, await connect(state.provider));
    assert.equal(state.client.getServerVersion()?.name, "valetkey");
    const { tools } = await state.client.listTools();
    assert.deepEqual(tools.map((tool) => tool.name), ["ping", "whoami", "list_models", "ask"]);
    assert.deepEqual(tools[3]?._meta?.["securitySchemes"], [{ type: "oauth2", scopes: ["ai.use"] }]);
    const who = await call(state.client, "whoami");
    assert.equal(who.structuredContent?.["resource"], house.resource);
    assert.equal(who.structuredContent?.["client_id"], state.provider.client?.client_id);
  });

  test("the authorization request and its answer are as the specifications want them", () => {
    const request = state.provider.authorizations[0]?.searchParams;
    assert.equal(request?.get("resource"), house.resource);
    assert.equal(request?.get("code_challenge_method"), "S256");
    const answer = state.provider.callbacks[0]?.searchParams;
    assert.deepEqual(answer?.getAll("iss"), [house.issuer]);
    assert.equal(answer?.getAll("code").length, 1);
  });

  test("an access token that has gone bad is renewed without asking anybody", async () => {
    const old = state.provider.saved;
    assert.ok(old?.refresh_token, "a refresh token");
    state.provider.saved = { ...old, access_token: "gone" };
    await call(state.client, "whoami");
    assert.notEqual(state.provider.saved.access_token, old.access_token);
    assert.notEqual(state.provider.saved.refresh_token, old.refresh_token);
    assert.equal(state.provider.authorizations.length, 1);
  });

  test("a tool that needs more leads to the browser again, and nothing is lost", async () => {
    const before = state.provider.grantedScopes;
    // This SDK renews what it has before it asks for more, which cannot help; an application then drops what it has.
    await assert.rejects(call(state.client, "list_models"), /403 after trying upscoping/);
    delete state.provider.saved?.refresh_token;
    Object.assign(state, connection(state.provider));
    await state.client.connect(state.transport as Transport);
    await assert.rejects(call(state.client, "list_models"), UnauthorizedError);
    const asked = state.provider.authorizations[1]?.searchParams.get("scope")?.split(" ") ?? [];
    assert.ok(asked.includes("ai.use"), asked.join(" "));
    await state.transport.finishAuth(state.provider.code);
    for (const scope of [...before, "ai.use"]) assert.ok(state.provider.grantedScopes.includes(scope), scope);
    const again = connection(state.provider);
    await again.client.connect(again.transport as Transport);
    const models = await call(again.client, "list_models");
    assert.equal(models.isError, true); // no AI is connected: the tool says so, the protocol is content
    assert.match(models.content[0]?.text ?? "", /No AI is connected/);
    Object.assign(state, again);
  });

  test("what the person takes back is over at once, and one may ask again", async () => {
    const listed = await house.person.get("account/connections");
    const connections = listed.body["connections"] as { id: string; client: { id: string } }[];
    const own = connections.filter((each) => each.client.id === state.provider.client?.client_id);
    assert.ok(own.length > 0);
    for (const each of own) assert.equal((await house.person.call("DELETE", `account/connections/${each.id}`)).status, 200);
    const asked = state.provider.authorizations.length;
    await assert.rejects(call(state.client, "whoami"), UnauthorizedError);
    assert.equal(state.provider.authorizations.length, asked + 1); // refused refresh, so the browser
    await state.transport.finishAuth(state.provider.code);
    const again = connection(state.provider);
    await again.client.connect(again.transport as Transport);
    await call(again.client, "whoami");
  });

  test("several copies of a client that renew at the same moment all go on", async () => {
    const shared = state.provider.saved;
    assert.ok(shared?.refresh_token);
    const copies = Array.from({ length: 8 }, () => {
      const copy = new McpProvider(house.person);
      copy.client = state.provider.client;
      copy.saved = { ...shared, access_token: "gone" };
      return copy;
    });
    await Promise.all(
      copies.map(async (copy) => {
        const { client, transport } = connection(copy);
        await client.connect(transport as Transport);
        await call(client, "whoami");
      }),
    );
    assert.equal(new Set(copies.map((copy) => copy.saved?.refresh_token)).size, 1);
    assert.deepEqual(copies.flatMap((copy) => copy.authorizations), []);
  });
});
