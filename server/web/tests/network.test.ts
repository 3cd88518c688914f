/** What the picture of the network is reckoned from. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { follow, hull, layout } from "../src/network/layout.ts";
import {
  type Act,
  firstDay,
  joined,
  lastDay,
  monthOf,
  months,
  type Told,
  within,
} from "../src/network/model.ts";
import { appearance, NOTHING, read, write } from "../src/network/state.ts";
import { inOrder } from "../src/common/labels.ts";
import { names } from "../src/network/names.ts";

function act(source: string, target: string, more: Partial<Act> = {}): Act {
  return {
    event: `d:${source}-${target}`,
    url: "",
    source,
    target,
    leg: "direct",
    modes: [],
    manner: "words",
    outcomes: [],
    effect: true,
    earliest: null,
    latest: null,
    stated: [],
    passages: [],
    disputed: false,
    reported: false,
    ...more,
  };
}

function network(...acts: Act[]): Told {
  const ids = [...new Set(acts.flatMap((one) => [one.source, one.target]))];
  return {
    counts: { nodes: ids.length, events: acts.length, passages: 0 },
    partial: false,
    actors: ids.map((id) => ({
      id,
      url: "",
      name: id,
      type: "person",
      side: "japan",
      look: "japan",
      acts: 1,
    })),
    acts,
    sides: {},
    passages: {},
  };
}

test("months count from the first to the last and know their days", () => {
  assert.equal(monthOf("1905-01-01") - monthOf("1904-12-31"), 1);
  assert.equal(firstDay(monthOf("1905-09-05")), "1905-09-01");
  assert.equal(lastDay(monthOf("1904-02-01")), "1904-02-29");
  assert.equal(lastDay(monthOf("1905-12-31")), "1905-12-31");
  const counted = months([act("a", "b", { earliest: "1904-12-20", latest: "1905-01-10" }), act("b", "c")]);
  assert.deepEqual(counted, { first: monthOf("1904-12-01"), counts: [0.5, 0.5] });
});

test("an act of uncertain date is shown wherever it may lie, an undated one only without bounds", () => {
  const uncertain = act("a", "b", { earliest: "1905-08-22", latest: "1905-09-04" });
  assert.equal(within(uncertain, "1905-09-01", null), true);
  assert.equal(within(uncertain, "1905-09-05", null), false);
  assert.equal(within(uncertain, null, "1905-08-21"), false);
  assert.equal(within(act("a", "b"), null, null), true);
  assert.equal(within(act("a", "b"), "1905-01-01", null), false);
  assert.equal(within(act("a", "b", { latest: "1905-01-01" }), null, "1904-01-01"), true);
});

test("a state survives its address", () => {
  const state = {
    ...NOTHING,
    manners: ["money", "words"],
    parts: "-s4",
    picked: ["s5", "s6"],
    effects: true,
    rollUp: "state",
    since: "1905-01-01",
    actor: "d:witte",
    from: "Rosen & Witte",
    to: "โคมูระ",
    certain: true,
  };
  assert.deepEqual(read(write(state)), state);
  assert.equal(write(NOTHING), "");
});

test("what is chosen is told apart from what is near it and what is left out", () => {
  const told = network(act("a", "b"), act("b", "c", { manner: "money" }), act("c", "d"));
  const near = appearance(told, { ...NOTHING, actor: "b" });
  assert.deepEqual([...near.nearActs], [0, 1]);
  assert.deepEqual([...near.chosenActors], ["b"]);
  const money = appearance(told, { ...NOTHING, manners: ["money"] });
  assert.deepEqual([[...money.acts], [...money.actors]], [[1], ["b", "c"]]);
  const chain = appearance(told, { ...NOTHING, manners: ["money"] }, [
    { event: "d:a-b", source: "a", target: "b" },
  ]);
  assert.deepEqual([...chain.chosenActs], [0]);
  assert.equal(appearance(told, { ...NOTHING, since: "1905-01-01" }).hidden, 3);
});

test("the same network is laid out the same, and keeps its shape when it grows", () => {
  const told = network(act("a", "b"), act("b", "c"));
  assert.deepEqual(layout(told), layout(told));
  const before = layout(told);
  const grown = layout(joined(told, network(act("c", "d"))), before);
  assert.equal(grown.size, 4);
  const moved = Math.hypot(
    (grown.get("a")?.x ?? 0) - (before.get("a")?.x ?? 0),
    (grown.get("a")?.y ?? 0) - (before.get("a")?.y ?? 0),
  );
  assert.ok(moved < 150, String(moved));
});

test("joining knows every arc once", () => {
  const one = network(act("a", "b"));
  assert.equal(joined(one, network(act("a", "b"), act("b", "c"))).acts.length, 2);
});

test("a hull holds every point and has no corner within", () => {
  const square = [
    { x: 0, y: 0 },
    { x: 4, y: 0 },
    { x: 4, y: 4 },
    { x: 0, y: 4 },
  ];
  const corners = hull([...square, { x: 2, y: 2 }, { x: 2, y: 0 }]);
  assert.equal(corners.length, 4);
  for (const corner of square) assert.ok(corners.some(({ x, y }) => x === corner.x && y === corner.y));
});

const FRAME = { left: 0, top: 0, right: 800, bottom: 500 };
const name = (x: number, y: number, more = {}) => ({
  x,
  y,
  room: 6,
  width: 60,
  height: 15,
  always: false,
  before: undefined,
  ...more,
});

test("names stand on another side where the right one is taken or out of sight", () => {
  const [first, second, third] = names([name(100, 100), name(130, 100), name(780, 100)], [], FRAME);
  assert.deepEqual([first?.anchor, second?.anchor, third?.anchor], ["end", "start", "end"]);
});

test("no name is written on another, few on a mark, and those that matter most are all written", () => {
  // A thicket that is the same each time.
  const thicket = Array.from({ length: 300 }, (_, at) =>
    name(400 + 22 * Math.sqrt(at) * Math.cos(at * 2.4), 250 + 13 * Math.sqrt(at) * Math.sin(at * 2.4)),
  );
  const written = names(thicket, [], FRAME);
  const boxes = written.flatMap((label, at) => {
    const { x, y } = thicket[at] ?? { x: 0, y: 0 };
    if (!label) return [];
    const start = x + label.x - { start: 0, middle: 30, end: 60 }[label.anchor];
    return [{ at, left: start, right: start + 60, top: y + label.y - 12, bottom: y + label.y + 2 }];
  });
  assert.ok(boxes.length > 20 && boxes.length < 300, `${boxes.length} names`);
  for (const one of boxes) {
    for (const other of boxes) {
      if (one.at >= other.at) continue;
      const apart =
        one.right <= other.left ||
        other.right <= one.left ||
        one.bottom <= other.top ||
        other.bottom <= one.top;
      assert.ok(apart, `${one.at} and ${other.at}`);
    }
    // The first few may lie on marks, or a thicket would have none of the names that matter.
    for (const [at, { x, y }] of one.at < 16 ? [] : thicket.entries())
      assert.ok(at === one.at || x < one.left || x > one.right || y < one.top || y > one.bottom);
  }
  const chosen = names(
    thicket.map((one, at) => ({ ...one, always: at < 40 })),
    [],
    FRAME,
  );
  assert.ok(chosen.slice(0, 40).every(Boolean));
});

test("a label is in the reader's language, the others follow once each", () => {
  const told = { en: "Japan", th: "ญี่ปุ่น", ja: "日本", ru: "Japan" };
  assert.deepEqual(inOrder(told, "th"), [
    ["th", "ญี่ปุ่น"],
    ["en", "Japan"],
    ["ja", "日本"],
  ]);
});

test("whoever met only the dragged actor comes along, and whoever met many others stays", () => {
  const { acts } = network(
    act("a", "b"),
    act("c", "d"),
    act("d", "e"),
    act("d", "f"),
    act("d", "g"),
    act("a", "d"),
  );
  const places = new Map([..."abcdefg"].map((id, at) => [id, { x: at * 10, y: 0 }]));
  const moved = follow(acts, places, "a", { x: 100, y: 50 });
  assert.deepEqual(moved.get("a"), { x: 100, y: 50 });
  assert.deepEqual(moved.get("b"), { x: 10 + 90, y: 45 });
  assert.deepEqual([...moved.keys()].sort(), ["a", "b"]);
});
