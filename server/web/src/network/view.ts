/** Draws the network once and then only changes how it looks; moves it, and leads the keyboard through it. */
import { select } from "d3-selection";
import { type ZoomBehavior, type ZoomTransform, zoom, zoomIdentity } from "d3-zoom";
import { el, svg } from "../common/dom.ts";
import { follow, hull, layout, type Point, radius } from "./layout.ts";
import { curve, mark } from "./marks.ts";
import type { Act, Actor, Told } from "./model.ts";
import { names } from "./names.ts";
import type { Appearance } from "./state.ts";
import type { Words } from "./words.ts";

export interface Choosing {
  actor(id: string): void;
  act(event: string): void;
  nothing(): void;
}

export class View {
  readonly picture: SVGSVGElement;
  private readonly world = svg("g");
  private readonly hulls = svg("g", { "aria-hidden": "true" });
  private readonly lines = svg("g", { role: "group" });
  private readonly marks = svg("g", { role: "group" });
  private readonly names = svg("g", { "aria-hidden": "true" });
  private readonly titles = svg("g", { "aria-hidden": "true" });
  /** Lies over the picture while it moves, so that no line has to be looked for under the pointer. */
  private readonly glass = el("div", { class: "glass", hidden: "" });
  private readonly zooming: ZoomBehavior<HTMLElement, unknown>;
  private drawnAt: ZoomTransform = zoomIdentity;
  private settling = 0;
  private places = new Map<string, Point>();
  /** Whom the reader has put somewhere. */
  private readonly held = new Set<string>();
  private lanes: number[] = [];
  private drawnActors = new Map<string, SVGGElement>();
  /** Their names, above all marks. */
  private drawnNames = new Map<string, SVGGElement>();
  private drawnActs: SVGGElement[] = [];
  /** How many pixels each name is long, and on which side of its mark it was last written. */
  private long = new Map<string, number>();
  private readonly sides = new Map<string, number>();
  private readonly frame: HTMLElement;
  private readonly words: Words;
  private readonly choosing: Choosing;
  private told: Told;
  private shown: Appearance | undefined;
  private moved = false;
  private extent = { left: -1, right: 1, top: -1, bottom: 1 };

  constructor(frame: HTMLElement, told: Told, words: Words, choosing: Choosing) {
    this.frame = frame;
    this.words = words;
    this.choosing = choosing;
    this.told = told;
    this.picture = svg("svg", { role: "group", "aria-label": words.picture ?? "" });
    this.world.append(this.hulls, this.lines, this.marks, this.names, this.titles);
    this.lines.setAttribute("aria-label", words.acts ?? "");
    this.picture.append(this.world);
    const button = (label = "", text = "", act = (): void => {}): HTMLButtonElement => {
      const made = el("button", { type: "button", class: "plain", "aria-label": label, title: label }, text);
      made.addEventListener("click", act);
      return made;
    };
    frame.replaceChildren(
      this.picture,
      this.glass,
      el(
        "div",
        { class: "tools" },
        button(words.zoomIn, "+", () => this.scale(1.4)),
        button(words.zoomOut, "−", () => this.scale(1 / 1.4)),
        button(words.fit, "⤢", () => this.fit()),
      ),
    );
    // The frame is what is dragged, since the picture itself moves under the pointer.
    this.zooming = zoom<HTMLElement, unknown>()
      .scaleExtent([0.2, 6])
      .filter((event: MouseEvent) => {
        const grabbed = event.type === "mousedown" ? ".tools, .actor, .title" : ".tools";
        return !(event.target as Element).closest(grabbed) && !event.button;
      })
      .on("zoom", (event: { transform: ZoomTransform; sourceEvent: unknown }) => {
        this.moved ||= Boolean(event.sourceEvent);
        this.move(event.transform, Boolean(event.sourceEvent));
      });
    select(frame).call(this.zooming).on("dblclick.zoom", null);
    this.picture.addEventListener("click", (event) => {
      if (event.target === this.picture) choosing.nothing();
    });
    this.picture.addEventListener("pointerdown", (event) => this.grab(event));
    this.picture.addEventListener("keydown", (event) => this.onKey(event));
    for (const name of ["pointerover", "focusin"] as const)
      this.picture.addEventListener(name, (event) => this.tell(event.target as Element));
    for (const name of ["pointerleave", "focusout"] as const)
      this.picture.addEventListener(name, () => this.tell(undefined));
    new ResizeObserver(() => {
      if (!this.moved) this.fit();
    }).observe(frame);
    this.draw(told);
    void document.fonts.ready.then(() => {
      this.measure();
      this.write();
    });
  }

