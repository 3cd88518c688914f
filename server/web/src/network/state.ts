/** What is looked at, as one value: everything on the page follows from it and the network, and the address holds it. */
import { type Act, type Told, within } from "./model.ts";

export interface State {
  readonly manners: readonly string[];
  /** The texts that it is told from: the stance. */
  readonly parts: string;
  /** Parts out of which acts are picked; the page offers none, addresses may have them. */
  readonly picked: readonly string[];
  readonly effects: boolean;
  readonly rollUp: string;
  readonly since: string | null;
  readonly until: string | null;
  readonly actor: string | null;
  readonly act: string | null;
  readonly from: string;
  readonly to: string;
  readonly certain: boolean;
}

export const NOTHING: State = {
  manners: [],
  parts: "",
  picked: [],
  effects: false,
  rollUp: "",
  since: null,
  until: null,
  actor: null,
  act: null,
  from: "",
  to: "",
  certain: false,
};

export function read(query: string): State {
  const given = new URLSearchParams(query);
  return {
    manners: given.getAll("manner"),
    parts: given.get("parts") ?? "",
    picked: given.getAll("part").filter(Boolean),
    effects: given.get("effects") === "true",
    rollUp: given.get("roll-up") ?? "",
    since: given.get("since") || null,
    until: given.get("until") || null,
    actor: given.get("actor") || null,
    act: given.get("act") || null,
    from: given.get("from") ?? "",
    to: given.get("to") ?? "",
    certain: given.get("certain") === "true",
  };
}

/** What narrows the network at the server, which the data exports and the path finder share. */
export function filters(state: State, time = true): URLSearchParams {
  const query = new URLSearchParams();
  if (state.parts) query.set("parts", state.parts);
  for (const part of state.picked) query.append("part", part);
  if (state.effects) query.set("effects", "true");
  if (state.rollUp) query.set("roll-up", state.rollUp);
  if (time && state.since) query.set("since", state.since);
  if (time && state.until) query.set("until", state.until);
  return query;
}

export function write(state: State): string {
  const query = new URLSearchParams();
  for (const manner of state.manners) query.append("manner", manner);
  for (const [name, value] of filters(state)) query.append(name, value);
  if (state.actor) query.set("actor", state.actor);
  if (state.act) query.set("act", state.act);
  if (state.from) query.set("from", state.from);
  if (state.to) query.set("to", state.to);
  if (state.certain) query.set("certain", "true");
  return query.toString();
}

/** How things appear under a state. */
export interface Appearance {
  /** Arcs that are drawn, by their place among the acts. */
  readonly acts: ReadonlySet<number>;
  /** Actors at an end of one of them, and whoever is chosen. */
  readonly actors: ReadonlySet<string>;
  /** Arcs of the chosen act or chain. */
  readonly chosenActs: ReadonlySet<number>;
  /** Arcs that lead from or to the chosen actor. */
  readonly nearActs: ReadonlySet<number>;
  readonly chosenActors: ReadonlySet<string>;
  readonly nearActors: ReadonlySet<string>;
  /** Undated acts that are left out because a time is asked for. */
  readonly hidden: number;
}

/** A hop of a chain, as much of it as finds its arc. */
export interface Step {
  readonly event: string;
  readonly source: string;
  readonly target: string;
}

export function appearance(told: Told, state: State, chain: readonly Step[] = []): Appearance {
  const acts = new Set<number>();
  let hidden = 0;
  told.acts.forEach((act, at) => {
    if (state.manners.length && !state.manners.includes(act.manner)) return;
    if (within(act, state.since, state.until)) acts.add(at);
    else if (!act.earliest && !act.latest) hidden++;
  });
  const actors = new Set<string>();
  const chosenActs = new Set<number>();
  const nearActs = new Set<number>();
  const chosenActors = new Set<string>();
  const nearActors = new Set<string>();
  const choose = (act: Act, at: number): void => {
    chosenActs.add(at);
    chosenActors.add(act.source).add(act.target);
  };
  const steps = new Set(chain.map((step) => `${step.event}|${step.source}|${step.target}`));
  told.acts.forEach((act, at) => {
    if (steps.has(`${act.event}|${act.source}|${act.target}`)) {
      acts.add(at);
      choose(act, at);
    }
    if (!acts.has(at)) return;
    actors.add(act.source).add(act.target);
    if (steps.size) return;
    if (state.act === act.event) choose(act, at);
    else if (state.actor && (act.source === state.actor || act.target === state.actor)) {
      nearActs.add(at);
      nearActors.add(act.source).add(act.target);
    }
  });
  if (state.actor && !steps.size && !state.act) {
    chosenActors.add(state.actor);
    actors.add(state.actor);
  }
  return { acts, actors, chosenActs, nearActs, chosenActors, nearActors, hidden };
}
