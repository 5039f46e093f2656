import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import Sigma from "sigma";
import { EdgeLineProgram, type NodeHoverDrawingFunction, NodePointProgram } from "sigma/rendering";

import { IconButton } from "../../pieces/Button";
import { Icon } from "../../pieces/Icon";
import { counted } from "../../pieces/small";
import { CommunityNames } from "./CommunityNames";
import { type Look, type Palette, painter, paletteOf } from "./looks";
import { type Drawing, type Link, type Node, communitiesOf } from "./map";

export interface CanvasHandle {
  /** Goes to where these memories are drawn, as near as all of them can be seen. */
  fly: (memoryIds: readonly string[]) => void;
}

const FLIGHT_MS = 600;
const PAN = 0.12;
const NEAREST = 10;
const ROOM = 1.4;
const MANY = 2_000;

/** The drawing itself. Everything that can be done here by hand can be done in the table, too. */
export function Canvas({ drawing, changes, look, onSelect, onReady, ref }: {
  drawing: Drawing;
  /** Counts what was added to the drawing. */
  changes: number;
  look: Look;
  onSelect: (memoryId: string | null) => void;
  /** Called when one can fly. */
  onReady: () => void;
  ref: Ref<CanvasHandle>;
}) {
  const box = useRef<HTMLDivElement>(null);
  const select = useRef(onSelect);
  select.current = onSelect;
  const [sigma, setSigma] = useState<Sigma<Node, Link> | null>(null);
  const [palette, setPalette] = useState<Palette | null>(null);
  const painted = useRef<readonly unknown[]>([]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    setPalette(paletteOf(element));
    const theme = new MutationObserver(() => setPalette(paletteOf(element)));
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => theme.disconnect();
  }, []);

  useEffect(() => {
    const element = box.current;
    if (element === null || palette === null) return undefined;
    const made = new Sigma<Node, Link>(drawing, element, { ...settings(drawing), ...inks(palette), ...reducers(drawing, look, palette) });
    painted.current = [made, changes, look, palette];
    made.on("clickNode", ({ node }) => select.current(node));
    made.on("clickStage", () => select.current(null));
    made.on("enterNode", () => (element.style.cursor = "pointer"));
    made.on("leaveNode", () => (element.style.cursor = ""));
    // The first frame is out when the next one but one begins.
    requestAnimationFrame(() => requestAnimationFrame((now) => (element.dataset["drawn"] = String(now))));
    const size = new ResizeObserver(() => {
      const { width, height } = made.getDimensions();
      if (width !== element.offsetWidth || height !== element.offsetHeight) made.resize().scheduleRender();
    });
    size.observe(element);
    setSigma(made);
    return () => {
      setSigma(null);
      size.disconnect();
      made.kill();
    };
    // What it looks like is told to the same renderer, below: making it anew would lose where one is.
  }, [drawing, palette === null]);

  useEffect(() => {
    const wanted = [sigma, changes, look, palette];
    if (sigma === null || palette === null || wanted.every((each, at) => each === painted.current[at])) return;
    painted.current = wanted;
    sigma.setSettings({ ...inks(palette), ...reducers(drawing, look, palette) });
  }, [sigma, drawing, changes, look, palette]);

  const fly = (memoryIds: readonly string[]) => {
    // Where they are drawn is known once what changed meanwhile has been drawn, too.
    sigma?.once("afterRender", () => {
      const there = memoryIds.flatMap((id) => sigma.getNodeDisplayData(id) ?? []);
      if (there.length === 0) return;
      const [x, y] = [spanOf(there.map((each) => each.x)), spanOf(there.map((each) => each.y))];
      const ratio = Math.min(1, Math.max(NEAREST / Math.sqrt(drawing.order), ROOM * x.length, ROOM * y.length));
      void sigma.getCamera().animate({ x: x.middle, y: y.middle, ratio }, { duration: flightMs() });
    });
    sigma?.scheduleRender();
  };
  useImperativeHandle(ref, () => ({ fly }), [sigma, drawing]);
  useEffect(() => {
    if (sigma !== null) onReady();
  }, [sigma, onReady]);

  const camera = sigma?.getCamera();
  const zoom = (factor: number) => void camera?.animate({ ratio: camera.ratio * factor }, { duration: flightMs() / 3 });
  const whole = () => void camera?.animatedReset({ duration: flightMs() });
  const keys = (event: KeyboardEvent) => {
    if (camera === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const { x, y, ratio } = camera;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => camera.setState({ x: x - PAN * ratio }),
      ArrowRight: () => camera.setState({ x: x + PAN * ratio }),
      ArrowUp: () => camera.setState({ y: y + PAN * ratio }),
      ArrowDown: () => camera.setState({ y: y - PAN * ratio }),
      "+": () => zoom(0.67),
      "-": () => zoom(1.5),
      "0": whole,
      Escape: () => select.current(null),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };
  const hasNames = look.colourBy === "community" && look.selected === null && look.path === null;
  const groups = useMemo(() => communitiesOf(drawing).filter(({ name }) => name !== null).length, [drawing]);
  const said = `Map of ${counted(drawing.order, "memory", "memories")} in ${counted(groups, "community", "communities")}. Arrow keys move it, plus and minus zoom, 0 shows all. The table has the same.`;
  return (
    <div className="graph-canvas">
      <div ref={box} className="graph-stage" tabIndex={0} role="application" aria-label={said} onKeyDown={keys} />
      {sigma !== null && palette !== null && hasNames && <CommunityNames sigma={sigma} drawing={drawing} palette={palette} />}
      <div className="graph-zoom">
        <IconButton label="Zoom in" onClick={() => zoom(0.67)}>
          <Icon name="plus" />
        </IconButton>
        <IconButton label="Zoom out" onClick={() => zoom(1.5)}>
          <Icon name="minus" />
        </IconButton>
        <IconButton label="Show all" onClick={whole}>
          <Icon name="whole" />
        </IconButton>
      </div>
    </div>
  );
}

