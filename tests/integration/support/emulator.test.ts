// The emulator, seen from outside: sign-in of all three issuers, strictness, and every fault of the catalogue.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Emulator, headerOf, type IssuedTokens, type Scenario, type Upstream } from './emulator.ts';

let emulator: Emulator;
let tokens: IssuedTokens;

before(async () => { emulator = await Emulator.start(); });
after(async () => { await emulator.stop(); });
beforeEach(async () => {
  await emulator.reset();
  tokens = await emulator.issueTokens({ client_id: 'app_1' });
});

const weatherTool = {
  type: 'function', name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

function codexBody(text: string, more: object = {}) {
  return {
    model: 'gpt-5.5', instructions: '', store: false, stream: true,
    input: [{ role: 'user', content: [{ type: 'input_text', text }] }], ...more,
  };
}

function callCodex(body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) {
  return fetch(`${emulator.urls.codex}/responses`, {
    method: 'POST', signal,
    headers: {
      authorization: `Bearer ${tokens.access_token}`, 'chatgpt-account-id': tokens.account_id,
      'content-type': 'application/json', ...headers,
    },
    body: JSON.stringify(body),
  });
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST', redirect: 'manual',
    headers: body instanceof URLSearchParams ? headers : { 'content-type': 'application/json', ...headers },
    body: body instanceof URLSearchParams ? body : JSON.stringify(body),
  });

/** The bytes of an answer, as they came. */
function rawAnswer(path: string, body: string, headers: Record<string, string> = {}): Promise<{ bytes: Buffer; error?: Error }> {
  const { hostname, port } = new URL(emulator.origin);
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = net.connect(Number(port), hostname, () => {
      const lines = Object.entries({ host: `${hostname}:${port}`, connection: 'close', 'content-length': String(Buffer.byteLength(body)), ...headers });
      socket.write(`POST ${path} HTTP/1.1\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n${body}`);
    });
    let error: Error | undefined;
    socket.on('data', (part) => parts.push(part));
    socket.on('error', (failure) => { error = failure; });
    socket.on('close', () => resolve({ bytes: Buffer.concat(parts), error }));
  });
}
const rawCodex = (text: string, headers: Record<string, string> = {}, more: object = {}) =>
  rawAnswer('/chatgpt/backend-api/codex/responses', JSON.stringify(codexBody(text, more)), {
    authorization: `Bearer ${tokens.access_token}`, 'chatgpt-account-id': tokens.account_id, ...headers,
  });

const editorHeaders = {
  'editor-version': 'vscode/1.107.0', 'editor-plugin-version': 'copilot-chat/0.38.2',
  'copilot-integration-id': 'vscode-chat', 'user-agent': 'GitHubCopilotChat/0.38.2',
};

async function copilotToken(): Promise<string> {
  const github = await emulator.issueTokens({ issuer: 'github' });
  const answer = await fetch(`${emulator.urls.githubApi}/copilot_internal/v2/token`, {
    headers: { authorization: `token ${github.access_token}`, ...editorHeaders },
  });
  return ((await answer.json()) as { token: string }).token;
}

