// Secrets, and the search for them in whatever encoding they were left behind.
export type Needle = { what: string; bytes: Buffer };

// A value within a longer text in base64 has one of three shapes, by its place; what its neighbours share is left out.
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").replace(/=+$/, "");
    const partial = (shift + bytes.length) % 3 === 0 ? 0 : 1;
    return text.slice(Math.ceil((shift * 8) / 6), text.length - partial);
  });
}

function shapesOf(bytes: Buffer): Buffer[] {
  const texts = new Set<string>();
  for (const text of inBase64(bytes)) texts.add(text).add(text.replaceAll("+", "-").replaceAll("/", "_"));
  texts.add(bytes.toString("hex")).add(bytes.toString("hex").toUpperCase());
  return [bytes, ...[...texts].map((text) => Buffer.from(text, "latin1"))];
}

export function findAll(needles: Needle[], hay: Map<string, Buffer>): string[] {
  const found: string[] = [];
  for (const { what, bytes } of needles) {
    const shapes = shapesOf(bytes);
    for (const [place, content] of hay) {
      for (const shape of shapes) {
        const at = content.indexOf(shape);
        if (at >= 0) found.push(`${what} in ${place}: ...${content.subarray(Math.max(0, at - 60), at).toString("latin1")}<HERE>`);
      }
    }
  }
  return found;
}

// The bytes as they are only: memory is large, and what is encoded there is what has come or gone that way.
export function findBytes(needles: Needle[], hay: Map<string, Buffer>): string[] {
  const found: string[] = [];
  for (const { what, bytes } of needles) {
    for (const [place, content] of hay) {
      for (let at = content.indexOf(bytes); at >= 0; at = content.indexOf(bytes, at + bytes.length)) {
        const before = content.subarray(Math.max(0, at - 40), at).toString("latin1").replace(/[^ -~]/g, ".");
        found.push(`${what} in ${place} +${at.toString(16)}: ${before}<HERE>`);
      }
    }
  }
  return found;
}

export class Secrets {
  readonly needles = new Map<string, Needle>();

  add(what: string, value: string | Buffer | undefined): void {
    if (value === undefined) return;
    const bytes = Buffer.from(value as string);
    if (bytes.length < 8) return; // would be found by chance
    this.needles.set(bytes.toString("hex"), { what, bytes });
  }

  // A token, and if it is a JWT its signature: a token cut short is a leak too.
  addToken(what: string, token: string): void {
    this.add(what, token);
    const parts = token.split(".");
    if (parts.length === 3 && token.startsWith("ey")) {
      this.add(`${what}'s signature`, parts[2]);
      this.add(`${what}'s payload`, parts[1]);
    }
  }

  all(): Needle[] {
    return [...this.needles.values()];
  }

  count(what: string): number {
    return [...this.needles.values()].filter((needle) => needle.what === what).length;
  }
}
