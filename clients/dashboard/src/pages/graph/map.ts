/** The drawing of a workspace: what the gateway's map says, as a graph with places and sizes. */
import Graph from "graphology";

import type { Shape } from "../../api/client";
import type { MemoryType } from "../../pieces/small";
import { place } from "./placing";

export type Relationship = Shape<"Edge">["relationship_type"];

export interface Node {
  x: number;
  y: number;
  size: number;
  label: string;
  kind: MemoryType;
  importance: number;
  pagerank: number | null;
  community: string | null;
}

export interface Link {
  kind: Relationship;
  confidence: number;
}

export type Drawing = Graph<Node, Link>;

export interface Community {
  /** Null: of memories that belong to none. */
  name: string | null;
  members: string[];
}

const SIZES = { few: [3, 11], many: [0.8, 6] } as const;
const SPREAD = 10;
const MANY = 2_000;

export function drawingOf({ nodes, edges }: Shape<"GraphMap">): Drawing {
  const drawing: Drawing = new Graph({ type: "directed", multi: true });
  const isMany = nodes.title.length > MANY;
  const [least, most] = isMany ? SIZES.many : SIZES.few;
  const places = place(nodes.community_label, SPREAD);
  nodes.memory_id.forEach((memoryId, at) => {
    const pagerank = nodes.pagerank_score[at] ?? null;
    drawing.addNode(memoryId, {
      x: places[2 * at] ?? 0,
      y: places[2 * at + 1] ?? 0,
      size: least + (most - least) * (pagerank ?? 0) ** (isMany ? 2 : 0.5),
      label: nodes.title[at] ?? "",
      kind: nodes.memory_type[at] ?? "general",
      importance: nodes.importance_score[at] ?? 0,
      pagerank,
      community: nodes.community_label[at] ?? null,
    });
  });
  edges.source.forEach((source, at) => {
    const ends = [nodes.memory_id[source], nodes.memory_id[edges.target[at] ?? -1]] as const;
    const kind = edges.relationship_type[at];
    if (ends[0] === undefined || ends[1] === undefined || kind === undefined) return;
    drawing.addEdge(ends[0], ends[1], { kind, confidence: edges.confidence[at] ?? 0 });
  });
  return drawing;
}

/** The largest first; those of no community last. */
export function communitiesOf(drawing: Drawing): Community[] {
  const members = new Map<string | null, string[]>();
  drawing.forEachNode((memoryId, { community }) => {
    const known = members.get(community);
    if (known === undefined) members.set(community, [memoryId]);
    else known.push(memoryId);
  });
  return [...members]
    .map(([name, found]) => ({ name, members: found }))
    .sort((one, other) => Number(one.name === null) - Number(other.name === null) || other.members.length - one.members.length);
}

export interface Neighbour {
  memoryId: string;
  node: Node;
  link: Link;
  /** Whether the edge leads from the memory in question to this one. */
  leadsAway: boolean;
}

/** The most confident first. */
export function neighboursOf(drawing: Drawing, memoryId: string): Neighbour[] {
  if (!drawing.hasNode(memoryId)) return [];
  return drawing
    .mapEdges(memoryId, (_, link, source, target) => {
      const other = source === memoryId ? target : source;
      return { memoryId: other, node: drawing.getNodeAttributes(other), link, leadsAway: source === memoryId };
    })
    .sort((one, other) => other.link.confidence - one.link.confidence);
}

/** Adds what is known of a memory's surroundings; returns how many memories and edges were new. */
export function extend(drawing: Drawing, center: string, found: Pick<Shape<"Subgraph">, "nodes" | "edges">): number {
  const before = drawing.order + drawing.size;
  const middle = drawing.hasNode(center) ? drawing.getNodeAttributes(center) : { x: 0, y: 0 };
  const missing = found.nodes.filter(({ memory_id }) => !drawing.hasNode(memory_id));
  const around = Math.max(8, missing.length * 2);
  missing.forEach((node, at) => {
    const angle = (2 * Math.PI * at) / missing.length;
    drawing.addNode(node.memory_id, {
      x: middle.x + around * Math.cos(angle),
      y: middle.y + around * Math.sin(angle),
      size: SIZES.few[0],
      label: node.title,
      kind: node.memory_type,
      importance: node.importance_score,
      pagerank: node.pagerank_score ?? null,
      community: node.community_label ?? null,
    });
  });
  for (const { source_memory_id: source, target_memory_id: target, relationship_type: kind, confidence } of found.edges) {
    const isThere = drawing.hasNode(source) && drawing.hasNode(target);
    const known = isThere && drawing.edges(source, target).some((edge) => drawing.getEdgeAttribute(edge, "kind") === kind);
    if (isThere && !known) drawing.addEdge(source, target, { kind, confidence });
  }
  return drawing.order + drawing.size - before;
}
