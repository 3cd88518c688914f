/** What the page says, in the reader's language, as the server wrote it into the page; and how it writes days. */

export interface Words {
  readonly [name: string]: string;
}

export interface Texts {
  readonly words: Words;
  readonly manners: Words;
  readonly legs: Words;
  /** The modes of each manner but words, which any other mode is. */
  readonly modes: Readonly<Record<string, readonly string[]>>;
}

export function texts(told: Readonly<Record<string, unknown>>): Texts {
  const words = Object.fromEntries(
    Object.entries(told).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
  const { manners, legs, modes } = told as unknown as Omit<Texts, "words">;
  return { words, manners, legs, modes };
}

/** How an act is drawn, by the short names of its modes. */
export function mannerOf(modes: readonly string[], known: Texts["modes"]): string {
  const found = Object.entries(known).find(([, members]) => members.some((mode) => modes.includes(mode)));
  return found?.[0] ?? "words";
}

/** Thai counts Gregorian years here, as the texts' own years would need their calendar's name beside them. */
function locale(): string {
  const language = document.documentElement.lang;
  return language === "th" ? "th-u-ca-gregory" : "en-GB";
}

export function day(text: string): string {
  return new Intl.DateTimeFormat(locale(), {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  }).format(new Date(`${text}T00:00:00Z`));
}

export function monthName(month: number, long = true): string {
  const date = new Date(Date.UTC(Math.floor(month / 12), month % 12, 1));
  const options: Intl.DateTimeFormatOptions = long
    ? { month: "short", year: "numeric", timeZone: "UTC" }
    : { month: "short", timeZone: "UTC" };
  return new Intl.DateTimeFormat(locale(), options).format(date);
}

/** The days between which an act lies, as far as the texts say. */
export function span(earliest: string | null, latest: string | null): string {
  if (earliest && latest) return earliest === latest ? day(earliest) : `${day(earliest)} – ${day(latest)}`;
  if (earliest) return `≥ ${day(earliest)}`;
  return latest ? `≤ ${day(latest)}` : "";
}
