/** Where actors stand: near those whom they met, within the region of their side. The same for the same network. */
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import type { Told } from "./model.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Node {
  readonly id: string;
  readonly side: string;
  x: number;
  y: number;
  fx?: number;
  fy?: number;
}

/** Regions of the powers of 1905, as on a map of the world with the Pacific left and right; 1 is half the picture. */
const REGIONS: Readonly<Record<string, Point>> = {
  japan: { x: -0.55, y: 0.3 },
  russia: { x: 0.6, y: 0.2 },
  "united-states": { x: 0.02, y: -0.6 },
  "united-kingdom": { x: -0.72, y: -0.66 },
  germany: { x: 0.72, y: -0.66 },
  france: { x: 0.25, y: 0.86 },
  china: { x: -0.2, y: 0.88 },
  korea: { x: -0.8, y: 0.88 },
  "": { x: 0.02, y: 0.08 },
};
const WIDTH = 860;
const HEIGHT = 640;

export function radius(acts: number, type: string): number {
  return Math.min(14, 5 + Math.sqrt(acts) * 1.6) * (type === "state" ? 1.05 : 1);
}

function region(side: string, at: number, of: number): Point {
  const known = REGIONS[side];
  if (known) return known;
  const angle = (at / Math.max(1, of)) * 2 * Math.PI;
  return { x: Math.cos(angle) * 0.7, y: Math.sin(angle) * 0.7 };
}

/**
 * Lays a network out. Who stood somewhere before begins there, so that a picture that grows keeps its shape;
 * whom a reader has put somewhere is held there.
 *
 * @param upright whether the picture is higher than wide, as on a telephone.
 */
export function layout(
  told: Told,
  before: ReadonlyMap<string, Point> = new Map(),
  held: ReadonlySet<string> = new Set(),
  upright = false,
): Map<string, Point> {
  const [width, height] = upright ? [HEIGHT * 0.9, WIDTH * 1.1] : [WIDTH, HEIGHT];
  const sides = [...new Set(told.actors.map((actor) => actor.side))].sort();
  const centre = new Map(
    sides.map((side, at) => {
      const place = region(side, at, sides.length);
      return [side, { x: (place.x * width) / 2, y: (place.y * height) / 2 }];
    }),
  );
  const nodes: Node[] = told.actors.map((actor, at) => {
    const home = centre.get(actor.side) ?? { x: 0, y: 0 };
    const known = before.get(actor.id);
    // A sunflower's arrangement starts everybody apart, and always in the same way.
    const far = 9 * Math.sqrt(at + 0.5);
    return {
      id: actor.id,
      side: actor.side,
      x: known?.x ?? home.x + far * Math.cos(at * 2.39996),
      y: known?.y ?? home.y + far * Math.sin(at * 2.39996),
      ...(known && held.has(actor.id) ? { fx: known.x, fy: known.y } : {}),
    };
  });
  const places = new Map(nodes.map((node) => [node.id, node]));
  const links = told.acts
    .filter((act) => places.has(act.source) && places.has(act.target))
    .map((act) => ({ source: act.source, target: act.target }));
  const many = nodes.length > 80;
  const pull = many ? 0.09 : 0.16;
  const simulation = forceSimulation(nodes)
    .force(
      "apart",
      forceManyBody<Node>()
        .strength(many ? -120 : -330)
        .distanceMax(420),
    )
    .force(
      "together",
      forceLink<Node, (typeof links)[number]>(links)
        .id((node) => node.id)
        .distance(110)
        .strength(0.025),
    )
    .force("x", forceX<Node>((node) => centre.get(node.side)?.x ?? 0).strength(pull))
    .force("y", forceY<Node>((node) => centre.get(node.side)?.y ?? 0).strength(pull * (upright ? 0.8 : 1.25)))
    .force("room", forceCollide<Node>(many ? 20 : 30))
    .stop();
  if (before.size) simulation.alpha(0.35);
  // As many steps as the first view has time for. A large network cools faster, so that it has settled by the last.
  const steps = nodes.length > 80 ? Math.max(40, Math.min(300, Math.round(24_000 / nodes.length))) : 300;
  simulation.alphaDecay(1 - simulation.alphaMin() ** (1 / steps)).tick(steps);
  return new Map(nodes.map((node) => [node.id, { x: node.x, y: node.y }]));
}

/**
 * Who moves when an actor is put elsewhere: the actor, and whoever met it, by the share of their acts that are with it.
 * Those who met nobody else come along almost wholly; those who met many stay almost where they are.
 */
export function follow(
  acts: readonly { readonly source: string; readonly target: string }[],
  places: ReadonlyMap<string, Point>,
  id: string,
  to: Point,
): Map<string, Point> {
  const from = places.get(id) ?? to;
  const all = new Map<string, number>();
  const shared = new Map<string, number>();
  for (const { source, target } of acts) {
    for (const one of [source, target]) all.set(one, (all.get(one) ?? 0) + 1);
    if (source === target || (source !== id && target !== id)) continue;
    const other = source === id ? target : source;
    shared.set(other, (shared.get(other) ?? 0) + 1);
  }
  const moved = new Map([[id, to]]);
  for (const [other, number] of shared) {
    const place = places.get(other);
    const share = (0.9 * number) / (all.get(other) ?? number);
    // Whoever would hardly move stays, and costs nothing.
    if (!place || share < 0.2) continue;
    moved.set(other, { x: place.x + (to.x - from.x) * share, y: place.y + (to.y - from.y) * share });
  }
  return moved;
}

/** The corners of the smallest convex shape around points, in turn (Andrew's monotone chain). */
export function hull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const turn = (o: Point, a: Point, b: Point): number =>
    (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
  const half = (all: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of all) {
      for (;;) {
        const [second, first] = [chain.at(-2), chain.at(-1)];
        if (!second || !first || turn(second, first, point) > 0) break;
        chain.pop();
      }
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}
