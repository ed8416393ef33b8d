// docs/benchmarks-oauth.md from the figures of one run.
import type { Cell } from "./measure.ts";
import type { Timing } from "./oauth_flows.ts";

export type OauthFigures = { measured: string; seconds: number; rounds: number; rsaSignsPerSecond: number[]; cells: Cell[]; timings: Record<string, Timing> };

// Debian 12's libargon2 on the measured core, mean of 30 runs, measured apart.
const ARGON2_MS = 21;
const whole = (value: number): string => value.toFixed(0);

export function oauthReport(figures: OauthFigures): string {
  const cell = (name: string): Cell => {
    const found = figures.cells.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no cell ${name}`);
    return found;
  };
  const signs = figures.rsaSignsPerSecond.reduce((a, b) => a + b, 0) / figures.rsaSignsPerSecond.length;
  const row = (what: string, ratio: number, must: number, raw: string): string => `| ${what} | ${ratio.toFixed(2)} | >= ${must} | ${ratio >= must ? "reached" : "**missed**"} | ${raw} |`;
  const beside = (what: string, name: string): string => {
    const [own, peer] = [cell(name), cell(`peer ${name}`)];
    return row(what, own.rps / peer.rps, 4, `${whole(own.rps)} against ${whole(peer.rps)} req/s`);
  };
  const rotation = Object.entries(figures.timings).filter(([name]) => name !== "sign-in");
  const signIn = figures.timings["sign-in"];
  return `# Benchmarks of the authorization server

Measured ${figures.measured}: the server under test on one core, the load on the other, plain HTTP, 32 connections, medians of ${figures.rounds} interleaved
rounds of ${figures.seconds} s. The peer is oidc-provider (npm) with everything in memory; ours keeps everything in SQLite (synchronous FULL). Client
credentials need no write here, so nothing durable is left out of the comparison; introspection reads the client and the revocation of the
token from the store at every request, and remembers only that a signature was verified. \`./dev bench oauth\` measures again; the raw data is in
\`benchmarks-oauth.json\`.

| measure | ratio | must | | raw |
|---|---|---|---|---|
${beside("client_credentials, ES256, of oidc-provider", "ES256")}
${row("client_credentials, RS256, of what openssl signs on that core", cell("RS256").rps / signs, 0.8, `${whole(cell("RS256").rps)} against ${whole(signs)} signatures/s (oidc-provider ${whole(cell("peer RS256").rps)})`)}
${beside("introspection, of oidc-provider", "introspection")}
${beside("discovery, of oidc-provider", "discovery")}

| cell | req/s | p50 us | p99 us | CPU us a request | errors |
|---|---|---|---|---|---|
${figures.cells.map((each) => `| ${each.name} | ${whole(each.rps)} | ${whole(each.p50)} | ${whole(each.p99)} | ${each.cpuPerRequest.toFixed(1)} | ${each.errors} |`).join("\n")}

Refresh tokens rotated by 32 clients, each using the token it was just given; every answer durable before it is sent:

| store | rotations/s | p50 ms | p99 ms |
|---|---|---|---|
${rotation.map(([name, each]) => `| ${name} | ${whole(each.perSecond)} | ${each.p50.toFixed(1)} | ${each.p99.toFixed(1)} |`).join("\n")}

A whole sign-in in a fresh browser (session, password, authorization, consent, code, tokens), one after the other: ${signIn === undefined ? "not measured" : `median ${signIn.p50.toFixed(1)} ms, p99 ${signIn.p99.toFixed(1)} ms`}. Two
Argon2id runs of 19 MiB are in it (the login hash, and the key that unlocks the vault key), ${ARGON2_MS} ms each on that core when nothing else runs:
that floor is ${2 * ARGON2_MS} ms.
`;
}
