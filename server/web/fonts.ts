/**
 * Cuts the fonts of npm to what the pages need and writes generated/fonts.css.
 *
 * The packages keep all of extended Latin in one file of 33 kB. Romanised Japanese needs its macrons on
 * every page and the rest on none, so Latin Extended-A becomes a small file of its own.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import subsetFont from "subset-font";

const here = import.meta.dirname;
const generated = join(here, "generated");
const packages = createRequire(import.meta.url);

interface Family {
  readonly name: string;
  readonly source: string;
  readonly weights: readonly number[];
  readonly subsets: readonly string[];
}

const FAMILIES: readonly Family[] = [
  {
    name: "Source Sans 3",
    source: "source-sans-3",
    weights: [400, 600],
    subsets: ["latin", "latin-ext", "cyrillic"],
  },
  {
    name: "Source Serif 4",
    source: "source-serif-4",
    weights: [400, 600],
    subsets: ["latin", "latin-ext", "cyrillic"],
  },
  { name: "Noto Sans Thai", source: "noto-sans-thai", weights: [400, 600], subsets: ["thai"] },
  { name: "Noto Serif Thai", source: "noto-serif-thai", weights: [400, 600], subsets: ["thai"] },
];

const EXTENDED_A = "U+0100-0130,U+0132-0151,U+0154-017F";
const RANGES: Readonly<Record<string, string>> = {
  latin:
    "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
  "latin-ext":
    "U+0180-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+A720-A7FF",
  cyrillic: "U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116",
  thai: "U+0E01-0E5B,U+200C-200D,U+25CC",
};

function characters(ranges: string): string {
  let text = "";
  for (const range of ranges.split(",")) {
    const [first = "", last = first] = range.replace("U+", "").split("-");
    for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code++) {
      text += String.fromCodePoint(code);
    }
  }
  return text;
}

function face(family: Family, weight: number, file: string, range: string): string {
  return `@font-face {
  font-family: "${family.name}";
  font-style: normal;
  font-weight: ${weight};
  font-display: swap;
  src: url("./${file}") format("woff2");
  unicode-range: ${range};
}
`;
}

rmSync(generated, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
let sheet = "";
for (const family of FAMILIES) {
  const folder = join(packages.resolve(`@fontsource/${family.source}/package.json`), "..", "files");
  for (const weight of family.weights) {
    for (const subset of family.subsets) {
      const file = `${family.source}-${subset}-${weight}-normal.woff2`;
      const content = readFileSync(join(folder, file));
      if (subset === "latin-ext") {
        const small = `${family.source}-macrons-${weight}-normal.woff2`;
        const cut = await subsetFont(content, characters(EXTENDED_A), { targetFormat: "woff2" });
        writeFileSync(join(generated, small), cut);
        sheet += face(family, weight, small, EXTENDED_A);
      }
      const used =
        subset === "latin"
          ? await subsetFont(content, characters(RANGES.latin ?? ""), { targetFormat: "woff2" })
          : content;
      writeFileSync(join(generated, file), used);
      sheet += face(family, weight, file, RANGES[subset] ?? "");
    }
  }
}
writeFileSync(join(generated, "fonts.css"), sheet);
