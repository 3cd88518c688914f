/** The network as the server told it, and what can be asked of it. Nothing here is ever changed by the view. */

export type Kind = "person" | "institution" | "state";

export interface Actor {
  readonly id: string;
  readonly url: string;
  readonly name: string;
  readonly type: Kind;
  /** The slug of the state on whose side the actor stands; empty where nothing says. */
  readonly side: string;
  /** The name of the side's colour. */
  readonly look: string;
  /** How many arcs lead from and to the actor in the whole network. */
  readonly acts: number;
}

export interface Stated {
  readonly date: string;
  readonly calendar: string;
  readonly passage: string;
}

/** One arc of an act of influence; acts through an intermediary have several. */
export interface Act {
  readonly event: string;
  readonly url: string;
  readonly source: string;
  readonly target: string;
  readonly leg: "direct" | "mandate" | "dispatch" | "delivery";
  readonly modes: readonly string[];
  readonly manner: string;
  readonly outcomes: readonly string[];
  readonly effect: boolean;
  readonly earliest: string | null;
  readonly latest: string | null;
  readonly stated: readonly Stated[];
  readonly passages: readonly string[];
  readonly disputed: boolean;
  readonly reported: boolean;
}

export interface Passage {
  readonly url: string;
  readonly part: string | null;
  readonly line: number | null;
  readonly gloss: string;
}

export interface Told {
  readonly counts: { readonly nodes: number; readonly events: number; readonly passages: number };
  readonly partial: boolean;
  readonly actors: readonly Actor[];
  readonly acts: readonly Act[];
  readonly sides: Readonly<Record<string, string>>;
  readonly passages: Readonly<Record<string, Passage>>;
}

/** A month as a whole number, so that months can be counted and compared: 1905-09 is 22868. */
export function monthOf(day: string): number {
  return Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
}

export function firstDay(month: number): string {
  return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}-01`;
}

export function lastDay(month: number): string {
  const year = Math.floor(month / 12);
  const days = new Date(Date.UTC(year, (month % 12) + 1, 0)).getUTCDate();
  return `${year}-${String((month % 12) + 1).padStart(2, "0")}-${days}`;
}

/** The key of an arc, the same in every telling of one snapshot. */
export function keyOf(act: Act): string {
  return `${act.event}|${act.leg}|${act.source}|${act.target}`;
}

export function isDated(act: Act): boolean {
  return act.earliest !== null || act.latest !== null;
}

/** Whether an act may lie within days, the bounds included; an undated act only where there are no bounds. */
export function within(act: Act, since: string | null, until: string | null): boolean {
  if (!since && !until) return true;
  if (!isDated(act)) return false;
  return !(since && act.latest && act.latest < since) && !(until && act.earliest && act.earliest > until);
}

/** The months from the first to the last of which an act speaks, with how many acts may lie in each. */
export function months(acts: readonly Act[]): { first: number; counts: number[] } {
  const dated = acts.filter(isDated);
  const ends = dated.flatMap((act) => [act.earliest, act.latest]).filter((day) => day !== null);
  if (!ends.length) return { first: monthOf("1904-01-01"), counts: [] };
  const all = ends.map(monthOf);
  const first = Math.min(...all);
  const counts = new Array<number>(Math.max(...all) - first + 1).fill(0);
  for (const act of dated) {
    const from = monthOf(act.earliest ?? act.latest ?? "");
    const to = monthOf(act.latest ?? act.earliest ?? "");
    for (let month = from; month <= to; month++) {
      // An act of uncertain date is one act, spread over the months in which it may lie.
      counts[month - first] = (counts[month - first] ?? 0) + 1 / (to - from + 1);
    }
  }
  return { first, counts };
}

/** Joins what is drawn with what was asked for in addition; what is known already stays as it is. */
export function joined(known: Told, more: Told): Told {
  const actors = new Map([...known.actors, ...more.actors].map((actor) => [actor.id, actor]));
  const acts = new Map([...known.acts, ...more.acts].map((act) => [keyOf(act), act]));
  return {
    ...known,
    actors: [...actors.values()],
    acts: [...acts.values()],
    sides: { ...more.sides, ...known.sides },
    passages: { ...more.passages, ...known.passages },
  };
}