test('ChatGPT: device sign-in on the human page, exchange, rotation, reuse, revocation', async () => {
  const issuer = emulator.urls.openaiIssuer;
  const start = await (await post(`${issuer}/api/accounts/deviceauth/usercode`, { client_id: 'app_1' })).json();
  assert.equal(typeof start.interval, 'string');
  const poll = () => post(`${issuer}/api/accounts/deviceauth/token`, { device_auth_id: start.device_auth_id, user_code: start.user_code });
  assert.equal((await poll()).status, 403);

  const page = await (await fetch(`${issuer}/codex/device?user_code=${start.user_code}`)).text();
  assert.match(page, /<label for="user_code">/);
  assert.ok(page.includes(start.user_code) && !page.includes('<script'));
  const wrong = await post(`${issuer}/codex/device`, new URLSearchParams({ user_code: 'XXXX-00000', decision: 'approve' }));
  assert.equal(wrong.status, 400);
  await post(`${issuer}/codex/device`, new URLSearchParams({ user_code: start.user_code, decision: 'approve' }));

  const code = await (await poll()).json();
  assert.equal((await poll()).status, 404, 'the code is handed out once');
  const exchange = (verifier: string) => post(`${issuer}/oauth/token`, new URLSearchParams({
    grant_type: 'authorization_code', client_id: 'app_1', code: code.authorization_code,
    redirect_uri: `${issuer}/deviceauth/callback`, code_verifier: verifier,
  }));
  const first = await (await exchange(code.code_verifier)).json();
  assert.equal((await exchange(code.code_verifier)).status, 400, 'the code is single use');

  const refresh = (token: string, form = false) => {
    const fields = { client_id: 'app_1', grant_type: 'refresh_token', refresh_token: token };
    return post(`${issuer}/oauth/token`, form ? new URLSearchParams(fields) : fields);
  };
  const second = await (await refresh(first.refresh_token)).json();
  assert.notEqual(second.refresh_token, first.refresh_token);
  const third = await (await refresh(second.refresh_token, true)).json();
  const reused = await refresh(first.refresh_token);
  assert.equal(reused.status, 401);
  assert.equal((await reused.json()).error.code, 'refresh_token_reused');
  assert.equal((await refresh(third.refresh_token)).status, 401, 'reuse ends the family');
  assert.equal((await post(`${issuer}/oauth/revoke`, { token: third.refresh_token })).status, 200);
});

test('GitHub: form without Accept, slow_down, approval, Copilot exchange', async () => {
  const start = async (headers: Record<string, string>) =>
    (await post(`${emulator.urls.github}/login/device/code`, { client_id: 'Iv1.x', scope: 'read:user' }, headers)).text();
  assert.ok((await start({ accept: '*/*' })).startsWith('device_code='));
  const device = JSON.parse(await start({ accept: 'application/json' }));
  const poll = async () => (await post(`${emulator.urls.github}/login/oauth/access_token`,
    { client_id: 'Iv1.x', device_code: device.device_code, grant_type: 'urn:ietf:params:oauth:grant-type:device_code' },
    { accept: 'application/json' })).json();
  assert.equal((await poll()).error, 'authorization_pending');
  assert.deepEqual(await poll().then((r) => [r.error, r.interval]), ['slow_down', 6]);
  await emulator.approve(device.user_code);
  await emulator.advanceClock(6000);
  const granted = await poll();
  assert.match(granted.access_token, /^ghu_/);
  const exchanged = await fetch(`${emulator.urls.githubApi}/copilot_internal/v2/token`, {
    headers: { authorization: `token ${granted.access_token}`, ...editorHeaders } });
  const copilot = await exchanged.json();
  assert.equal(copilot.endpoints.api, emulator.urls.copilot);
  const bare = await fetch(`${emulator.urls.githubApi}/copilot_internal/v2/token`, { headers: { authorization: 'token nonsense' } });
  assert.equal(bare.status, 401);
});

test('Grok: discovery, device flow by form only, rotation', async () => {
  const discovery = await (await fetch(`${emulator.urls.xaiIssuer}/.well-known/openid-configuration`)).json();
  assert.equal((await post(discovery.device_authorization_endpoint, { client_id: 'c' })).status, 400);
  const device = await (await post(discovery.device_authorization_endpoint, new URLSearchParams({ client_id: 'c', scope: 's' }))).json();
  assert.ok(device.verification_uri_complete.endsWith(device.user_code));
  const poll = () => post(discovery.token_endpoint, new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'c', device_code: device.device_code }));
  const pending = await poll();
  assert.deepEqual([pending.status, (await pending.json()).error], [400, 'authorization_pending']);
  await emulator.approve(device.user_code);
  await emulator.advanceClock(2000);
  const granted = await (await poll()).json();
  const refreshed = await post(discovery.token_endpoint, new URLSearchParams({
    grant_type: 'refresh_token', client_id: 'c', refresh_token: granted.refresh_token }));
  assert.equal(refreshed.status, 200);
  const old = await post(`${emulator.urls.xaiApi}/chat/completions`, { model: 'grok-4.7', messages: [{ role: 'user', content: 'hi' }] },
    { authorization: `Bearer ${granted.access_token}` });
  assert.equal(old.status, 403, 'only the latest access token is taken');
  assert.match((await old.json()).code, /bad-credentials/);
});

