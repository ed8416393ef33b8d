// The cells of the table. Each is measured several times, interleaved with its peer, and the median kept.
import { cpuMicros } from "./processes.ts";
import { runWrk, type Load, type LoadResult } from "./wrk.ts";

export type Cell = LoadResult & { name: string; cpuPerRequest: number; runs: LoadResult[] };
export type Subject = { name: string; load: Load; pid: number };

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

export async function measureAll(subjects: Subject[], rounds: number, directory: string): Promise<Map<string, Cell>> {
  const runs = new Map<string, { result: LoadResult; cpu: number }[]>();
  for (const subject of subjects) await runWrk({ ...subject.load, seconds: 2 }, directory); // warm-up
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      const before = cpuMicros(subject.pid);
      const result = await runWrk(subject.load, directory);
      const list = runs.get(subject.name) ?? [];
      list.push({ result, cpu: (cpuMicros(subject.pid) - before) / Math.max(1, result.requests) });
      runs.set(subject.name, list);
      console.error(`${subject.name}: ${result.rps.toFixed(0)}/s p50 ${result.p50} us p99 ${result.p99} us errors ${result.errors}`);
    }
  }
  const cells = new Map<string, Cell>();
  for (const [name, list] of runs) {
    const of = (pick: (run: LoadResult) => number): number => median(list.map((run) => pick(run.result)));
    cells.set(name, {
      name,
      requests: of((run) => run.requests),
      rps: of((run) => run.rps),
      p50: of((run) => run.p50),
      p99: of((run) => run.p99),
      bytesPerSecond: of((run) => run.bytesPerSecond),
      errors: list.reduce((sum, run) => sum + run.result.errors, 0),
      cpuPerRequest: median(list.map((run) => run.cpu)),
      runs: list.map((run) => run.result),
    });
  }
  return cells;
}