function spanOf(values: number[]): { middle: number; length: number } {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return { middle: (least + most) / 2, length: most - least };
}

function flightMs(): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : FLIGHT_MS;
}

function settings(drawing: Drawing) {
  const many = drawing.order > MANY;
  return {
    allowInvalidContainer: true,
    hideEdgesOnMove: many,
    hideLabelsOnMove: many,
    labelDensity: 0.2,
    labelGridCellSize: 160,
    labelRenderedSizeThreshold: many ? 9 : 8,
    labelSize: 12,
    minCameraRatio: 0.005,
    maxCameraRatio: 3,
    stagePadding: 40,
    zIndex: true,
    // The graphics library's own lines and points cost it less, and from afar look the same.
    ...(many ? { edgeProgramClasses: { line: EdgeLineProgram<Node, Link> }, nodeProgramClasses: { circle: NodePointProgram<Node, Link> } } : {}),
  };
}

function inks(palette: Palette) {
  return {
    labelFont: palette.font,
    labelColor: { color: palette.ink },
    defaultEdgeColor: palette.edge,
    defaultDrawNodeHover: hover(palette),
  };
}

function reducers(drawing: Drawing, look: Look, palette: Palette) {
  const paint = painter(drawing, look, palette);
  return {
    nodeReducer: (id: string, node: Node) => ({ ...node, ...paint.node(id, node) }),
    edgeReducer: (id: string, link: Link) => ({ ...paint.edge(id, link) }),
  };
}

/** A memory that is pointed at, or stands out, has its title on a plate. */
function hover(palette: Palette): NodeHoverDrawingFunction<Node, Link> {
  return (context, { x, y, size, label, color }, { labelSize, labelFont }) => {
    if (typeof label === "string" && label !== "") {
      context.font = `500 ${labelSize}px ${labelFont}`;
      const [height, width] = [labelSize + 10, context.measureText(label).width + size + 18];
      context.beginPath();
      context.roundRect(x - size - 3, y - height / 2, width + size, height, 5);
      context.fillStyle = palette.surface;
      context.shadowColor = "rgb(0 0 0 / 30%)";
      context.shadowBlur = 8;
      context.fill();
      context.shadowBlur = 0;
      context.fillStyle = palette.ink;
      context.fillText(label, x + size + 5, y + labelSize / 3);
    }
    context.beginPath();
    context.arc(x, y, size + 2, 0, 2 * Math.PI);
    context.fillStyle = palette.ink;
    context.fill();
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fillStyle = color;
    context.fill();
  };
}
