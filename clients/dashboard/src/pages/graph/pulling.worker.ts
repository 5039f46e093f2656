import Graph from "graphology";
import forceAtlas2 from "graphology-layout-forceatlas2";

import type { Task } from "./pulling";

/** Posts the places after each step, and null in the end. */
function work({ places, ends, weights, forMs, stepMs }: Task): void {
  const graph = new Graph<{ x: number; y: number }, { weight: number }>({ type: "undirected" });
  for (let node = 0; node < places.length / 2; node++) graph.addNode(node, { x: places[2 * node] ?? 0, y: places[2 * node + 1] ?? 0 });
  for (let edge = 0; edge < weights.length; edge++) {
    const [one, other] = [ends[2 * edge] ?? 0, ends[2 * edge + 1] ?? 0];
    if (one !== other) graph.mergeEdge(one, other, { weight: weights[edge] ?? 1 });
  }
  const settings = { ...forceAtlas2.inferSettings(graph), gravity: 0.2, barnesHutOptimize: graph.order > 500 };
  const until = performance.now() + forMs;
  let iterations = 1;
  while (performance.now() < until) {
    const began = performance.now();
    forceAtlas2.assign(graph, { iterations, settings });
    const took = performance.now() - began;
    iterations = Math.max(1, Math.min(50, Math.round((iterations * stepMs) / took)));
    const now = new Float32Array(places.length);
    graph.forEachNode((node, { x, y }) => {
      now[2 * Number(node)] = x;
      now[2 * Number(node) + 1] = y;
    });
    postMessage(now, { transfer: [now.buffer] });
  }
  postMessage(null);
}

onmessage = ({ data }: MessageEvent<Task>) => work(data);
