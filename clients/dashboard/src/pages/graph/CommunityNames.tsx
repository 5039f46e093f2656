import { useEffect, useRef } from "react";
import type Sigma from "sigma";

import { type Palette, communityColours } from "./looks";
import { type Drawing, type Link, type Node, communitiesOf } from "./map";

const SHOWN_MAX = 24;
const MEMBERS_MIN = 4;
const CLOSE = 0.22;

/** The names of the largest communities, in their middles, as long as one looks from afar. The table has them, too. */
export function CommunityNames({ sigma, drawing, palette }: { sigma: Sigma<Node, Link>; drawing: Drawing; palette: Palette }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const colours = communityColours(drawing, palette);
    const shown = communitiesOf(drawing)
      .filter(({ name, members }) => name !== null && members.length >= MEMBERS_MIN)
      .slice(0, SHOWN_MAX)
      .map(({ name, members }) => {
        const label = document.createElement("span");
        label.textContent = name;
        label.style.color = colours.get(name) ?? "";
        return { label, members };
      });
    element.replaceChildren(...shown.map(({ label }) => label));
    const sizes = shown.map(({ label }) => ({ width: label.offsetWidth, height: label.offsetHeight }));
    const arrange = () => {
      const isClose = sigma.getCamera().ratio < CLOSE;
      const taken: { x: number; y: number; width: number; height: number }[] = [];
      shown.forEach(({ label, members }, at) => {
        const { x, y } = sigma.graphToViewport(middle(drawing, members));
        const { width, height } = sizes[at] ?? { width: 0, height: 0 };
        const box = { x: x - width / 2, y: y - height / 2, width, height };
        const isFree = taken.every((other) => box.x > other.x + other.width || other.x > box.x + width || box.y > other.y + other.height || other.y > box.y + height);
        label.hidden = isClose || !isFree;
        label.style.transform = `translate(${box.x}px, ${box.y}px)`;
        if (isFree) taken.push(box);
      });
    };
    arrange();
    sigma.on("afterRender", arrange);
    return () => void sigma.off("afterRender", arrange);
  }, [sigma, drawing, palette]);
  return <div ref={box} className="graph-names" aria-hidden="true" />;
}

function middle(drawing: Drawing, members: readonly string[]): { x: number; y: number } {
  let [x, y] = [0, 0];
  for (const id of members) {
    const node = drawing.getNodeAttributes(id);
    x += node.x / members.length;
    y += node.y / members.length;
  }
  return { x, y };
}
