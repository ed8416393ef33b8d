// Builds the pages of web/ and makes them a part of the server: embed_web.ts OUTPUT_FOLDER.
// Writes there: site/ (the pages), site.bin (every file, plain, brotli and gzip, one after the other), site.cc (the
// table of them; takes site.bin in with .incbin) and sizes.json. Prints what the first page weighs.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

export const firstPageLimit = 120 * 1024; // bytes, compressed, all files of it

const types: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

type Embedded = { path: string; type: string; etag: string; plain: Buffer; brotli: Buffer; gzip: Buffer };

// A coding that saves nothing is left out.
function embed(folder: string, path: string): Embedded {
  const plain = readFileSync(join(folder, path));
  const type = types[extname(path)];
  if (!type) throw new Error(`no content type for ${path}`);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const smaller = (coded: Buffer) => (coded.length < plain.length ? coded : Buffer.alloc(0));
  return {
    path: `/${path}`,
    type,
    etag: createHash("sha256").update(plain).digest("base64url").slice(0, 22),
    plain,
    brotli: smaller(brotliCompressSync(plain, { params })),
    gzip: smaller(gzipSync(plain, { level: 9 })),
  };
}

const quoted = (text: string) => JSON.stringify(text);

function tableOf(files: Embedded[], blob: string): string {
  let offset = 0;
  const view = (bytes: Buffer) => {
    const text = bytes.length === 0 ? "{}" : `bytes(${offset}, ${bytes.length})`;
    offset += bytes.length;
    return text;
  };
  const rows = files.map(({ path, type, etag, plain, brotli, gzip }) => {
    const fields = [path, type, `"${etag}"`].map(quoted);
    return `    {${fields.join(", ")}, ${view(plain)}, ${view(brotli)}, ${view(gzip)}},`;
  });
  return `// Made by tools/embed_web.ts.
#include "faces/portal/pages.h"

asm(".section .rodata.valetkey_site, \\"a\\", @progbits\\n"
    ".global valetkey_site_bytes\\n"
    ".balign 16\\n"
    "valetkey_site_bytes:\\n"
    ".incbin \\"${blob}\\"\\n"
    ".previous\\n");
extern "C" const char valetkey_site_bytes[];

namespace valetkey::faces {

std::span<const PageFile> page_files() {
  auto bytes = [](size_t offset, size_t size) { return std::string_view(valetkey_site_bytes + offset, size); };
  static const PageFile files[] = {
${rows.join("\n")}
  };
  return files;
}

}  // namespace valetkey::faces
`;
}

type Chunk = {
  type: "chunk" | "asset";
  fileName: string;
  isEntry?: boolean;
  imports?: string[];
  facadeModuleId?: string | null;
};

// What a browser loads to show a page: the HTML, the styles, the entry and all that it and the page's chunk import.
function filesOfPage(chunks: Chunk[], page: string): Set<string> {
  const wanted = new Set(["index.html"]);
  const add = (name: string) => {
    if (wanted.has(name)) return;
    wanted.add(name);
    chunks.find((chunk) => chunk.fileName === name)?.imports?.forEach(add);
  };
  for (const chunk of chunks) {
    const ofPage = chunk.facadeModuleId?.endsWith(`/pages/${page}.tsx`);
    if (chunk.isEntry || ofPage || /\.(css|svg)$/.test(chunk.fileName)) add(chunk.fileName);
  }
  return wanted;
}

export async function embedWeb(output: string): Promise<Record<string, number>> {
  const site = join(output, "site");
  const built = await build({
    configFile: join(import.meta.dirname, "../web/vite.config.ts"),
    logLevel: "warn",
    build: { outDir: site },
  });
  if (!("output" in built)) throw new Error("vite gave no single output");
  const chunks = built.output as Chunk[];

  const names = readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((name) => extname(name))
    .sort();
  const files = names.map((name) => embed(site, name));
  const blob = join(output, "site.bin");
  writeFileSync(blob, Buffer.concat(files.flatMap(({ plain, brotli, gzip }) => [plain, brotli, gzip])));
  writeFileSync(join(output, "site.cc"), tableOf(files, blob));

  const sizes: Record<string, number> = {};
  const size = ({ plain, gzip }: Embedded) => (gzip.length ? gzip : plain).length;
  for (const page of readdirSync(join(import.meta.dirname, "../web/src/pages")).map((name) =>
    name.replace(".tsx", ""),
  )) {
    const parts = filesOfPage(chunks, page);
    if (!chunks.some((chunk) => chunk.facadeModuleId?.endsWith(`/pages/${page}.tsx`))) continue;
    sizes[page] = files
      .filter(({ path }) => parts.has(path.slice(1)))
      .reduce((sum, file) => sum + size(file), 0);
  }
  writeFileSync(join(output, "sizes.json"), JSON.stringify(sizes, null, 2));
  return sizes;
}

if (import.meta.main) {
  const output = resolve(process.argv[2] ?? "build/web");
  mkdirSync(output, { recursive: true });
  const sizes = await embedWeb(output);
  const [page, bytes] = Object.entries(sizes).sort((a, b) => b[1] - a[1])[0]!;
  console.log(`web: the heaviest first page is ${page}, ${(bytes / 1024).toFixed(1)} KB gzipped in all`);
  if (bytes > firstPageLimit) {
    console.error(`web: that is over ${firstPageLimit / 1024} KB`);
    process.exit(1);
  }
}
