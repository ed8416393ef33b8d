// A QR code (ISO/IEC 18004): bytes, error correction level M, versions 1 to 20, which is 666 bytes.
type Grid = boolean[][];

// Of level M, by version.
const eccPerBlock = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const blockCount = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
const levelM = 0b00;

const at = (list: number[], index: number) => list[index] ?? 0;

function codewords(version: number): number {
  const aligned = Math.floor(version / 7) + 2;
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) bits -= (25 * aligned - 10) * aligned - 55;
  if (version >= 7) bits -= 36;
  return Math.floor(bits / 8);
}

const dataCodewords = (version: number) =>
  codewords(version) - at(eccPerBlock, version) * at(blockCount, version);

// Mode and length, the bytes, the end, padding up to what the version holds.
function dataOf(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const push = (value: number, count: number) => {
    for (let i = count - 1; i >= 0; --i) bits.push((value >>> i) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  const room = dataCodewords(version) * 8;
  push(0, Math.min(4, room - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  const data: number[] = [];
  for (let i = 0; i < bits.length; i += 8)
    data.push(bits.slice(i, i + 8).reduce((sum, bit) => sum * 2 + bit, 0));
  for (let pad = 0xec; data.length < room / 8; pad ^= 0xec ^ 0x11) data.push(pad);
  return data;
}

// In GF(256) with the polynomial 0x11d.
function multiply(a: number, b: number): number {
  let product = 0;
  for (let i = 7; i >= 0; --i) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> i) & 1) * a;
  }
  return product;
}

function generator(degree: number): number[] {
  const polynomial = [...new Array<number>(degree - 1).fill(0), 1];
  for (let i = 0, root = 1; i < degree; ++i, root = multiply(root, 2)) {
    for (let j = 0; j < degree; ++j)
      polynomial[j] = multiply(at(polynomial, j), root) ^ at(polynomial, j + 1);
  }
  return polynomial;
}

function remainder(data: number[], divisor: number[]): number[] {
  const rest = divisor.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (rest.shift() ?? 0);
    rest.push(0);
    divisor.forEach((coefficient, i) => (rest[i] = at(rest, i) ^ multiply(coefficient, factor)));
  }
  return rest;
}

// Split into blocks, each with its own correction; then the first of every block, the second of every block...
function interleaved(data: number[], version: number): number[] {
  const blocks = at(blockCount, version);
  const ecc = at(eccPerBlock, version);
  const short = Math.floor(codewords(version) / blocks) - ecc;
  const shortBlocks = blocks - (codewords(version) % blocks);
  const divisor = generator(ecc);
  const parts: { data: number[]; ecc: number[] }[] = [];
  for (let i = 0, start = 0; i < blocks; ++i) {
    const part = data.slice(start, (start += short + (i < shortBlocks ? 0 : 1)));
    parts.push({ data: part, ecc: remainder(part, divisor) });
  }
  const result: number[] = [];
  for (let i = 0; i <= short; ++i)
    for (const part of parts) if (i < part.data.length) result.push(at(part.data, i));
  for (let i = 0; i < ecc; ++i) for (const part of parts) result.push(at(part.ecc, i));
  return result;
}

class Drawing {
  readonly size: number;
  readonly dark: Grid;
  private readonly fixed: Grid; // patterns, which data and masks leave alone
  private readonly version: number;

