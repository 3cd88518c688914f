/** What is read beside the picture: an act and the passages that tell of it, an actor, a chain of acts. */
import { el, svg } from "../common/dom.ts";
import { sample } from "./marks.ts";
import type { Act, Actor, Told } from "./model.ts";
import type { Appearance, State, Step } from "./state.ts";
import { day, mannerOf, span, type Texts } from "./words.ts";

export interface Doing {
  actor(id: string): void;
  act(event: string): void;
  close(): void;
  grow(id: string): void;
  chain(end: "from" | "to", name: string): void;
}

interface Named {
  readonly iri: string;
  readonly url: string;
  readonly label: Readonly<Record<string, string>>;
}

interface Hop {
  readonly from: string;
  readonly to: string;
  readonly event: Named;
  readonly leg: string;
  readonly modes: readonly string[];
  readonly earliest: string | null;
  readonly latest: string | null;
  readonly passages: readonly {
    readonly id: string;
    readonly url: string;
    readonly part: string | null;
    readonly line: number | null;
    readonly gloss: Readonly<Record<string, string>>;
  }[];
}

/** What the path finder of the server answers. */
export interface Found {
  readonly from: Named;
  readonly to: Named;
  readonly chains: readonly {
    readonly certain: boolean;
    readonly last: string | null;
    /** Of each hop but the last, whether a text says that it led to the next. */
    readonly led_to: readonly boolean[];
    readonly hops: readonly Hop[];
    readonly actors: readonly Named[];
  }[];
  readonly forbidden: {
    readonly hops: readonly Hop[];
    readonly actors: readonly Named[];
    readonly late: number;
    readonly after: number | null;
  } | null;
  readonly certain: boolean;
  readonly reason: string | null;
}

/** The hops of a chain, as the acts of the picture name them. */
export function steps(found: Found | undefined): Step[] {
  const hops = found?.chains[0]?.hops ?? found?.forbidden?.hops ?? [];
  return hops.map((hop) => ({ event: short(hop.event.iri), source: short(hop.from), target: short(hop.to) }));
}

function short(iri: string): string {
  return iri.replace("https://w3id.org/portsmouth1905/id/", "d:");
}

export class Panel {
  private readonly place: HTMLElement;
  private readonly texts: Texts;
  private readonly doing: Doing;

  constructor(place: HTMLElement, texts: Texts, doing: Doing) {
    this.place = place;
    this.texts = texts;
    this.doing = doing;
  }

  show(told: Told, state: State, shown: Appearance, found: Found | undefined): void {
    const actors = new Map(told.actors.map((actor) => [actor.id, actor]));
    if (found) this.put(this.chain(found, actors));
    else if (state.act) this.put(this.act(told, state.act, actors));
    else if (state.actor && actors.has(state.actor)) this.put(this.actor(told, state.actor, actors, shown));
    else this.put([el("p", { class: "hint" }, this.texts.words.hint)]);
  }

  private put(content: readonly (Node | false | undefined)[]): void {
    this.place.replaceChildren(...content.filter((one): one is Node => Boolean(one)));
  }

  private over(left: string, right: string): HTMLElement {
    const close = el(
      "button",
      { type: "button", class: "close", "aria-label": this.texts.words.close ?? "" },
      "✕",
    );
    close.addEventListener("click", () => this.doing.close());
    return el("p", { class: "over" }, el("span", {}, left), el("span", {}, right, " ", close));
  }

