/**
 * Where memories stand before any force has pulled at them: each community is a disc of its own, its members from the
 * middle outwards in the order given, and the discs lie as near to the middle as they find room. Ten thousand take
 * milliseconds, so that there is something to see at once.
 */

const TURN = Math.PI * (3 - Math.sqrt(5));

interface Disc {
  x: number;
  y: number;
  radius: number;
}

/** x and y of each, one after the other. `spread` is about the distance of neighbours. */
export function place(groups: readonly (string | null)[], spread: number): Float32Array {
  const members = new Map<string | null, number[]>();
  groups.forEach((group, at) => {
    const known = members.get(group);
    if (known === undefined) members.set(group, [at]);
    else known.push(at);
  });
  const alone = members.get(null);
  members.delete(null);
  const bySize = [...members.values()].sort((one, other) => other.length - one.length);
  if (alone !== undefined) bySize.push(alone);
  const places = new Float32Array(groups.length * 2);
  const discs: Disc[] = [];
  for (const group of bySize) {
    const disc = roomFor(spread * (Math.sqrt(group.length) + 1.5), discs);
    discs.push(disc);
    group.forEach((at, order) => {
      const radius = spread * Math.sqrt(order);
      places[2 * at] = disc.x + radius * Math.cos(order * TURN);
      places[2 * at + 1] = disc.y + radius * Math.sin(order * TURN);
    });
  }
  return places;
}

/** The first place on a spiral from the middle at which a disc touches none of the others. */
function roomFor(radius: number, taken: readonly Disc[]): Disc {
  for (let step = 0; ; step++) {
    const away = radius * 0.35 * Math.sqrt(step);
    const disc = { x: away * Math.cos(step * TURN), y: away * Math.sin(step * TURN), radius };
    if (taken.every((other) => Math.hypot(disc.x - other.x, disc.y - other.y) >= radius + other.radius)) return disc;
  }
}