test('ChatGPT takes only the right bearer with the right account', async () => {
  const statuses = async (headers: Record<string, string>) => (await callCodex(codexBody('hi'), headers)).status;
  assert.equal(await statuses({}), 200);
  assert.equal(await statuses({ authorization: 'Bearer nonsense' }), 401);
  assert.equal(await statuses({ 'chatgpt-account-id': '' }), 401);
  assert.equal(await statuses({ 'chatgpt-account-id': 'other' }), 403);
  await emulator.advanceClock(3_600_000);
  const expired = await callCodex(codexBody('hi'));
  assert.deepEqual([expired.status, (await expired.json()).error.code], [401, 'token_expired']);
});

test('the model catalog answers 304 to its tag, and a WebSocket gets 426', async () => {
  const headers = { authorization: `Bearer ${tokens.access_token}`, 'chatgpt-account-id': tokens.account_id };
  const first = await fetch(`${emulator.urls.codex}/models?client_version=1.0.0`, { headers });
  const etag = first.headers.get('etag')!;
  assert.ok((await first.json()).models.length > 3);
  const again = await fetch(`${emulator.urls.codex}/models?client_version=1.0.0`, { headers: { ...headers, 'if-none-match': etag } });
  assert.equal(again.status, 304);
  const { hostname, port } = new URL(emulator.origin);
  const answer = await new Promise<string>((resolve) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(
      `GET /chatgpt/backend-api/codex/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n`));
    socket.once('data', (data) => { resolve(data.toString()); socket.destroy(); });
  });
  assert.match(answer, /^HTTP\/1\.1 426 /);
});

