// What a core file of a running process would hold: every writable piece of its memory, read through /proc.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

function writablePieces(pid: number): { name: string; start: number; end: number }[] {
  const lines = readFileSync(`/proc/${pid}/maps`, "utf8").split("\n");
  return lines.flatMap((line) => {
    const found = /^([0-9a-f]+)-([0-9a-f]+) rw..\s+\S+\s+\S+\s+\S+\s*(.*)$/.exec(line);
    if (found === null) return [];
    const [, start, end, name] = found;
    return [{ name: name || "anonymous", start: parseInt(start ?? "", 16), end: parseInt(end ?? "", 16) }];
  });
}

export function memoryOf(pid: number, name: string): Map<string, Buffer> {
  const memory = new Map<string, Buffer>();
  const file = openSync(`/proc/${pid}/mem`, "r");
  for (const piece of writablePieces(pid)) {
    const bytes = Buffer.alloc(piece.end - piece.start);
    try {
      readSync(file, bytes, 0, bytes.length, piece.start);
    } catch {
      continue; // a mapped device has no memory to read
    }
    memory.set(`${name} ${piece.name} ${piece.start.toString(16)}`, bytes);
  }
  closeSync(file);
  return memory;
}

// A process and the processes it has started, by name.
export function familyOf(pid: number): Map<string, number> {
  const name = (id: number): string => readFileSync(`/proc/${id}/comm`, "utf8").trim();
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return new Map([pid, ...children].map((id) => [name(id), id]));
}