  /** Draws another network; who was there stays about where he was. */
  draw(told: Told): void {
    this.told = told;
    const { width, height } = this.frame.getBoundingClientRect();
    this.places = layout(told, this.places, this.held, height > width);
    // Thousands of lines that fade at once would keep a processor busy for longer than they fade.
    this.picture.classList.toggle("great", told.acts.length > 300);
    this.drawHulls();
    this.drawActs();
    this.drawActors();
    this.fit();
  }

  private point(id: string): Point {
    return this.places.get(id) ?? { x: 0, y: 0 };
  }

  private drawHulls(): void {
    const members = new Map<string, Point[]>();
    const looks = new Map<string, string>();
    for (const actor of this.told.actors) {
      if (!actor.side) continue;
      looks.set(actor.side, actor.look);
      members.set(actor.side, [...(members.get(actor.side) ?? []), this.point(actor.id)]);
    }
    this.hulls.replaceChildren(
      ...[...members].map(([side, points]) => {
        const corners = hull(points).map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
        return svg("path", { class: `hull side-${looks.get(side)}`, d: `M${corners.join("L")}Z` });
      }),
    );
  }

  private drawActs(): void {
    const actors = new Map(this.told.actors.map((actor) => [actor.id, actor]));
    const between = new Map<string, number>();
    this.lanes = this.told.acts.map((act) => {
      const pair = `${act.source}|${act.target}`;
      const lane = between.get(pair) ?? 0;
      between.set(pair, lane + 1);
      return lane;
    });
    this.drawnActs = this.told.acts.map((act, at) => {
      const source = actors.get(act.source);
      const drawn = this.course(act, this.lanes[at] ?? 0, actors);
      const group = svg(
        "g",
        {
          class: `act ${act.manner}${act.effect ? "" : " failed"} side-${source?.look ?? ""}`,
          tabindex: -1,
          role: "button",
          "aria-label": this.sentence(act),
        },
        svg("path", { class: "hit", d: drawn.line }),
        svg("path", { class: "line", d: drawn.line }),
        svg("path", { class: "head", d: drawn.head }),
      );
      group.dataset.x = drawn.middle.x.toFixed(1);
      group.dataset.y = drawn.middle.y.toFixed(1);
      group.addEventListener("click", () => this.choosing.act(act.event));
      return group;
    });
    this.lines.replaceChildren(...this.drawnActs);
  }

  /** The way of a line between where its actors stand now. */
  private course(act: Act, lane: number, actors: ReadonlyMap<string, Actor>): ReturnType<typeof curve> {
    const rooms = [act.source, act.target].map((id) => {
      const one = actors.get(id);
      return one ? radius(one.acts, one.type) : 6;
    }) as [number, number];
    return curve(this.point(act.source), this.point(act.target), rooms, lane, act.manner);
  }

  private drawActors(): void {
    const points = this.told.actors.map((actor) => this.point(actor.id));
    // An empty picture has no outermost marks.
    if (!points.length) points.push({ x: 0, y: 0 });
    this.extent = {
      left: Math.min(...points.map(({ x }) => x)),
      right: Math.max(...points.map(({ x }) => x)),
      top: Math.min(...points.map(({ y }) => y)),
      bottom: Math.max(...points.map(({ y }) => y)),
    };
    this.drawnActors = new Map(
      this.told.actors.map((actor) => {
        const { x, y } = this.point(actor.id);
        const size = radius(actor.acts, actor.type);
        const group = svg(
          "g",
          {
            class: `actor ${actor.type} side-${actor.look}`,
            transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
            tabindex: -1,
            role: "button",
            "aria-label": this.description(actor),
          },
          svg("circle", { class: "ring", r: size + 5 }),
          svg("path", { class: "mark", d: mark(actor.type, size) }),
        );
        group.dataset.id = actor.id;
        group.addEventListener("click", () => this.choosing.actor(actor.id));
        return [actor.id, group];
      }),
    );
    this.marks.replaceChildren(...this.drawnActors.values());
    this.drawnNames = new Map(
      this.told.actors.map((actor) => {
        const transform = this.drawnActors.get(actor.id)?.getAttribute("transform") ?? "";
        const group = svg("g", { class: `title ${actor.type}`, transform }, svg("text", {}, actor.name));
        group.dataset.id = actor.id;
        group.addEventListener("click", () => this.choosing.actor(actor.id));
        return [actor.id, group];
      }),
    );
    this.names.replaceChildren(...this.drawnNames.values());
    this.measure();
    this.rove([...this.drawnActors.values()][0]);
  }

