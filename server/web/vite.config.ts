/** Builds the islands, one entry a file of src/entries, and the style sheet of every page. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const here = import.meta.dirname;
const entries = join(here, "src", "entries");
const target = resolve(here, "..", "portsmouth_server", "static", "built");
const LEAST_BYTES_WORTH_COMPRESSING = 512;

/** Writes beside each text file what it is in brotli and gzip, so that the server compresses nothing. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle(options, bundle) {
      for (const name of Object.keys(bundle)) {
        if (!/\.(js|css|svg|json)$/.test(name) || name.startsWith(".vite")) continue;
        const file = join(options.dir ?? target, name);
        const content = readFileSync(file);
        if (content.length < LEAST_BYTES_WORTH_COMPRESSING) continue;
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
        };
        writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: here,
  // The pages may stand under any path: files name each other relative to themselves.
  base: "./",
  publicDir: false,
  plugins: [compressed()],
  build: {
    outDir: target,
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["chrome123", "firefox120", "safari17.5"],
    rolldownOptions: {
      input: Object.fromEntries(
        readdirSync(entries).map((name) => [basename(name, ".ts"), join(entries, name)]),
      ),
    },
  },
});