  constructor(version: number) {
    this.version = version;
    this.size = 17 + 4 * version;
    const empty = () => Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false));
    this.dark = empty();
    this.fixed = empty();
    this.drawPatterns();
  }

  private set(x: number, y: number, dark: boolean): void {
    const row = this.dark[y];
    const fixed = this.fixed[y];
    if (!row || !fixed || x < 0 || x >= this.size) return;
    row[x] = dark;
    fixed[x] = true;
  }

  private drawPatterns(): void {
    const { size, version } = this;
    for (let i = 0; i < size; ++i) {
      this.set(6, i, i % 2 === 0);
      this.set(i, 6, i % 2 === 0);
    }
    const end = size - 7;
    for (const [left, top] of [
      [0, 0],
      [end, 0],
      [0, end],
    ] as const)
      this.drawFinder(left + 3, top + 3);
    const places = this.alignment();
    const last = places.length - 1;
    places.forEach((x, i) => {
      places.forEach((y, j) => {
        const atFinder = (i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0);
        if (!atFinder) this.drawRings(x, y, 2, (ring) => ring !== 1);
      });
    });
    if (version >= 7) this.drawVersion();
    this.drawFormat(0); // keeps the place
  }

  private drawRings(x: number, y: number, radius: number, dark: (ring: number) => boolean): void {
    for (let dy = -radius; dy <= radius; ++dy) {
      for (let dx = -radius; dx <= radius; ++dx)
        this.set(x + dx, y + dy, dark(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  }

  private drawFinder(x: number, y: number): void {
    this.drawRings(x, y, 4, (ring) => ring !== 2 && ring !== 4);
  }

  private alignment(): number[] {
    if (this.version === 1) return [];
    const count = Math.floor(this.version / 7) + 2;
    const step = Math.floor((this.version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
    const places = [6];
    for (let i = count - 2; i >= 0; --i) places.push(this.size - 7 - i * step);
    return places;
  }

  private drawVersion(): void {
    let rest = this.version;
    for (let i = 0; i < 12; ++i) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let i = 0; i < 18; ++i) {
      const far = this.size - 11 + (i % 3);
      const near = Math.floor(i / 3);
      this.set(far, near, ((bits >>> i) & 1) === 1);
      this.set(near, far, ((bits >>> i) & 1) === 1);
    }
  }

  drawFormat(mask: number): void {
    const data = (levelM << 3) | mask;
    let rest = data;
    for (let i = 0; i < 10; ++i) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const { size } = this;
    for (let i = 0; i < 15; ++i) {
      const dark = ((bits >>> i) & 1) === 1;
      this.set(8, i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, dark);
      this.set(i < 8 ? size - 1 - i : i === 8 ? 7 : 14 - i, 8, dark);
    }
    this.set(8, size - 8, true);
  }

  // Two columns at a time from the right, up and down in turn.
  drawData(data: number[]): void {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const upward = ((right + 1) & 2) === 0;
      for (let step = 0; step < this.size; ++step) {
        const y = upward ? this.size - 1 - step : step;
        for (const x of [right, right - 1]) {
          const row = this.dark[y];
          if (!row || this.fixed[y]?.[x] || i >= data.length * 8) continue;
          row[x] = ((at(data, i >>> 3) >>> (7 - (i & 7))) & 1) === 1;
          ++i;
        }
      }
    }
  }

  applyMask(mask: number): void {
    this.dark.forEach((row, y) => {
      row.forEach((dark, x) => {
        if (!this.fixed[y]?.[x] && masks[mask]?.(x, y) === 0) row[x] = !dark;
      });
    });
  }
}

const masks: ((x: number, y: number) => number)[] = [
  (x, y) => (x + y) % 2,
  (_, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

// How hard a mask is to read: long runs, squares of one colour, what looks like a finder, too much of one colour.
function penalty(grid: Grid): number {
  const lines = grid.map((row) => row.map((dark) => (dark ? "1" : "0")).join(""));
  const columns = lines.map((_, x) => lines.map((line) => line[x]).join(""));
  let sum = 0;
  for (const line of [...lines, ...columns]) {
    for (const run of line.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    sum += 40 * (line.match(/(?=10111010000)|(?=00001011101)/g)?.length ?? 0);
  }
  for (let y = 1; y < lines.length; ++y) {
    for (let x = 1; x < lines.length; ++x) {
      const square = `${lines[y - 1]?.slice(x - 1, x + 1)}${lines[y]?.slice(x - 1, x + 1)}`;
      if (square === "0000" || square === "1111") sum += 3;
    }
  }
  const dark = lines.join("").replaceAll("0", "").length / lines.length ** 2;
  return sum + 10 * Math.floor(Math.abs(dark * 100 - 50) / 5);
}

// Rows of modules, true is dark, without the quiet zone. Throws when the text is too long.
export function qrMatrix(text: string): Grid {
  const bytes = new TextEncoder().encode(text);
  let version = 1;
  while (dataCodewords(version) * 8 < 4 + (version < 10 ? 8 : 16) + bytes.length * 8) {
    if (++version >= eccPerBlock.length) throw new Error("too long for a QR code");
  }
  const drawing = new Drawing(version);
  drawing.drawData(interleaved(dataOf(bytes, version), version));
  let best = 0;
  let least = Infinity;
  for (let mask = 0; mask < masks.length; ++mask) {
    drawing.applyMask(mask);
    drawing.drawFormat(mask);
    const score = penalty(drawing.dark);
    if (score < least) [best, least] = [mask, score];
    drawing.applyMask(mask); // twice is none
  }
  drawing.applyMask(best);
  drawing.drawFormat(best);
  return drawing.dark;
}
