/** The places of an answer on a map: Albers' equal-area conic, as the map of the site has it. */
import { el, svg } from "../common/dom.ts";
import type { Place, Row, Table } from "./answer.ts";
import { naming, placed } from "./pictures.ts";
import type { Shown } from "./table.ts";
import { Placing } from "./placing.ts";
import { fill, href } from "./words.ts";

const WIDTH = 860;
const HEIGHT = 560;

export type Point = readonly [x: number, y: number];

/** J. P. Snyder, Map Projections: A Working Manual (1987), equations 14-1 to 14-6, on the unit sphere. */
export function conic(south: number, north: number, longitude: number, latitude: number) {
  const radians = (angle: number): number => (angle * Math.PI) / 180;
  const [first, second] = [Math.sin(radians(south)), Math.sin(radians(north))];
  const n = (first + second) / 2 || 1e-6;
  const c = Math.cos(radians(south)) ** 2 + 2 * n * first;
  const reach = (parallel: number): number =>
    Math.sqrt(Math.max(0, c - 2 * n * Math.sin(radians(parallel)))) / n;
  const origin = reach(latitude);
  return ([east, up]: Place): Point => {
    const turned = ((((east - longitude + 180) % 360) + 360) % 360) - 180;
    const theta = n * radians(turned);
    return [reach(up) * Math.sin(theta), origin - reach(up) * Math.cos(theta)];
  };
}

/** A projection under which some places just fit into the picture. */
export function framed(places: readonly Place[]): (place: Place) => Point {
  const [west, east] = [Math.min(...places.map(([x]) => x)), Math.max(...places.map(([x]) => x))];
  const [south, north] = [Math.min(...places.map(([, y]) => y)), Math.max(...places.map(([, y]) => y))];
  const far = Math.max(2, (north - south) * 0.12, (east - west) * 0.08);
  const [low, high] = [Math.max(-80, south - far), Math.min(84, north + far)];
  const span = high - low;
  const project = conic(low + span / 6, high - span / 6, (west + east) / 2, (low + high) / 2);
  const edges = [
    [west - far, low],
    [east + far, low],
    [west - far, high],
    [east + far, high],
    [(west + east) / 2, low],
    [(west + east) / 2, high],
  ].map((place) => project(place as unknown as Place));
  const [left, right] = [Math.min(...edges.map(([x]) => x)), Math.max(...edges.map(([x]) => x))];
  const [bottom, top] = [Math.min(...edges.map(([, y]) => y)), Math.max(...edges.map(([, y]) => y))];
  const scale = Math.min(WIDTH / (right - left), HEIGHT / (top - bottom));
  return (place) => {
    const [x, y] = project(place);
    return [
      Math.round((WIDTH / 2 + (x - (left + right) / 2) * scale) * 10) / 10,
      Math.round((HEIGHT / 2 - (y - (bottom + top) / 2) * scale) * 10) / 10,
    ];
  };
}

interface Coast {
  readonly fineness: number;
  readonly rings: readonly (readonly number[])[];
}

let kept: Promise<Coast | undefined> | undefined;

async function coast(address: string): Promise<Coast | undefined> {
  kept ??= fetch(address).then(
    async (reply) => (reply.ok ? ((await reply.json()) as Coast) : undefined),
    () => undefined,
  );
  return kept;
}

function outline(ring: readonly number[], fineness: number, frame: (place: Place) => Point): string {
  const points: string[] = [];
  let [x, y] = [0, 0];
  let near = false;
  for (let at = 0; at < ring.length; at += 2) {
    [x, y] = [x + (ring[at] ?? 0), y + (ring[at + 1] ?? 0)];
    const [across, down] = frame([x / fineness, y / fineness]);
    near ||= across > -WIDTH && across < 2 * WIDTH && down > -HEIGHT && down < 2 * HEIGHT;
    points.push(`${across} ${down}`);
  }
  return near ? `M${points.join("L")}Z` : "";
}

/** Where the coastline is known: the theatre of the war, America's east, Europe's north. */
const REGIONS: readonly (readonly [west: number, south: number, east: number, north: number])[] = [
  [100, 24, 162, 62],
  [-82, 35, -64, 48],
  [18, 54, 40, 66],
];

interface Spot {
  readonly place: Place;
  readonly rows: Row[];
}

export async function draw(table: Table, shown: Shown): Promise<HTMLElement> {
  const { told, names } = shown;
  const { words } = told;
  const column = placed(table, names) ?? "";
  const byPlace = new Map<string, Spot>();
  for (const row of table.rows) {
    const place = names.place(row[column]);
    if (!place) continue;
    const here = byPlace.get(place.join(" ")) ?? { place, rows: [] };
    here.rows.push(row);
    byPlace.set(place.join(" "), here);
  }
  const title = naming(table, [column]) ?? column;
  const called = ({ rows }: Spot): string =>
    [...new Set(rows.map((row) => names.text(row[title]) || names.text(row[column])))].join(", ");
  const land = await coast(told.coast);
  const left = new Set(byPlace.values());
  const box = el("div", { class: "map" });
  for (const [west, south, east, north] of REGIONS) {
    const here = [...left].filter(({ place: [x, y] }) => west <= x && x <= east && south <= y && y <= north);
    for (const spot of here) left.delete(spot);
    if (!here.length) continue;
    const picture = mapped(here, called, land, column, shown);
    box.append(el("div", { class: "wide", role: "region", tabindex: 0, "aria-label": words.map }, picture));
  }
  if (left.size) {
    const others = [...left].map((spot) => `${called(spot)} (${spot.place[1]}, ${spot.place[0]})`);
    box.append(el("p", {}, fill(words.offMap ?? "", { places: others.join("; ") })));
  }
  box.append(el("p", { class: "hint" }, words.coast));
  return box;
}

function mapped(
  spots: readonly Spot[],
  called: (spot: Spot) => string,
  land: Coast | undefined,
  column: string,
  shown: Shown,
): SVGSVGElement {
  const { told } = shown;
  const frame = framed(spots.map(({ place }) => place));
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    width: WIDTH,
    height: HEIGHT,
    role: "group",
    "aria-label": fill(told.words.mapOf ?? "", { n: spots.length }),
  });
  if (land) {
    const path = land.rings.map((ring) => outline(ring, land.fineness, frame)).join("");
    picture.append(svg("path", { class: "land", d: path, "aria-hidden": "true" }));
  }
  const size = ({ rows }: Spot): number => Math.min(10, 4 + Math.sqrt(rows.length));
  const placing = new Placing(
    spots.map((spot) => [...frame(spot.place), size(spot)] as const),
    WIDTH,
  );
  for (const spot of spots) {
    const { place, rows } = spot;
    const [x, y] = frame(place);
    const name = called(spot);
    const first = rows[0]?.[column];
    const address = first?.type === "uri" ? href(first.value, told) : thing(rows[0], shown);
    const parts: Element[] = [svg("title", {}, name), svg("circle", { cx: x, cy: y, r: size(spot) })];
    const text = placing.name(name, x, y, size(spot));
    if (text) parts.push(text);
    picture.append(
      address ? svg("a", { href: address, "aria-label": name }, ...parts) : svg("g", {}, ...parts),
    );
  }
  return picture;
}

/** The first thing of a row that leads to a page. */
function thing(row: Row | undefined, { told }: Shown): string {
  const value = Object.values(row ?? {}).find((one) => one?.type === "uri");
  return value ? href(value.value, told) : "";
}
