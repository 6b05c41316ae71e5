// Builds the page into dist/, which is committed and embedded into the program.
// The output depends on the sources and the locked packages only: fixed entry
// names, content hashes for the chunks that load later, no times.
import { build, context } from "esbuild";
import { cp, mkdir, readdir, rm, stat, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import path from "node:path";

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const out = path.join(here, "dist");

// The page is served under content security rules that only allow its own files.
const page = {
  absWorkingDir: here,
  entryPoints: { page: "src/main.tsx" },
  outdir: out,
  entryNames: "[name]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  target: ["es2022", "chrome123", "firefox121", "safari17.5"],
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
};

// The page's rules forbid <style> elements, which style-mod makes for a document
// although it can adopt sheets there as it does below a shadow root.
const adoptSheets = {
  name: "adopt-sheets",
  setup(b) {
    b.onLoad({ filter: /style-mod[\\/]src[\\/]style-mod\.js$/ }, async (args) => {
      const text = await readFile(args.path, "utf8");
      if (!text.includes("!root.head && root.adoptedStyleSheets")) throw new Error("style-mod has changed: see adoptSheets in build.mjs");
      return { contents: text.replace("!root.head && root.adoptedStyleSheets", "root.adoptedStyleSheets") };
    });
  },
};
page.plugins = [adoptSheets];

const limits = { first: 100_000, all: 600_000 };

async function buildPage() {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await build(page);
  await cp(path.join(here, "src/index.html"), path.join(out, "index.html"));
  await cp(path.join(here, "src/icon.svg"), path.join(out, "icon.svg"));
  await writeFile(path.join(out, "licenses.txt"), await licenses());
  await report();
}

const editorPackages = [
  ...["autocomplete", "commands", "lang-go", "lang-sql", "language", "state", "streamparser", "view"].map((n) => "@codemirror/" + n),
  ...["common", "go", "highlight", "lr"].map((n) => "@lezer/" + n), "@marijn/find-cluster-break", "crelt", "style-mod", "w3c-keyname",
];

// licenses gathers the notices of the bundled packages, which their licenses ask for.
async function licenses() {
  const names = ["preact", "@preact/signals", "@preact/signals-core", "echarts", "zrender", "tslib", ...editorPackages];
  const parts = await Promise.all(names.map(async (name) => {
    const dir = path.join(here, "node_modules", name);
    const meta = JSON.parse(await readFile(path.join(dir, "package.json"), "utf8"));
    const files = (await readdir(dir, { withFileTypes: true }))
      .filter((f) => f.isFile() && /^(license|notice)/i.test(f.name)).map((f) => f.name).sort();
    const texts = await Promise.all(files.map((f) => readFile(path.join(dir, f), "utf8")));
    return `${name} ${meta.version} (${meta.license})\n\n${texts.join("\n").trim()}\n`;
  }));
  return parts.join(`\n${"-".repeat(72)}\n\n`);
}

// report prints the sizes and fails when the page has grown past its limits.
async function report() {
  let first = 0;
  let all = 0;
  for (const name of (await readdir(out)).sort()) {
    if (name === "licenses.txt" || !(await stat(path.join(out, name))).isFile()) continue;
    const size = gzipSync(await readFile(path.join(out, name)), { level: 9 }).length;
    all += size;
    if (!name.includes("-")) first += size;
    console.log(`${name.padEnd(28)} ${(size / 1000).toFixed(1).padStart(7)} kB gzip`);
  }
  const early = await eager();
  first += early;
  console.log(`first view ${(first / 1000).toFixed(1)} kB, all ${(all / 1000).toFixed(1)} kB gzip`);
  if (first > limits.first || all > limits.all) {
    throw new Error(`the page is too big: first view at most ${limits.first} B, all at most ${limits.all} B`);
  }
}

// eager is the gzip size of the chunks that the entry imports at once.
async function eager() {
  const entry = await readFile(path.join(out, "page.js"), "utf8");
  const names = [...entry.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)].map((m) => m[1]);
  const sizes = await Promise.all(names.map(async (n) => gzipSync(await readFile(path.join(out, n)), { level: 9 }).length));
  return sizes.reduce((a, b) => a + b, 0);
}

async function buildTests() {
  const files = (await readdir(path.join(here, "test"))).filter((f) => f.endsWith(".test.ts") || f.endsWith(".test.tsx")).sort();
  await build({
    absWorkingDir: here,
    stdin: { contents: files.map((f) => `import "./test/${f}";`).join("\n"), resolveDir: here },
    outfile: path.join(here, ".test/all.test.mjs"),
    bundle: true, format: "esm", platform: "node", target: "node20", sourcemap: "inline",
    jsx: "automatic", jsxImportSource: "preact", logLevel: "warning",
    define: { "process.env.UI_ROOT": JSON.stringify(here) },
  });
}

if (process.argv.includes("--test")) {
  await buildTests();
} else if (process.argv.includes("--watch")) {
  await buildPage();
  await (await context({ ...page, sourcemap: "inline" })).watch();
} else {
  await buildPage();
}
