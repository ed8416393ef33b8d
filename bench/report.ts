// The figures as docs/benchmarks.md.
import type { Cell } from "./measure.ts";
import type { Held } from "./paced.ts";

export type Figures = {
  date: string;
  cpu: string;
  cells: Record<string, Cell>;
  paced: Record<string, number>;
  first: Record<string, number>;
  memory: { idle: number; loaded: number; perStream: number };
  held: Held;
};

const MiB = 1 << 20;

type Row = { measure: string; value: number; unit: string; must: number; stretch: number; atLeast: boolean; raw: string };

function verdict(row: Row): string {
  const passes = (bound: number): boolean => (row.atLeast ? row.value >= bound : row.value <= bound);
  return passes(row.stretch) ? "stretch" : passes(row.must) ? "reached" : "**missed**";
}

function rows(f: Figures): Row[] {
  const rps = (name: string): number => f.cells[name]?.rps ?? 0;
  const ratio = (measure: string, ours: string, peer: string, must: number, stretch: number): Row => ({
    measure,
    value: rps(ours) / rps(peer),
    unit: "",
    must,
    stretch,
    atLeast: true,
    raw: `${rps(ours).toFixed(0)} against ${rps(peer).toFixed(0)} req/s`,
  });
  const added = (at: "p50" | "p99"): number => (f.cells["chat c1"]?.[at] ?? 0) - (f.cells["direct c1"]?.[at] ?? 0);
  const nginxAdded = (at: "p50" | "p99"): number => (f.cells["nginx c1"]?.[at] ?? 0) - (f.cells["direct c1"]?.[at] ?? 0);
  const most = (measure: string, value: number, unit: string, must: number, stretch: number, raw: string): Row => ({ measure, value, unit, must, stretch, atLeast: false, raw });
  return [
    ratio("streamed chat, translated, of nginx passing the same stream", "chat stream", "nginx stream", 0.6, 0.9),
    ratio("the same, of Portkey's JSON", "chat stream", "portkey json", 12, 20),
    ratio("chat aggregated, of the same nginx figure", "chat aggregated", "nginx stream", 0.7, 1.0),
    ratio("/v1/responses pass-through stream, of the same", "responses stream", "nginx stream", 0.8, 1.2),
    ratio("/v1/models, of nginx's static file", "models", "nginx static", 0.5, 0.75),
    most("added latency, one connection, p50", added("p50"), "us", 100, 75, `nginx ${nginxAdded("p50").toFixed(0)} us`),
    most("added latency, one connection, p99", added("p99"), "us", 250, 150, `nginx ${nginxAdded("p99").toFixed(0)} us`),
    most("added time to first delta, paced", (f.first["valetkey"] ?? 0) - (f.first["direct"] ?? 0), "ms", 0.3, 0.1, `nginx ${((f.first["nginx"] ?? 0) - (f.first["direct"] ?? 0)).toFixed(2)} ms`),
    most("CPU per paced event, 512 streams, of nginx's", (f.paced["valetkey"] ?? 0) / (f.paced["nginx"] ?? 1), "", 1.5, 1.15, `${f.paced["valetkey"]?.toFixed(1)} against ${f.paced["nginx"]?.toFixed(1)} us`),
    most("resident memory, idle", f.memory.idle / MiB, "MB", 25, 12, ""),
    most("resident memory, after this load", f.memory.loaded / MiB, "MB", 60, 40, ""),
    most(`resident memory per open stream, ${f.held.opened} open`, f.memory.perStream / 1024, "KB", 16, 8, `${f.held.complete} complete, ${f.held.dropped} dropped`),
  ];
}

export function report(f: Figures): string {
  const table = rows(f).map((row) => {
    const sign = row.atLeast ? ">=" : "<=";
    const unit = row.unit === "" ? "" : ` ${row.unit}`;
    return `| ${row.measure} | ${row.value.toFixed(2)}${unit} | ${sign} ${row.must} | ${sign} ${row.stretch} | ${verdict(row)} | ${row.raw} |`;
  });
  const cells = Object.values(f.cells).map(
    (cell) => `| ${cell.name} | ${cell.rps.toFixed(0)} | ${cell.p50.toFixed(0)} | ${cell.p99.toFixed(0)} | ${cell.cpuPerRequest.toFixed(1)} | ${cell.errors} |`,
  );
  return `# Benchmarks

Measured ${f.date} on ${f.cpu}, two cores: the server or proxy under test on one, wrk and the emulated upstream on the other, plain HTTP,
everything in one run, medians of interleaved rounds. The upstream's reply is the ChatGPT-style stream of 38 events, 8.4 KB, 32 deltas; request
bodies are 0.75 KB; 64 connections; 10,000 stored sign-ins in SQLite (synchronous FULL), a random one for each request. On for every request:
JWT check, SQLite read, decryption, usage; the access log is off, as it is in the peers. \`./dev bench\` measures again; the raw data is in
\`benchmarks.json\`. Ratios travel between machines, absolute figures do not.

| measure | figure | must | stretch | | raw |
|---|---|---|---|---|---|
${table.join("\n")}

| cell | req/s | p50 us | p99 us | CPU us a request | errors |
|---|---|---|---|---|---|
${cells.join("\n")}

The peers are nginx and haproxy as plain pass-through proxies with one worker, and Portkey's gateway from npm on its JSON path (its streams fail
as shipped). wrk is a closed loop, so percentiles under 64 connections are queueing. The direct row of one connection crosses cores as a proxy's
does, so that what is added is the proxy. Memory is what is resident of the server, plus what its keeper process does not share with it.
Where the time goes: [profile.md](profile.md).
`;
}
