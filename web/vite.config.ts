// The pages' build. tools/embed_web.ts runs it for the server and names the output folder; `npx vite web` with
// `node web/dev/mock.ts 5174` beside it shows the sources in a browser as they change.
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  appType: "spa",
  publicDir: false,
  server: { host: "127.0.0.1", proxy: { "/portal/api": "http://127.0.0.1:5174" } },
  build: {
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0, // the CSP takes nothing from data: but images, and a hash is cached better
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
  },
});