test('Copilot wants editor headers, the vision header and the right endpoint, and counts initiators', async () => {
  const headers = { authorization: `Bearer ${await copilotToken()}`, ...editorHeaders, 'x-initiator': 'user' };
  const chat = (model: string, content: unknown, more: Record<string, string> = {}) =>
    post(`${emulator.urls.copilot}/chat/completions`, { model, messages: [{ role: 'user', content }] }, { ...headers, ...more });
  assert.equal((await chat('gpt-4.1', 'hi')).status, 200);
  assert.equal((await chat('gpt-4.1', 'hi', { 'editor-version': '' })).status, 400);
  assert.equal((await chat('gpt-4.1', 'hi', { 'editor-version': 'vscode/1.60.0' })).status, 466);
  const wrong = await chat('gpt-5.5', 'hi');
  assert.deepEqual([wrong.status, (await wrong.json()).error.code], [400, 'unsupported_api_for_model']);
  const image = [{ type: 'text', text: 'what?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }];
  assert.equal((await chat('gpt-4.1', image)).status, 400);
  const seen = await chat('gpt-4.1', image, { 'copilot-vision-request': 'true', 'x-initiator': 'agent' });
  assert.match((await seen.json()).choices[0].message.content, /image of 3 bytes/);
  const { initiators } = await emulator.state();
  assert.deepEqual([initiators.user, initiators.agent], [1, 1]);
});

test('the recorder keeps headers in order, the body, and when the client left', async () => {
  const abort = new AbortController();
  const answer = await callCodex(codexBody('[pace 50ms] write 200 words'), { 'x-test': 'yes' }, abort.signal);
  await answer.body!.getReader().read();
  const before = Date.now();
  abort.abort();
  const record = await emulator.waitForRequest((seen) => seen.disconnected_at !== null, { upstream: 'chatgpt' });
  assert.ok(record.disconnected_at! - before < 200);
  assert.equal(headerOf(record, 'X-Test'), 'yes');
  assert.equal(JSON.parse(record.body!).model, 'gpt-5.5');
  assert.ok(record.first_byte_at! >= record.started_at);
});

/** How to provoke each fault: the request that suffers it. */
async function provoke(id: string): Promise<void> {
  const issuer = emulator.urls.openaiIssuer;
  const settle = async (answer: Promise<Response>) => { try { await (await answer).arrayBuffer(); } catch { /* that is the fault */ } };
  const openaiDevice = async (stage: 'start' | 'poll' | 'exchange') => {
    const start = await post(`${issuer}/api/accounts/deviceauth/usercode`, { client_id: 'app_1' });
    if (stage === 'start') return;
    const { device_auth_id, user_code } = await start.json();
    await emulator.approve(user_code);
    const poll = await post(`${issuer}/api/accounts/deviceauth/token`, { device_auth_id, user_code });
    if (stage === 'poll') return;
    const code = await poll.json();
    await settle(post(`${issuer}/oauth/token`, new URLSearchParams({
      grant_type: 'authorization_code', client_id: 'app_1', code: code.authorization_code,
      redirect_uri: `${issuer}/deviceauth/callback`, code_verifier: code.code_verifier })));
  };
  const refresh = () => settle(post(`${issuer}/oauth/token`, { client_id: 'app_1', grant_type: 'refresh_token', refresh_token: tokens.refresh_token }));
  const family = id.split('.')[0]!;
  if (id === 'A1.interval' || family === 'A2') return openaiDevice('start');
  if (id === 'A1.pending' || family === 'A3' || id === 'A4.wrong_verifier') return openaiDevice('poll');
  if (family === 'A4') return openaiDevice('exchange');
  if (family === 'A5') return settle(fetch(`${issuer}/oauth/authorize?response_type=code&client_id=c&redirect_uri=http://localhost:1/cb&code_challenge=x&code_challenge_method=S256&state=s`, { redirect: 'manual' }));
  if (family === 'A6' || family === 'A9') return refresh();
  if (family === 'A10') return settle(post(`${issuer}/oauth/revoke`, { token: tokens.refresh_token }));
  if (family === 'A11') {
    return settle(post(`${emulator.urls.github}/login/oauth/access_token`, { client_id: 'c', device_code: 'd', grant_type: 'urn:ietf:params:oauth:grant-type:device_code' }, { accept: 'application/json' }));
  }
  if (family === 'A12') {
    const github = await emulator.issueTokens({ issuer: 'github' });
    return settle(fetch(`${emulator.urls.githubApi}/copilot_internal/v2/token`, { headers: { authorization: `token ${github.access_token}`, ...editorHeaders } }));
  }
  if (id === 'A13.discovery_error' || id === 'A13.foreign_host') return settle(fetch(`${emulator.urls.xaiIssuer}/.well-known/openid-configuration`));
  const xai = family === 'A13' || family === 'S11' || id === 'S3.no_content_type' ? await emulator.issueTokens({ issuer: 'xai' }) : undefined;
  if (id === 'A13.no_expires_in' || id === 'A13.no_rotation' || id === 'A13.tier_denied') {
    return settle(post(`${emulator.urls.xaiIssuer}/oauth2/token`, new URLSearchParams({ grant_type: 'refresh_token', client_id: 'c', refresh_token: xai!.refresh_token })));
  }
  if (family === 'A13') {
    return settle(post(`${emulator.urls.xaiIssuer}/oauth2/token`, new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'c', device_code: 'd' })));
  }
  if (family === 'H6') return settle(fetch(`${emulator.urls.codex}/models`, { headers: { authorization: `Bearer ${tokens.access_token}`, 'chatgpt-account-id': tokens.account_id } }));
  if (family === 'S11') {
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters: weatherTool.parameters } }];
    return settle(post(`${emulator.urls.xaiApi}/chat/completions`, { model: 'grok-4.7', stream: true, stream_options: { include_usage: true }, tools, messages: [{ role: 'user', content: 'weather in Paris' }] }, { authorization: `Bearer ${xai!.access_token}` }));
  }
  const deadline = id === 'S1.stall' ? AbortSignal.timeout(300) : undefined;
  return settle(callCodex(codexBody('What is the weather in Paris and Rome?', { tools: family === 'S6' ? [weatherTool] : [] }), { 'accept-encoding': 'gzip, br, zstd' }, deadline));
}

