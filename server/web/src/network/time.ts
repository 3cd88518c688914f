/** When: how many acts lie in each month, two handles for the first and the last month shown, and a way to watch it go by. */
import { el, svg } from "../common/dom.ts";
import { firstDay, lastDay, monthOf, months, type Told } from "./model.ts";
import type { State } from "./state.ts";
import { monthName, type Words } from "./words.ts";

const STEP = 650;

export class Time {
  private readonly place: HTMLElement;
  private readonly words: Words;
  private readonly change: (since: string | null, until: string | null, going: boolean) => void;
  private readonly bars = svg("svg", {
    "aria-hidden": "true",
    viewBox: "0 0 100 58",
    preserveAspectRatio: "none",
  });
  private readonly names = svg("svg", { "aria-hidden": "true" });
  private readonly low: HTMLInputElement;
  private readonly high: HTMLInputElement;
  private readonly label = el("b");
  private readonly note = el("small");
  private readonly play: HTMLButtonElement;
  private first = 0;
  private counts: number[] = [];
  private timer = 0;

  constructor(
    place: HTMLElement,
    words: Words,
    change: (since: string | null, until: string | null, going: boolean) => void,
  ) {
    this.place = place;
    this.words = words;
    this.change = change;
    const handle = (label: string | undefined): HTMLInputElement =>
      el("input", { type: "range", min: 0, "aria-label": label ?? "", autocomplete: "off" });
    this.low = handle(words.since);
    this.high = handle(words.until);
    this.play = el("button", { type: "button", class: "plain play", "aria-label": words.play ?? "" });
    for (const input of [this.low, this.high]) {
      input.addEventListener("input", () => {
        this.stop();
        this.tell();
      });
    }
    this.play.addEventListener("click", () => (this.timer ? this.stop() : this.start()));
    this.icon("M4 2L13 8L4 14Z");
  }

  draw(told: Told): void {
    const { first, counts } = months(told.acts);
    this.first = first;
    this.counts = counts;
    this.place.hidden = counts.length < 2;
    if (this.place.hidden) return;
    const most = Math.max(...counts);
    const width = 100 / counts.length;
    this.bars.replaceChildren(
      svg("line", { x1: 0, x2: 100, y1: 34, y2: 34, "vector-effect": "non-scaling-stroke" }),
      ...counts.map((count, at) => {
        const height = count ? Math.max(2, (count / most) * 30) : 0;
        return svg("rect", { x: at * width + width * 0.2, width: width * 0.6, y: 34 - height, height });
      }),
    );
    const marks: [number, string, boolean][] = counts
      .map((_, at): [number, string, boolean] => {
        const month = first + at;
        return month % 12 === 0
          ? [at, String(month / 12), false]
          : [at, month % 3 === 0 ? monthName(month, false) : "", false];
      })
      .filter(([, text]) => text);
    this.names.replaceChildren(
      ...marks.map(([at, text, key]) =>
        svg(
          "text",
          { x: `${(at + 0.5) * width}%`, y: 54, "text-anchor": "middle", class: key ? "key" : "" },
          text,
        ),
      ),
    );
    for (const input of [this.low, this.high]) input.max = String(counts.length - 1);
    const holder = el("div", { class: "months" }, this.bars, this.low, this.high);
    holder.append(this.names);
    this.names.classList.add("names");
    this.place.replaceChildren(this.play, el("div", {}, this.label, this.note), holder);
  }

  show(state: State, hidden: number): void {
    if (!this.counts.length) return;
    const last = this.counts.length - 1;
    const low = state.since ? Math.max(0, monthOf(state.since) - this.first) : 0;
    const high = state.until ? Math.min(last, monthOf(state.until) - this.first) : last;
    this.low.value = String(low);
    this.high.value = String(high);
    this.low.setAttribute("aria-valuetext", monthName(this.first + low));
    this.high.setAttribute("aria-valuetext", monthName(this.first + high));
    const whole = !state.since && !state.until;
    this.label.textContent = whole
      ? `${monthName(this.first)} – ${monthName(this.first + last)}`
      : low === 0
        ? monthName(this.first + high)
        : `${monthName(this.first + low)} – ${monthName(this.first + high)}`;
    this.note.textContent = whole
      ? (this.words.whole ?? "")
      : hidden
        ? (this.words.hidden ?? "").replace("#n", String(hidden))
        : (this.words.upTo ?? "");
    this.bars.querySelectorAll("rect").forEach((bar, at) => {
      bar.classList.toggle("in", at >= low && at <= high);
    });
  }

  stop(): void {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.play.setAttribute("aria-label", this.words.play ?? "");
    this.icon("M4 2L13 8L4 14Z");
    this.tell();
  }

  private start(): void {
    const last = this.counts.length - 1;
    if (Number(this.high.value) >= last) this.high.value = this.low.value;
    this.timer = window.setInterval(() => {
      this.high.value = String(Number(this.high.value) + 1);
      if (Number(this.high.value) >= last) this.stop();
      else this.tell(true);
    }, STEP);
    this.play.setAttribute("aria-label", this.words.pause ?? "");
    this.icon("M4 2H7V14H4ZM9 2H12V14H9Z");
    this.tell(true);
  }

  private tell(going = false): void {
    const last = this.counts.length - 1;
    let [low, high] = [Number(this.low.value), Number(this.high.value)];
    if (low > high) {
      if (document.activeElement === this.low) low = high;
      else high = low;
    }
    const whole = low === 0 && high === last;
    this.change(
      whole || low === 0 ? null : firstDay(this.first + low),
      whole ? null : lastDay(this.first + high),
      going,
    );
  }

  private icon(path: string): void {
    this.play.replaceChildren(
      svg(
        "svg",
        { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" },
        svg("path", { d: path }),
      ),
    );
  }
}
