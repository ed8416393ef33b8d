// A typed client of the emulator: starts it, scripts it, asks what it saw. No dependencies; docs/emulator.md is the
// manual of the control API.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type Upstream =
  | 'auth.openai' | 'chatgpt' | 'github' | 'api.github' | 'copilot' | 'auth.x' | 'api.x' | 'cli-proxy.x';
export type Issuer = 'openai' | 'xai' | 'github';

/** Which requests a fault strikes, counted among those the scenario matches. Without any: the next one. */
export interface Scenario {
  fault: string;
  upstream?: Upstream;
  /** The end of the path, or a beginning with a trailing `*`. */
  path?: string;
  /** E-mail of the person whose credential the request carries. */
  credential?: string;
  nth?: number;
  next?: number;
  after?: number;
  always?: boolean;
  parameters?: Record<string, unknown>;
}

export interface RecordedRequest {
  sequence: number;
  upstream: Upstream;
  method: string;
  path: string;
  query: string;
  headers: [string, string][];
  body?: string;
  body_base64?: string;
  body_bytes: number;
  /** Milliseconds since the epoch by the system's clock. */
  started_at: number;
  first_byte_at: number | null;
  ended_at: number | null;
  /** The client left before the answer was complete. */
  disconnected_at: number | null;
  status: number;
  bytes_out: number;
  fault?: string;
  fault_applied?: boolean;
}

export interface EmulatorState {
  now: number;
  offset_ms: number;
  tokens: {
    sign_ins: number; access_issued: number; refreshes: number; reuses: number; revocations: number;
    copilot_exchanges: number;
  };
  initiators: { user: number; agent: number; missing: number; premium: number };
  scenarios: { id: string; fault: string; upstream: string; path: string; seen: number; hit: number }[];
  sign_ins: { issuer: Issuer; user_code: string; state: 'pending' | 'approved' | 'denied' | 'taken' }[];
}

export interface IssuedTokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
  expires_in: number;
  email: string;
  account_id: string;
}

export interface Settings {
  device_interval?: number;
  access_lifetime_s?: number;
  copilot_lifetime_s?: number;
  copilot_refresh_in_s?: number;
  reuse_status?: 400 | 401;
  reuse_revokes_family?: boolean;
}

export interface StartOptions {
  /** The program; VALETKEY_EMULATOR_BIN or the release build when absent. */
  binary?: string;
  arguments?: string[];
  /** Seconds between two polls of a device sign-in. Tests do not want to wait 5. */
  deviceInterval?: number;
}

const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

export class Emulator {
  readonly origin: string;
  #child: ChildProcess | undefined;

  /** For an emulator that runs already. */
  constructor(origin: string, child?: ChildProcess) {
    this.origin = origin;
    this.#child = child;
  }

  static async start(options: StartOptions = {}): Promise<Emulator> {
    const binary = options.binary ?? process.env['VALETKEY_EMULATOR_BIN'] ?? `${repositoryRoot}build/release/valetkey-emulator`;
    const interval = String(options.deviceInterval ?? 1);
    const child = spawn(binary, ['--port', '0', '--device-interval', interval, ...(options.arguments ?? [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout! });
    const place = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the emulator ended with ${code} before it listened`)));
      lines.once('line', (line) => resolve(line.replace('listening on ', '')));
    });
    return new Emulator(`http://${place}`, child);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Base URLs to configure a client with. */
  get urls() {
    return {
      openaiIssuer: `${this.origin}/auth.openai`,
      codex: `${this.origin}/chatgpt/backend-api/codex`,
      github: `${this.origin}/github`,
      githubApi: `${this.origin}/api.github`,
      copilot: `${this.origin}/copilot`,
      xaiIssuer: `${this.origin}/auth.x`,
      xaiApi: `${this.origin}/api.x/v1`,
      xaiCliProxy: `${this.origin}/cli-proxy.x/v1`,
    };
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { 'content-type': 'application/json' };
    }
    const answer = await fetch(`${this.origin}/control${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`emulator ${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Loads a fault; returns the scenario's id. */
  async script(scenario: Scenario): Promise<string> {
    return (await this.#call<{ id: string }>('POST', '/scenario', scenario)).id;
  }

  unscript(id: string): Promise<unknown> {
    return this.#call('DELETE', `/scenario/${id}`);
  }

  clearScenarios(): Promise<unknown> {
    return this.#call('DELETE', '/scenario');
  }

  faults(): Promise<{ id: string; where: string; what: string }[]> {
    return this.#call('GET', '/faults');
  }

  approve(userCode: string, person: { email?: string; plan?: string } = {}): Promise<unknown> {
    return this.#call('POST', '/approve', { user_code: userCode, ...person });
  }

  deny(userCode: string): Promise<unknown> {
    return this.#call('POST', '/deny', { user_code: userCode });
  }

  async requests(filter: { upstream?: Upstream; since?: number; path?: string } = {}): Promise<RecordedRequest[]> {
    const query = new URLSearchParams();
    if (filter.upstream) query.set('upstream', filter.upstream);
    if (filter.since) query.set('since', String(filter.since));
    const answer = await this.#call<{ records: RecordedRequest[] }>('GET', `/requests?${query}`);
    return answer.records.filter((record) => filter.path === undefined || record.path.endsWith(filter.path));
  }

  /** Polls until a record satisfies the condition; the answer of the emulator ends after the client's. */
  async waitForRequest(
    wanted: (record: RecordedRequest) => boolean,
    filter: { upstream?: Upstream; since?: number } = {},
    timeoutMs = 5000,
  ): Promise<RecordedRequest> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const found = (await this.requests(filter)).find(wanted);
      if (found) return found;
      if (Date.now() > until) throw new Error('the emulator has seen no such request');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  clearRequests(): Promise<unknown> {
    return this.#call('DELETE', '/requests');
  }

  /** Everything back to the start: scenarios, tokens, sign-ins, records, clock. */
  reset(): Promise<unknown> {
    return this.#call('POST', '/reset');
  }

  advanceClock(milliseconds: number): Promise<{ now: number; offset_ms: number }> {
    return this.#call('POST', '/clock', { advance_ms: milliseconds });
  }

  state(): Promise<EmulatorState> {
    return this.#call('GET', '/state');
  }

  settings(settings: Settings): Promise<unknown> {
    return this.#call('POST', '/settings', settings);
  }

  /** A signed-in person's tokens, without the ceremony. */
  issueTokens(of: { issuer?: Issuer; email?: string; plan?: string; client_id?: string } = {}): Promise<IssuedTokens> {
    return this.#call('POST', '/tokens', { action: 'issue', ...of });
  }

  expireAccessTokens(email = ''): Promise<{ struck: number }> {
    return this.#call('POST', '/tokens', { action: 'expire', email });
  }

  invalidateAccessTokens(email = ''): Promise<{ struck: number }> {
    return this.#call('POST', '/tokens', { action: 'invalidate', email });
  }

  expireRefreshTokens(email = ''): Promise<{ struck: number }> {
    return this.#call('POST', '/tokens', { action: 'expire_refresh', email });
  }

  invalidateRefreshTokens(email = ''): Promise<{ struck: number }> {
    return this.#call('POST', '/tokens', { action: 'invalidate_refresh', email });
  }
}

/** A recorded request's header, by any spelling of its name. */
export function headerOf(record: RecordedRequest, name: string): string | undefined {
  return record.headers.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1];
}

/** A recorded request's JSON body. */
export function jsonOf(record: RecordedRequest): Record<string, unknown> {
  return JSON.parse(record.body ?? '') as Record<string, unknown>;
}
