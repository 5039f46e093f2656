/** What of a drawing is seen, and in which colour. */
import type { EdgeDisplayData, NodeDisplayData } from "sigma/types";

import { type MemoryType } from "../../pieces/small";
import { type Drawing, type Link, type Node, type Relationship, communitiesOf } from "./map";

export interface Look {
  colourBy: "community" | "kind";
  hiddenKinds: ReadonlySet<MemoryType>;
  hiddenRelationships: ReadonlySet<Relationship>;
  confidence: number;
  selected: string | null;
  /** Memories from one end to the other; with it, nothing else stands out. */
  path: readonly string[] | null;
}

export const PLAIN: Look = {
  colourBy: "community",
  hiddenKinds: new Set(),
  hiddenRelationships: new Set(),
  confidence: 0,
  selected: null,
  path: null,
};

export interface Palette {
  edge: string;
  strong: string;
  faded: string;
  ink: string;
  surface: string;
  font: string;
  alone: string;
  communities: string[];
  kinds: (kind: MemoryType) => string;
}

const COMMUNITY_COLOURS = 12;
const LABEL_MAX = 32;
const LABEL_OF_CHOSEN_MAX = 60;

/** The colours of the page as it is now, light or dark: WebGL knows no CSS. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    edge: value("--edge"),
    strong: value("--accent"),
    faded: value("--faded"),
    ink: value("--ink"),
    surface: value("--surface"),
    font: style.fontFamily,
    alone: value("--type-general"),
    communities: Array.from({ length: COMMUNITY_COLOURS }, (_, at) => value(`--community-${at}`)),
    kinds: (kind) => value(`--type-${kind}`),
  };
}

/** Colours of communities by name: the largest have one each, of those after them several have the same. */
export function communityColours(drawing: Drawing, palette: Palette): Map<string | null, string> {
  const named = communitiesOf(drawing).filter(({ name }) => name !== null);
  const colours = named.map(({ name }, at) => [name, palette.communities[at % palette.communities.length] ?? palette.alone] as const);
  return new Map<string | null, string>([...colours, [null, palette.alone]]);
}

export function isShown(node: Node, look: Look): boolean {
  return !look.hiddenKinds.has(node.kind);
}

export function isDrawn(link: Link, look: Look): boolean {
  return link.confidence >= look.confidence && !look.hiddenRelationships.has(link.kind);
}

interface Painter {
  node: (id: string, node: Node) => Partial<NodeDisplayData>;
  edge: (id: string, link: Link) => Partial<EdgeDisplayData>;
}

/** How each node and edge looks. What is chosen, its neighbours and a path stand out; all else fades behind them. */
export function painter(drawing: Drawing, look: Look, palette: Palette): Painter {
  const colours = communityColours(drawing, palette);
  const kinds = new Map<MemoryType, string>();
  const colourOf = ({ kind, community }: Node) => {
    if (look.colourBy === "community") return colours.get(community) ?? palette.alone;
    if (!kinds.has(kind)) kinds.set(kind, palette.kinds(kind));
    return kinds.get(kind) ?? palette.alone;
  };
  const { nodes, edges } = standingOut(drawing, look);
  const ends = look.path === null ? [look.selected] : [look.path[0], look.path.at(-1)];
  return {
    node: (id, node) => {
      if (!isShown(node, look)) return { hidden: true };
      if (nodes === null) return { color: colourOf(node), label: shortened(node.label, LABEL_MAX) };
      if (!nodes.has(id)) return { color: palette.faded, label: null, zIndex: 0 };
      const isEnd = ends.includes(id);
      const label = shortened(node.label, LABEL_OF_CHOSEN_MAX);
      return { color: colourOf(node), label, zIndex: 1, forceLabel: isEnd || look.path !== null || nodes.size < 16, highlighted: isEnd };
    },
    edge: (id, link) => {
      const [one, other] = drawing.extremities(id);
      const isSeen = isDrawn(link, look) && isShown(drawing.getNodeAttributes(one), look) && isShown(drawing.getNodeAttributes(other), look);
      if (edges === null) return isSeen ? { color: palette.edge, size: 0.4 + 0.6 * link.confidence } : { hidden: true };
      if (!edges.has(id) || (look.path === null && !isSeen)) return { hidden: true };
      return { color: palette.strong, size: look.path === null ? 1.2 : 3, zIndex: 1 };
    },
  };
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}

function standingOut(drawing: Drawing, look: Look): { nodes: Set<string> | null; edges: Set<string> | null } {
  if (look.path !== null) {
    const path = look.path.filter((id) => drawing.hasNode(id));
    const steps = path.slice(1).flatMap((id, at) => drawing.edges(path[at], id).slice(0, 1));
    const back = path.slice(1).flatMap((id, at) => (drawing.edges(path[at], id).length > 0 ? [] : drawing.edges(id, path[at]).slice(0, 1)));
    return { nodes: new Set(path), edges: new Set([...steps, ...back]) };
  }
  if (look.selected === null || !drawing.hasNode(look.selected)) return { nodes: null, edges: null };
  const edges = drawing.filterEdges(look.selected, (_, link) => isDrawn(link, look));
  return { nodes: new Set([look.selected, ...edges.flatMap((edge) => drawing.extremities(edge))]), edges: new Set(edges) };
}
