/**
 * Cuts the coastline of world-atlas (Natural Earth, public domain) to what the map shows and writes
 * coast.json into the bundle: rings of longitude and latitude, in hundredths of a degree, each point as its
 * distance from the one before.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

type Point = readonly [number, number];
type Box = readonly [west: number, south: number, east: number, north: number];

const here = import.meta.dirname;
const target = resolve(here, "..", "portsmouth_server", "static", "built", "coast.json");
const packages = createRequire(import.meta.url);
/** What is shown: the theatre of the war, the two capitals in Europe and America that the page has, Portsmouth. */
const BOXES: readonly Box[] = [
  [100, 24, 162, 62],
  [-82, 35, -64, 48],
  [18, 54, 40, 66],
];
const FINENESS = 100;

/** Clips a ring to one side of a meridian or parallel (Sutherland and Hodgman, 1974). */
function clipped(ring: readonly Point[], axis: 0 | 1, limit: number, keepsGreater: boolean): Point[] {
  const inside = (point: Point) => (keepsGreater ? point[axis] >= limit : point[axis] <= limit);
  const found: Point[] = [];
  for (const [place, point] of ring.entries()) {
    const before = ring[(place + ring.length - 1) % ring.length] as Point;
    if (inside(before) !== inside(point)) {
      const share = (limit - before[axis]) / (point[axis] - before[axis]);
      found.push([before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])]);
    }
    if (inside(point)) found.push(point);
  }
  return found;
}

function within(ring: readonly Point[], [west, south, east, north]: Box): Point[] {
  const left = clipped(clipped(ring, 0, west, true), 0, east, false);
  return clipped(clipped(left, 1, south, true), 1, north, false);
}

/** Writes a ring as whole numbers, each the distance from the one before; points that coincide once. */
function packed(ring: readonly Point[]): number[] {
  const steps: number[] = [];
  let [x, y] = [0, 0];
  for (const [longitude, latitude] of ring) {
    const [nextX, nextY] = [Math.round(longitude * FINENESS), Math.round(latitude * FINENESS)];
    if (steps.length && nextX === x && nextY === y) continue;
    steps.push(nextX - x, nextY - y);
    [x, y] = [nextX, nextY];
  }
  return steps;
}

const atlas = JSON.parse(readFileSync(packages.resolve("world-atlas/land-50m.json"), "utf8")) as Topology<{
  land: GeometryCollection;
}>;
const rings = feature(atlas, atlas.objects.land).features.flatMap(({ geometry }) => {
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat() as unknown as Point[][];
  return geometry.type === "Polygon" ? (geometry.coordinates as unknown as Point[][]) : [];
});
const kept = BOXES.flatMap((box) => rings.map((ring) => packed(within(ring, box)))).filter(
  (ring) => ring.length >= 6,
);
writeFileSync(
  target,
  JSON.stringify({ source: "Natural Earth, 1:50 m, public domain", fineness: FINENESS, rings: kept }),
);
