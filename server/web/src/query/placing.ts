/** Where names stand in a picture: beside their mark, where nothing else stands. */
import { svg } from "../common/dom.ts";

/** Left, top, right, bottom. */
type Box = readonly [number, number, number, number];

const LETTER = 6.6;
const LONGEST = 26;

export class Placing {
  readonly #taken: Box[];
  readonly #width: number;

  /**
   * @param marks - where marks stand, which no name may cover.
   * @param width - of the picture.
   */
  constructor(marks: readonly (readonly [x: number, y: number, radius: number])[], width: number) {
    this.#taken = marks.map(([x, y, radius]) => [x - radius, y - radius, x + radius, y + radius]);
    this.#width = width;
  }

  /** Writes a name beside its mark, or nothing where there is no place left. */
  name(text: string, x: number, y: number, radius: number): SVGTextElement | undefined {
    const short = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
    const width = short.length * LETTER;
    const places: readonly (readonly [number, number, string])[] = [
      [x + radius + 4, y + 4, "start"],
      [x - radius - 4, y + 4, "end"],
      [x, y + radius + 14, "middle"],
      [x, y - radius - 5, "middle"],
    ];
    for (const [across, down, anchor] of places) {
      const from = anchor === "start" ? across : anchor === "end" ? across - width : across - width / 2;
      const box: Box = [from, down - 11, from + width, down + 4];
      if (from < 0 || box[2] > this.#width || this.#taken.some((other) => meet(other, box))) continue;
      this.#taken.push(box);
      return svg("text", { x: across, y: down, "text-anchor": anchor }, short);
    }
    return undefined;
  }
}

function meet([a, b, c, d]: Box, [left, top, right, bottom]: Box): boolean {
  return c >= left && a <= right && d >= top && b <= bottom;
}
