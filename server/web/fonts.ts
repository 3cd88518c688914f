/**
 * Cuts the fonts of npm to what the pages need and writes generated/fonts.css.
 *
 * The packages keep all of extended Latin in one file of 33 kB. Romanised Japanese needs its macrons on
 * every page and the rest on none, so Latin Extended-A becomes a small file of its own; and so do the letters
 * of Latin-1 with their accents, which few pages have.
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

/** What running text needs of a font's features; small capitals and the like are glyphs that no page shows. */
const FEATURES = ["ccmp", "locl", "mark", "mkmk", "kern", "liga", "rlig", "clig", "calt", "tnum", "lnum"];
/** The name of the language in the bar of every page, which would otherwise cost it the whole Thai font. */
const THAI_IN_THAI = "U+0E17,U+0E22,U+0E44";
const EXTENDED_A = "U+0100-0130,U+0132-0151,U+0154-017F";
const RANGES: Readonly<Record<string, string>> = {
  latin:
    "U+0020-007E,U+00A0,U+00B7,U+00D7,U+2009,U+2011,U+2013-2014,U+2018-2019,U+201C-201D,U+2022,U+2026,U+202F,U+2190-2193,U+2212,U+FFFD",
  "latin-1":
    "U+0000-001F,U+007F-009F,U+00A1-00B6,U+00B8-00D6,U+00D8-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-2008,U+200A-2010,U+2012,U+2015-2017,U+201A-201B,U+201E-2021,U+2023-2025,U+2027-202E,U+2030-206F,U+20AC,U+2122,U+2215,U+FEFF",
  "latin-ext":
    "U+0180-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+A720-A7FF",
  cyrillic: "U+0301,U+0401,U+0410-044F,U+0451,U+2116",
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
      const content = readFileSync(join(folder, `${family.source}-${subset}-${weight}-normal.woff2`));
      const add = async (name: string, range: string): Promise<void> => {
        const options = { targetFormat: "woff2", keepFeatures: FEATURES } as const;
        const small = `${family.source}-${name}-${weight}-normal.woff2`;
        writeFileSync(join(generated, small), await subsetFont(content, characters(range), options));
        sheet += face(family, weight, small, range);
      };
      if (subset === "latin-ext") await add("macrons", EXTENDED_A);
      if (subset === "latin") await add("latin-1", RANGES["latin-1"] ?? "");
      await add(subset, RANGES[subset] ?? "");
      // The last face that has a letter is taken for it.
      if (family.source === "noto-sans-thai" && weight === 400) await add("thai-in-thai", THAI_IN_THAI);
    }
  }
}
writeFileSync(join(generated, "fonts.css"), sheet);