  /** Notes how long names are; again when their letters have come. */
  private measure(): void {
    const pen = el("canvas").getContext("2d");
    const { fontFamily } = getComputedStyle(document.body);
    this.long = new Map(
      this.told.actors.map(({ id, name, type }) => {
        const [serif, text] = [type === "state", this.drawnNames.get(id)?.firstElementChild];
        const family = serif && text ? getComputedStyle(text).fontFamily : fontFamily;
        if (pen) pen.font = `${serif ? "600 14.5px" : "12.5px"} ${family}`;
        return [id, pen?.measureText(name).width ?? name.length * 7];
      }),
    );
  }

  /**
   * Writes the names for which there is room at the present scale: whoever is chosen and whom they met first and
   * always, then the others by their acts. Names are as large at every scale.
   */
  private write(): void {
    const { k, x: left, y: top } = this.drawnAt;
    const { width, height } = this.frame.getBoundingClientRect();
    const upright = `scale(${(1 / k).toFixed(4)})`;
    for (const title of this.titles.querySelectorAll("text")) {
      const { x, y } = (title.parentElement as Element as SVGGElement).dataset;
      title.parentElement?.setAttribute("transform", `translate(${x} ${y}) ${upright}`);
    }
    const shown = this.shown;
    if (!shown || !width) return;
    const rank = (actor: Actor): number =>
      shown.chosenActors.has(actor.id) ? 2 : shown.nearActors.has(actor.id) ? 1 : 0;
    const seen = this.told.actors
      .filter(({ id }) => shown.actors.has(id))
      .sort((a, b) => rank(b) - rank(a) || b.acts - a.acts);
    const at = seen.map((actor) => {
      const place = this.point(actor.id);
      const size = radius(actor.acts, actor.type) * (actor.type === "institution" ? 1.25 : 1);
      return {
        x: place.x * k + left,
        y: place.y * k + top,
        room: size * k,
        width: this.long.get(actor.id) ?? 0,
        height: actor.type === "state" ? 17 : 15,
        always: rank(actor) > 0,
        before: this.sides.get(actor.id),
      };
    });
    // What stands on the chosen lines has its place already.
    const words = [...this.titles.querySelectorAll<SVGGElement>("g")].map((title) => {
      const [x, y] = [Number(title.dataset.x) * k + left, Number(title.dataset.y) * k + top];
      const half = (title.textContent?.length ?? 0) * 3.3;
      return { left: x - half, right: x + half, top: y - 18, bottom: y };
    });
    names(at, words, { left: 0, top: 0, right: width, bottom: height }).forEach((label, index) => {
      const actor = seen[index] as Actor;
      const group = this.drawnNames.get(actor.id);
      const text = group?.firstElementChild;
      group?.classList.toggle("unnamed", !label);
      if (label) this.sides.set(actor.id, label.side);
      text?.setAttribute("x", (label?.x ?? (at[index]?.room ?? 0) + 5).toFixed(1));
      text?.setAttribute("y", (label?.y ?? 4).toFixed(1));
      text?.setAttribute("text-anchor", label?.anchor ?? "start");
      text?.setAttribute("transform", upright);
    });
  }

  /** Writes the name of whoever is pointed at, above the others. */
  private tell(at: Element | undefined): void {
    const id = at?.closest<SVGGElement>(".actor, .title")?.dataset.id;
    const group = id ? this.drawnNames.get(id) : undefined;
    for (const other of this.names.querySelectorAll(".told")) other.classList.toggle("told", other === group);
    if (!group || group.classList.contains("told")) return;
    group.classList.add("told");
    // An element that is moved under the pointer would be entered anew.
    if (!group.contains(at ?? null)) this.names.append(group);
  }

