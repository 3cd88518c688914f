/** Which names of actors are written, and on which side of their marks: as many as there is room for, none on another. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A name to be written, measured in pixels of the screen. */
export interface Name {
  /** Where its mark stands, and how far that reaches. */
  readonly x: number;
  readonly y: number;
  readonly room: number;
  readonly width: number;
  readonly height: number;
  /** Whether it is written even where there is no room. */
  readonly always: boolean;
  /** On which side it stood before; it stays there if it can, so that a picture that changes does not flicker. */
  readonly before: number | undefined;
}

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "middle" | "end";
  readonly side: number;
}

/** Right, left, below, above, then the corners: across, down, and which end of the name is at the mark. */
const SIDES: readonly (readonly [number, number, Label["anchor"]])[] = [
  [1, 0, "start"],
  [-1, 0, "end"],
  [0, 1, "middle"],
  [0, -1, "middle"],
  [0.7, 0.8, "start"],
  [0.7, -0.8, "start"],
  [-0.7, 0.8, "end"],
  [-0.7, -0.8, "end"],
];
/** So many of the first names may cover marks, though no names: in a thicket they say where one is. */
const LEADING = 16;
/** Between a mark and its name, and between two names. */
const GAP = 5;
const APART = 3;

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/** How much of a box lies outside another. */
function outside(box: Box, frame: Box): number {
  return (box.right - box.left) * (box.bottom - box.top) - overlap(box, frame);
}

function stand(name: Name, side: number): [Label, Box] {
  const [across, down, anchor] = SIDES[side] as (typeof SIDES)[number];
  const far = name.room + GAP;
  const x = across * far;
  const middle = down * (far + (across ? name.height / 4 : name.height / 2 - 2));
  const start = name.x + x - (anchor === "start" ? 0 : anchor === "end" ? name.width : name.width / 2);
  const top = name.y + middle - name.height / 2;
  return [
    // Letters stand on their line, which lies about a third of their height below their middle.
    { x, y: middle + name.height * 0.29, anchor, side },
    { left: start, top, right: start + name.width, bottom: top + name.height },
  ];
}

/**
 * Finds room for names.
 *
 * @param names those that matter most first.
 * @param taken what no name may cover beside all marks, such as the words on a line.
 * @param frame what can be seen; a name that nobody sees whole is not written.
 * @returns where each is written from its mark, nothing for whom there is no room.
 */
export function names(names: readonly Name[], taken: readonly Box[], frame: Box): (Label | undefined)[] {
  const marks = names.map(({ x, y, room }) => ({
    left: x - room,
    top: y - room,
    right: x + room,
    bottom: y + room,
  }));
  const written = [...taken];
  return names.map((name, own) => {
    const order = SIDES.map((_, side) => side);
    if (name.before !== undefined) order.unshift(...order.splice(name.before, 1));
    let best: [Label, Box] | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const side of order) {
      const choice = stand(name, side);
      const { left, top, right, bottom } = choice[1];
      const wide = { left: left - APART, top, right: right + APART, bottom };
      let covered = 4 * outside(choice[1], frame);
      for (const box of written) covered += 4 * overlap(wide, box);
      if (covered && !name.always) continue;
      for (const [at, box] of marks.entries()) if (at !== own) covered += overlap(choice[1], box);
      if (covered < least) [best, least] = [choice, covered];
      if (!least) break;
    }
    if (!best || (least && !name.always && own >= LEADING)) return undefined;
    written.push(best[1]);
    return best[0];
  });
}