  private stroke(act: { readonly manner: string }): SVGElement {
    const { line, head } = sample(act.manner);
    return svg(
      "svg",
      { class: `stroke ${act.manner}`, viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" },
      svg("path", { class: "line", d: line }),
      svg("path", { class: "head", d: head }),
    );
  }

  private heading(actor: Actor): HTMLElement {
    const link = el("a", { href: "#" }, actor.name);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.doing.actor(actor.id);
    });
    return el("h2", { class: `whom ${actor.type} side-${actor.look}` }, link);
  }

  // --- an act

  private act(told: Told, event: string, actors: ReadonlyMap<string, Actor>): Node[] {
    const { words, legs } = this.texts;
    const arcs = told.acts.filter((act) => act.event === event);
    const [first] = arcs;
    if (!first) return [el("p", { class: "hint" }, words.hint)];
    const content: Node[] = [this.over(words.act ?? "", span(first.earliest, first.latest))];
    let last = "";
    for (const arc of arcs) {
      const [source, target] = [actors.get(arc.source), actors.get(arc.target)];
      if (source && source.id !== last) content.push(this.heading(source));
      const how = [arc.modes.join(", ") || words.actedOn, legs[arc.leg]].filter(Boolean).join(" · ");
      content.push(el("p", { class: `how side-${source?.look ?? ""}` }, this.stroke(arc), how));
      if (target) content.push(this.heading(target));
      last = arc.target;
    }
    content.push(this.facts(first));
    const passages = [...new Set(arcs.flatMap((arc) => arc.passages))];
    content.push(el("h3", {}, words.evidence), ...passages.map((id) => this.passage(told, id)));
    const ends = new Set(arcs.flatMap((arc) => [arc.source, arc.target]));
    const others = told.acts.filter(
      (act) => act.event !== event && ends.has(act.source) && ends.has(act.target),
    );
    if (others.length)
      content.push(
        el("h3", {}, words.between),
        this.list(others, actors, (act) => act.source),
      );
    content.push(this.links(first.url));
    return content;
  }

  private facts(act: Act): HTMLElement {
    const { words } = this.texts;
    const rows: [string | undefined, string][] = [];
    if (act.outcomes.length) rows.push([words.outcome, act.outcomes.join(", ")]);
    rows.push([words.when, span(act.earliest, act.latest) || (words.undated ?? "")]);
    if (act.stated.length) {
      rows.push([
        words.printed,
        [...new Set(act.stated.map((one) => `${one.date} (${one.passage})`))].join(", "),
      ]);
    }
    const marks = [act.disputed && words.disputed, act.reported && words.reported].filter(Boolean).join(", ");
    const list = el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
    if (marks) list.append(el("dt", {}, ""), el("dd", { class: "marks" }, marks));
    return list;
  }

  private passage(told: Told, id: string): HTMLElement {
    const passage = told.passages[id];
    return this.quote(
      id,
      passage?.url ?? "",
      passage?.part ?? null,
      passage?.line ?? null,
      passage?.gloss ?? "",
    );
  }

  private quote(
    id: string,
    url: string,
    part: string | null,
    line: number | null,
    gloss: string,
  ): HTMLElement {
    const where =
      part && line !== null
        ? (this.texts.words.part ?? "").replace("#n", part.replace("s", "")).replace("#l", String(line))
        : id;
    return el("blockquote", {}, el("p", {}, gloss), el("cite", {}, el("a", { href: url }, where)));
  }

  // --- an actor

  private actor(told: Told, id: string, actors: ReadonlyMap<string, Actor>, shown: Appearance): Node[] {
    const { words } = this.texts;
    const actor = actors.get(id) as Actor;
    const visible = told.acts.filter((_, at) => shown.acts.has(at));
    const button = (text: string | undefined, act: () => void): HTMLButtonElement => {
      const made = el("button", { type: "button", class: "plain" }, text);
      made.addEventListener("click", act);
      return made;
    };
    const drawn = told.acts.filter((act) => act.source === id || act.target === id).length;
    return [
      this.over(words[actor.type] ?? "", told.sides[actor.side] ?? ""),
      el("h2", { class: `whom ${actor.type} side-${actor.look}` }, el("a", { href: actor.url }, actor.name)),
      el("h3", {}, words.influenced),
      this.list(
        visible.filter((act) => act.source === id),
        actors,
        (act) => act.target,
      ),
      el("h3", {}, words.influencedBy),
      this.list(
        visible.filter((act) => act.target === id),
        actors,
        (act) => act.source,
      ),
      el(
        "p",
        { class: "buttons" },
        drawn < actor.acts && button(words.more, () => this.doing.grow(id)),
        button(words.pathFrom, () => this.doing.chain("from", actor.name)),
        button(words.pathTo, () => this.doing.chain("to", actor.name)),
      ),
      this.links(actor.url),
    ];
  }

  private list(
    acts: readonly Act[],
    actors: ReadonlyMap<string, Actor>,
    other: (act: Act) => string,
  ): HTMLElement {
    if (!acts.length) return el("p", { class: "hint" }, this.texts.words.nobody);
    const sorted = [...acts].sort((a, b) => (a.earliest ?? "9").localeCompare(b.earliest ?? "9"));
    return el(
      "ul",
      { class: "acts" },
      ...sorted.map((act) => {
        const named = actors.get(other(act));
        const made = el(
          "button",
          { type: "button", class: `side-${actors.get(act.source)?.look ?? ""}` },
          this.stroke(act),
          el("span", {}, named?.name ?? "", " ", el("small", {}, act.modes.join(", "))),
          el("small", {}, span(act.earliest, act.latest)),
        );
        made.addEventListener("click", () => this.doing.act(act.event));
        return el("li", {}, made);
      }),
    );
  }

  private links(url: string): HTMLElement {
    const query = `DESCRIBE <https://w3id.org/portsmouth1905${url.slice(url.lastIndexOf("/id/"))}>`;
    const forms: [string, string][] = [
      ["HTML", url],
      ["Turtle", `${url}.ttl`],
      ["JSON-LD", `${url}.jsonld`],
      ["SPARQL", `${url.slice(0, url.lastIndexOf("/id/"))}/sparql?${new URLSearchParams({ query })}`],
    ];
    return el(
      "p",
      { class: "buttons", "aria-label": this.texts.words.linked ?? "" },
      ...forms.map(([name, href]) => el("a", { class: "button", href }, name)),
    );
  }

  // --- a chain

  /** Why time forbids a chain, in the reader's language. */
  private reason(found: Found, name: (one: Named) => string): string {
    const { words } = this.texts;
    const { hops = [], late: at = 0, after } = found.forbidden ?? {};
    const late = hops[at];
    const before = after === null || after === undefined ? undefined : hops[after];
    if (!late) return "";
    const told = !before ? words.noDay : found.certain ? words.mayBeEarlier : words.tooLate;
    const days = found.certain ? [late.earliest, before?.latest] : [late.latest, before?.earliest];
    const [lateDay, beforeDay] = days.map((one) => (one ? day(one) : ""));
    return (told ?? "").replace(/#([abde])/g, (_, letter: string) =>
      letter === "a"
        ? name(late.event)
        : letter === "b"
          ? name((before ?? late).event)
          : ((letter === "d" ? lateDay : beforeDay) ?? ""),
    );
  }

  /** What joins the acts of a chain: days alone, or also a text that says so. */
  private joining(chain: Found["chains"][number]): string | undefined {
    const { words } = this.texts;
    if (chain.hops.length < 2) return words.oneAct;
    if (chain.led_to.every(Boolean)) return words.led;
    return chain.led_to.some(Boolean) ? words.partlyLed : words.dated;
  }

  private chain(found: Found, actors: ReadonlyMap<string, Actor>): Node[] {
    const { words } = this.texts;
    const language = document.documentElement.lang;
    const name = (one: Named): string =>
      one.label[language] ?? one.label.en ?? Object.values(one.label)[0] ?? short(one.iri);
    const [chain] = found.chains;
    const told = chain ?? found.forbidden;
    const title = chain
      ? chain.certain
        ? words.sure
        : words.possible
      : found.forbidden
        ? words.forbidden
        : words.noChain;
    const content: Node[] = [
      this.over(
        title ?? "",
        chain?.last ? (words.arrives ?? "").replace("#d", span(chain.last, chain.last)) : "",
      ),
    ];
    if (!told) {
      content.push(el("h2", {}, `${name(found.from)} → ${name(found.to)}`), el("p", {}, words.noChain));
      return content;
    }
    if (chain) content.push(el("p", { class: "hint" }, this.joining(chain)));
    if (!chain && found.forbidden) {
      content.push(el("p", { class: "reason" }, this.reason(found, name)));
    }
    const list = el("ol", { class: "chain" });
    told.hops.forEach((hop, at) => {
      const [source, target] = [told.actors[at], told.actors[at + 1]];
      const known = source && actors.get(short(source.iri));
      const act = { manner: mannerOf(hop.modes, this.texts.modes) };
      const item = el("li", {});
      if (source) item.append(known ? this.heading(known) : el("h2", { class: "whom" }, name(source)));
      item.append(
        el(
          "p",
          { class: `how side-${known?.look ?? ""}` },
          this.stroke(act),
          el("a", { href: hop.event.url }, hop.event.label[language] ?? hop.event.label.en ?? ""),
        ),
        el("p", { class: "hint" }, span(hop.earliest, hop.latest) || words.undated),
        ...hop.passages.map((one) =>
          this.quote(one.id, one.url, one.part, one.line, one.gloss[language] ?? one.gloss.en ?? ""),
        ),
      );
      if (chain?.led_to[at]) item.append(el("p", { class: "hint led" }, words.ledTo));
      if (at === told.hops.length - 1 && target) {
        const end = actors.get(short(target.iri));
        item.append(end ? this.heading(end) : el("h2", { class: "whom" }, name(target)));
      }
      list.append(item);
    });
    content.push(list);
    return content;
  }
}
