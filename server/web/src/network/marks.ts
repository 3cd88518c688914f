/** The forms of lines and marks. Whoever cannot tell colours apart can tell these. */
import type { Point } from "./layout.ts";
import type { Kind } from "./model.ts";

const number = (value: number): string => value.toFixed(1).replace(/\.0$/, "");
const at = (point: Point): string => `${number(point.x)} ${number(point.y)}`;

export interface Drawn {
  readonly line: string;
  readonly head: string;
  readonly middle: Point;
}

function along(from: Point, bend: Point, to: Point, t: number): Point {
  const u = 1 - t;
  return {
    x: u * u * from.x + 2 * u * t * bend.x + t * t * to.x,
    y: u * u * from.y + 2 * u * t * bend.y + t * t * to.y,
  };
}

/** What stands at the end of a line: an arrow, open or filled, or a bar. */
export function head(tip: Point, angle: number, manner: string): string {
  const turned = (x: number, y: number): Point => ({
    x: tip.x + x * Math.cos(angle) - y * Math.sin(angle),
    y: tip.y + x * Math.sin(angle) + y * Math.cos(angle),
  });
  if (manner === "force") return `M${at(turned(0, -5))}L${at(turned(0, 5))}`;
  if (manner === "signature") return "";
  const barbs = `M${at(turned(-8, -4.2))}L${at(tip)}L${at(turned(-8, 4.2))}`;
  return manner === "orders" || manner === "money" ? `${barbs}Z` : barbs;
}

/**
 * Draws a curve from one mark's edge to another's.
 *
 * @param lane how far the curve bends aside, in steps, so that lines between the same two lie apart.
 */
export function curve(
  from: Point,
  to: Point,
  rooms: readonly [number, number],
  lane: number,
  manner: string,
): Drawn {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy) || 1;
  const side = Math.min(60, length * 0.1) + lane * 16;
  const bend = {
    x: (from.x + to.x) / 2 - (dy / length) * side,
    y: (from.y + to.y) / 2 + (dx / length) * side,
  };
  const start = along(from, bend, to, Math.min(0.4, (rooms[0] + 2) / length));
  const end = along(from, bend, to, Math.max(0.6, 1 - (rooms[1] + 4) / length));
  const angle = Math.atan2(end.y - bend.y, end.x - bend.x);
  const path = (shift: number): string => {
    const [x, y] = [(-dy / length) * shift, (dx / length) * shift];
    const moved = (point: Point): Point => ({ x: point.x + x, y: point.y + y });
    return `M${at(moved(start))}Q${at(moved(bend))} ${at(moved(end))}`;
  };
  return {
    line: manner === "signature" ? path(-2) + path(2) : path(0),
    head: head(end, angle, manner),
    middle: along(from, bend, to, 0.5),
  };
}

/** A circle for a person, a lozenge for an institution, a square for a state. */
export function mark(type: Kind, size: number): string {
  if (type === "state") return `M${-size} ${-size}H${size}V${size}H${-size}Z`;
  if (type === "institution")
    return `M0 ${-size * 1.25}L${size * 1.25} 0L0 ${size * 1.25}L${-size * 1.25} 0Z`;
  return `M${-size} 0A${size} ${size} 0 1 1 ${size} 0A${size} ${size} 0 1 1 ${-size} 0Z`;
}

/** The line of a manner as a legend shows it. */
export function sample(manner: string): { line: string; head: string } {
  const tip = { x: 25, y: 6 };
  return {
    line: manner === "signature" ? "M1 4H26M1 8H26" : `M1 6H${manner === "force" ? 25 : 23}`,
    head: head(tip, 0, manner),
  };
}
