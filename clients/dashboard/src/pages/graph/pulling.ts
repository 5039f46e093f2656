/** The layout by forces (ForceAtlas2), in a worker: the page goes on being quick while memories find their places. */
import type { Drawing } from "./map";

export interface Task {
  /** x and y of each node, one after the other. */
  places: Float32Array;
  /** Places of both ends of each edge in the order of the nodes, one after the other. */
  ends: Uint32Array;
  weights: Float32Array;
  forMs: number;
  /** How long to pull before the places are told. */
  stepMs: number;
}

const FOR_MS = { few: 2_500, many: 30_000 };
const STEP_MS = { few: 100, many: 1_500 };
const FEW = 2_000;

/** Whether memories are pulled without being asked for: it takes a few seconds only. */
export function isQuick(drawing: Drawing): boolean {
  return drawing.order <= FEW;
}

/** Pulls until it is good or `stop` is called. `moved` after each step, `done` once at the end. */
export function pull(drawing: Drawing, moved: () => void, done: () => void): { stop: () => void } {
  const worker = new Worker(new URL("./pulling.worker.ts", import.meta.url), { type: "module" });
  const ids = drawing.nodes();
  const at = new Map(ids.map((id, index) => [id, index]));
  const task: Task = {
    places: Float32Array.from(ids.flatMap((id) => [drawing.getNodeAttribute(id, "x"), drawing.getNodeAttribute(id, "y")])),
    ends: Uint32Array.from(drawing.mapEdges((_, __, source, target) => [at.get(source) ?? 0, at.get(target) ?? 0]).flat()),
    weights: Float32Array.from(drawing.mapEdges((_, { confidence }) => confidence)),
    forMs: FOR_MS[isQuick(drawing) ? "few" : "many"],
    stepMs: STEP_MS[isQuick(drawing) ? "few" : "many"],
  };
  const stop = () => {
    worker.terminate();
    done();
  };
  worker.onmessage = ({ data }: MessageEvent<Float32Array | null>) => {
    if (data === null) return stop();
    drawing.updateEachNodeAttributes(
      (id, node) => {
        const index = at.get(id);
        return index === undefined ? node : { ...node, x: data[2 * index] ?? node.x, y: data[2 * index + 1] ?? node.y };
      },
      { attributes: ["x", "y"] },
    );
    return moved();
  };
  worker.postMessage(task, [task.places.buffer, task.ends.buffer, task.weights.buffer]);
  return { stop };
}
