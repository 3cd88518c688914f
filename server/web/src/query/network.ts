/** Who is joined with whom in an answer: a small network with arrows, laid out the same way each time. */
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import { el, svg } from "../common/dom.ts";
import type { Table, Value } from "./answer.ts";
import { ends } from "./pictures.ts";
import type { Shown } from "./table.ts";
import { Placing } from "./placing.ts";
import { fill, href } from "./words.ts";

const WIDTH = 860;
const HEIGHT = 600;
const MOST = 120;
const ROUNDS = 260;

interface Node {
  readonly id: string;
  readonly value: Value;
  degree: number;
  x: number;
  y: number;
}

interface Edge {
  readonly source: Node;
  readonly target: Node;
  readonly names: Set<string>;
  rows: number;
}

/** The nodes and edges of an answer, those with most rows first where there are too many. */
export function joined(
  table: Table,
  [from, to]: readonly [string, string],
  label: (value: Value) => string,
  word: string | undefined,
  most = MOST,
): { readonly nodes: Node[]; readonly edges: Edge[]; readonly all: number } {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const node = (value: Value): Node => {
    const id = value.type === "uri" ? value.value : label(value);
    const found = nodes.get(id) ?? { id, value, degree: 0, x: 0, y: 0 };
    nodes.set(id, found);
    return found;
  };
  for (const row of table.rows) {
    const [a, b] = [row[from], row[to]];
    // A graph joins things with words, too; a word is no neighbour.
    if (!a || !b || (to === "object" && b.type === "literal")) continue;
    const [source, target] = [node(a), node(b)];
    source.degree += 1;
    target.degree += 1;
    const key = JSON.stringify([source.id, target.id]);
    const edge = edges.get(key) ?? { source, target, names: new Set<string>(), rows: 0 };
    edge.rows += 1;
    const name = word && row[word];
    if (name) edge.names.add(label(name));
    edges.set(key, edge);
  }
  const kept = [...nodes.values()].sort((a, b) => b.degree - a.degree).slice(0, most);
  const here = new Set(kept);
  return {
    nodes: kept,
    edges: [...edges.values()].filter(({ source, target }) => here.has(source) && here.has(target)),
    all: nodes.size,
  };
}

const radius = (node: Node): number => Math.min(14, 5 + Math.sqrt(node.degree) * 1.6);

export function draw(table: Table, shown: Shown): HTMLElement {
  const { told, names } = shown;
  const { words } = told;
  const pair = ends(table, true) ?? ["", ""];
  const text = (value: Value): string => names.text(value);
  const word = table.columns.find((column) => /mode|relation|predicate|how/i.test(column)) ?? undefined;
  const { nodes, edges, all } = joined(table, pair, text, word);
  nodes.forEach((node, at) => {
    // A sunflower's arrangement starts everybody apart, and always in the same way.
    const far = 16 * Math.sqrt(at + 0.5);
    node.x = far * Math.cos(at * 2.39996);
    node.y = far * Math.sin(at * 2.39996);
  });
  const links = edges
    .filter(({ source, target }) => source !== target)
    .map(({ source, target }) => ({ source, target }));
  forceSimulation(nodes)
    .force("links", forceLink(links).distance(125).strength(0.35))
    .force("apart", forceManyBody().strength(-380))
    .force("x", forceX(0).strength(0.05))
    .force("y", forceY(0).strength(0.08))
    .force(
      "collide",
      forceCollide<Node>((node) => radius(node) + 22),
    )
    .stop()
    .tick(ROUNDS);
  const [left, right] = [Math.min(...nodes.map(({ x }) => x)), Math.max(...nodes.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...nodes.map(({ y }) => y)), Math.max(...nodes.map(({ y }) => y))];
  const scale = Math.min(
    1.4,
    (WIDTH - 220) / Math.max(1, right - left),
    (HEIGHT - 90) / Math.max(1, bottom - top),
  );
  for (const node of nodes) {
    node.x = WIDTH / 2 + (node.x - (left + right) / 2) * scale;
    node.y = HEIGHT / 2 + (node.y - (top + bottom) / 2) * scale;
  }
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    width: WIDTH,
    height: HEIGHT,
    role: "group",
    "aria-label": fill(words.networkOf ?? "", { n: nodes.length, m: edges.length }),
  });
  for (const edge of edges) picture.append(arrow(edge, text));
  const placing = new Placing(
    nodes.map((node) => [node.x, node.y, radius(node)] as const),
    WIDTH,
  );
  // The busiest come first, so theirs are the names that stand.
  for (const node of nodes) {
    const name = text(node.value);
    const address = node.value.type === "uri" ? href(node.value.value, told) : "";
    const written = placing.name(name, node.x, node.y, radius(node));
    const parts: Element[] = [
      svg("title", {}, name),
      svg("circle", { cx: node.x, cy: node.y, r: radius(node) }),
      ...(written ? [written] : []),
    ];
    picture.append(
      address ? svg("a", { href: address, "aria-label": name }, ...parts) : svg("g", {}, ...parts),
    );
  }
  const box = el("div", { class: "wide", role: "region", tabindex: 0, "aria-label": words.network }, picture);
  const cut = all > MOST && el("p", { class: "hint" }, fill(words.cutTo ?? "", { n: MOST, of: all }));
  return el("div", { class: "joined" }, box, cut);
}

function arrow({ source, target, names, rows }: Edge, text: (value: Value) => string): SVGElement {
  const title = `${text(source.value)} → ${text(target.value)}${names.size ? `: ${[...names].join(", ")}` : ""}`;
  if (source === target) {
    const { x, y } = source;
    const r = radius(source);
    return svg(
      "g",
      { class: "edge" },
      svg("title", {}, title),
      svg("path", { d: `M${x - r} ${y}c-26 -34 18 -52 ${r} -${r}` }),
    );
  }
  const [dx, dy] = [target.x - source.x, target.y - source.y];
  const far = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / far, dy / far];
  const [x1, y1] = [source.x + ux * radius(source), source.y + uy * radius(source)];
  const [x2, y2] = [target.x - ux * (radius(target) + 2), target.y - uy * (radius(target) + 2)];
  // A little bow keeps the two directions between a pair apart.
  const [bx, by] = [(x1 + x2) / 2 - uy * 14, (y1 + y2) / 2 + ux * 14];
  const turn = Math.atan2(y2 - by, x2 - bx);
  const head = [2.7, -2.7]
    .map((side) => `M${x2} ${y2}l${8 * Math.cos(turn + side)} ${8 * Math.sin(turn + side)}`)
    .join("");
  return svg(
    "g",
    { class: "edge" },
    svg("title", {}, title),
    svg("path", {
      d: `M${x1} ${y1}Q${bx} ${by} ${x2} ${y2}${head}`,
      "stroke-width": Math.min(4, 1 + Math.log2(rows)),
    }),
  );
}