test('every fault of the catalogue strikes where docs/emulator.md says', async () => {
  const quick: Record<string, unknown> = { ms: 20, bytes: 200_000, count: 3, retry_after: '1', body: 'json', status: undefined };
  for (const fault of await emulator.faults()) {
    const raw = fault.id === 'http.raw' ? { bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' } : quick;
    await emulator.script({ fault: fault.id, always: true, parameters: raw as Record<string, unknown> });
    const since = (await emulator.requests()).at(-1)?.sequence ?? 0;
    await provoke(fault.id);
    const struck = await emulator.waitForRequest((record) => record.fault === fault.id && record.fault_applied === true, { since: since + 1 })
      .catch(() => assert.fail(`${fault.id} was never applied`));
    assert.ok(struck);
    await emulator.reset();
    tokens = await emulator.issueTokens({ client_id: 'app_1' });
  }
});

test('docs/emulator.md lists exactly the catalogue', async () => {
  const text = readFileSync(new URL('../../../docs/emulator.md', import.meta.url), 'utf8');
  const documented = [...text.matchAll(/^\| `((?:[AHS]\d+|http)\.[a-z0-9_]+)` \|/gm)].map((match) => match[1]);
  assert.deepEqual(documented, (await emulator.faults()).map((fault) => fault.id));
});

test('cuts differ on the wire: reset, truncated chunk, clean end', async () => {
  const cut = async (fault: string) => {
    await emulator.script({ fault, upstream: 'chatgpt' });
    return rawCodex('hello there my friend');
  };
  const reset = await cut('S2.rst_mid_event');
  assert.ok(!reset.bytes.toString().includes('response.completed'));
  assert.equal((reset.error as NodeJS.ErrnoException | undefined)?.code, 'ECONNRESET');
  const inChunk = (await cut('S2.eof_in_chunk')).bytes.toString();
  assert.ok(!inChunk.endsWith('0\r\n\r\n') && inChunk.endsWith('response.output_te'));
  const clean = (await cut('S2.eof_between_events')).bytes.toString();
  assert.ok(clean.endsWith('0\r\n\r\n') && !clean.includes('response.completed'));
  const delimited = (await cut('S2.close_delimited')).bytes.toString();
  assert.ok(!/transfer-encoding|content-length/i.test(delimited) && delimited.includes('response.completed'));
});

test('compressed streams decode to the plain one', async () => {
  const bodyOf = (answer: Buffer) => {
    const text = answer.toString('latin1');
    let rest = text.slice(text.indexOf('\r\n\r\n') + 4), body = '';
    for (;;) {
      const size = parseInt(rest, 16);
      if (!size) return Buffer.from(body, 'latin1');
      rest = rest.slice(rest.indexOf('\r\n') + 2);
      body += rest.slice(0, size);
      rest = rest.slice(size + 2);
    }
  };
  for (const [fault, coding, decode] of [['S3.gzip', 'gzip', gunzipSync], ['S3.br', 'br', brotliDecompressSync]] as const) {
    await emulator.script({ fault, upstream: 'chatgpt' });
    const answer = await rawCodex('hello', { 'accept-encoding': coding });
    assert.match(answer.bytes.toString('latin1'), new RegExp(`content-encoding: ${coding}`, 'i'));
    assert.match(decode(bodyOf(answer.bytes)).toString(), /response\.completed/);
  }
});

test('faults know credentials and ordinals', async () => {
  const bob = await emulator.issueTokens({ email: 'bob@example.test', client_id: 'app_1' });
  const scenario: Scenario = { fault: 'H2.error', upstream: 'chatgpt' as Upstream, credential: 'bob@example.test', nth: 2, parameters: { status: 503 } };
  await emulator.script(scenario);
  const ask = async (who: IssuedTokens) =>
    (await callCodex(codexBody('hi'), { authorization: `Bearer ${who.access_token}`, 'chatgpt-account-id': who.account_id })).status;
  assert.deepEqual([await ask(tokens), await ask(bob), await ask(tokens), await ask(bob), await ask(bob)], [200, 200, 200, 503, 200]);
});