  /** Shows what a state means; only classes and texts change. */
  show(shown: Appearance): void {
    this.shown = shown;
    const choosing = shown.chosenActs.size + shown.chosenActors.size > 0;
    this.picture.classList.toggle("choosing", choosing);
    this.drawnActs.forEach((group, at) => {
      group.classList.toggle("out", !shown.acts.has(at));
      group.classList.toggle("near", shown.nearActs.has(at));
      group.classList.toggle("chosen", shown.chosenActs.has(at));
    });
    for (const [id, group] of this.drawnActors) {
      for (const one of [group, this.drawnNames.get(id)]) {
        one?.classList.toggle("out", !shown.actors.has(id));
        one?.classList.toggle("near", shown.nearActors.has(id));
        one?.classList.toggle("chosen", shown.chosenActors.has(id));
      }
      group.setAttribute("aria-pressed", String(shown.chosenActors.has(id)));
    }
    this.entitle(shown);
    this.write();
    // The chosen lie above the others, and are what Tab leads to next.
    for (const at of shown.chosenActs) {
      const group = this.drawnActs[at];
      if (group && group !== document.activeElement) this.lines.append(group);
    }
    const near = [...shown.chosenActs, ...shown.nearActs];
    const first = this.drawnActs[near[0] ?? [...shown.acts][0] ?? -1];
    for (const group of this.drawnActs) group.setAttribute("tabindex", group === first ? "0" : "-1");
    const [chosen] = shown.chosenActors;
    this.rove((chosen && this.drawnActors.get(chosen)) || this.visibleActors()[0]);
  }

  /** Says beside the chosen lines what they are. */
  private entitle(shown: Appearance): void {
    this.titles.replaceChildren(
      ...[...shown.chosenActs].slice(0, 8).map((at) => {
        const group = this.drawnActs[at];
        const title = svg("text", { y: -5 }, this.told.acts[at]?.modes[0] ?? this.words.actedOn);
        const around = svg("g", { class: "act" }, title);
        [around.dataset.x, around.dataset.y] = [group?.dataset.x ?? "0", group?.dataset.y ?? "0"];
        return around;
      }),
    );
  }

  /** Gives the keyboard back to where a reader was. */
  focus(id: string): void {
    this.drawnActors.get(id)?.focus();
  }

  fit(): void {
    const { width, height } = this.frame.getBoundingClientRect();
    if (!width || !height) return;
    const { left, right, top, bottom } = this.extent;
    // Beside the outermost marks there is room for their names.
    const [wide, high] = [width - 2 * Math.min(110, width * 0.14), height - 64];
    const scale = Math.min(wide / Math.max(1, right - left), high / Math.max(1, bottom - top), 1.25);
    const moved = zoomIdentity
      .translate(width / 2, height / 2)
      .scale(scale)
      .translate(-(left + right) / 2, -(top + bottom) / 2);
    this.moved = false;
    select(this.frame).call(this.zooming.transform, moved);
  }

  /**
   * Moves the picture. While a hand moves it, it slides as one painted sheet, which costs a graphics card nothing;
   * it is drawn anew, sharp, when the hand rests.
   */
  private move(to: ZoomTransform, byHand: boolean): void {
    clearTimeout(this.settling);
    if (!byHand) {
      this.settle(to);
      return;
    }
    this.glass.hidden = false;
    const scale = to.k / this.drawnAt.k;
    const [x, y] = [to.x - this.drawnAt.x * scale, to.y - this.drawnAt.y * scale];
    this.picture.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    this.settling = window.setTimeout(() => this.settle(to), 140);
  }

  private settle(to: ZoomTransform): void {
    this.glass.hidden = true;
    this.drawnAt = to;
    this.picture.style.transform = "";
    this.world.setAttribute("transform", String(to));
    this.write();
  }

  // --- actors that are put elsewhere

  /** Lets a mouse or a pen drag an actor; a finger moves the whole picture, as it could not see what it drags. */
  private grab(down: PointerEvent): void {
    const id = (down.target as Element).closest<SVGGElement>(".actor, .title")?.dataset.id;
    if (!id || down.button || down.pointerType === "touch") return;
    const before = new Map(this.places);
    const from = this.point(id);
    const sides = new Map(this.told.actors.map((actor) => [actor.id, actor]));
    let to: Point | undefined;
    let waiting = 0;
    const put = (): void => {
      waiting = 0;
      if (!to) return;
      const moved = follow(this.told.acts, before, id, to);
      for (const [one, place] of moved) this.places.set(one, place);
      this.redraw(moved, sides);
    };
    const onMove = (event: PointerEvent): void => {
      const [dx, dy] = [event.clientX - down.clientX, event.clientY - down.clientY];
      // A hand that clicks is never quite still.
      if (!to && Math.hypot(dx, dy) < 4) return;
      this.glass.hidden = false;
      to = { x: from.x + dx / this.drawnAt.k, y: from.y + dy / this.drawnAt.k };
      waiting ||= requestAnimationFrame(put);
    };
    const onEnd = (): void => {
      removeEventListener("pointermove", onMove);
      removeEventListener("pointerup", onEnd);
      removeEventListener("pointercancel", onEnd);
      if (!to) return;
      cancelAnimationFrame(waiting);
      put();
      this.held.add(id);
      this.moved = true;
      this.drawHulls();
      const { left, right, top, bottom } = this.extent;
      this.extent = {
        left: Math.min(left, to.x),
        right: Math.max(right, to.x),
        top: Math.min(top, to.y),
        bottom: Math.max(bottom, to.y),
      };
      // What follows is the click of the same hand, which chose nothing.
      const swallow = (click: Event): void => click.stopPropagation();
      this.frame.addEventListener("click", swallow, { capture: true });
      setTimeout(() => {
        this.frame.removeEventListener("click", swallow, { capture: true });
        this.glass.hidden = true;
      });
    };
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onEnd);
    addEventListener("pointercancel", onEnd);
  }

  /** Draws some actors and their lines where they stand now, and touches nothing else. */
  private redraw(moved: ReadonlyMap<string, Point>, actors: ReadonlyMap<string, Actor>): void {
    for (const [id, { x, y }] of moved) {
      for (const group of [this.drawnActors.get(id), this.drawnNames.get(id)])
        group?.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    }
    this.told.acts.forEach((act, at) => {
      const group = this.drawnActs[at];
      if (!group || !(moved.has(act.source) || moved.has(act.target))) return;
      const { line, head, middle } = this.course(act, this.lanes[at] ?? 0, actors);
      const [hit, stroke, tip] = group.children;
      for (const path of [hit, stroke]) path?.setAttribute("d", line);
      tip?.setAttribute("d", head);
      group.dataset.x = middle.x.toFixed(1);
      group.dataset.y = middle.y.toFixed(1);
    });
    if (this.shown) this.entitle(this.shown);
    this.write();
  }

  private scale(factor: number): void {
    this.moved = true;
    select(this.frame).call(this.zooming.scaleBy, factor);
  }

  // --- the keyboard

  private visibleActors(): SVGGElement[] {
    return [...this.drawnActors.values()].filter((group) => !group.classList.contains("out"));
  }

  private rove(to: SVGGElement | undefined): void {
    for (const group of this.drawnActors.values()) group.setAttribute("tabindex", group === to ? "0" : "-1");
  }

  private onKey(event: KeyboardEvent): void {
    const here = (event.target as Element).closest<SVGGElement>(".actor, .act");
    if (event.key === "Escape") {
      this.choosing.nothing();
      return;
    }
    if (!here) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      here.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return;
    }
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (!direction) return;
    event.preventDefault();
    if (here.classList.contains("actor")) this.step(here, direction as [number, number]);
    else this.next(here, (direction[0] ?? 0) + (direction[1] ?? 0));
  }

  /** Moves to the nearest actor in a direction. */
  private step(here: SVGGElement, [dx, dy]: [number, number]): void {
    const from = this.point(here.dataset.id ?? "");
    let best: SVGGElement | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const group of this.visibleActors()) {
      const to = this.point(group.dataset.id ?? "");
      const [ahead, aside] = [
        (to.x - from.x) * dx + (to.y - from.y) * dy,
        Math.abs((to.x - from.x) * dy - (to.y - from.y) * dx),
      ];
      const far = ahead + 2 * aside;
      if (group !== here && ahead > 0 && far < least) [best, least] = [group, far];
    }
    if (!best) return;
    this.rove(best);
    best.focus();
  }

  /** Moves to the next of the lines at hand: those of the chosen actor, or all. */
  private next(here: SVGGElement, by: number): void {
    const shown = this.shown;
    if (!shown) return;
    const near = [...shown.chosenActs, ...shown.nearActs];
    const at = (near.length > 1 ? near : [...shown.acts]).map((one) => this.drawnActs[one]);
    const to = at[(at.indexOf(here) + by + at.length) % at.length];
    for (const group of this.drawnActs) group.setAttribute("tabindex", group === to ? "0" : "-1");
    to?.focus();
  }

  // --- words for those who do not see the picture

  private description(actor: Actor): string {
    const side = this.told.sides[actor.side];
    return [actor.name, this.words[actor.type], side, `${this.words.acts}: ${actor.acts}`]
      .filter(Boolean)
      .join(", ");
  }

  private sentence(act: Act): string {
    const name = (id: string): string => this.told.actors.find((actor) => actor.id === id)?.name ?? id;
    const how = act.modes.join(", ") || this.words.actedOn;
    return `${name(act.source)} → ${name(act.target)}: ${how}`;
  }
}
