import "./graph.css";

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "react-router";

import { api, client, type Shape, told } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Icon } from "../../pieces/Icon";
import { Page } from "../../pieces/Page";
import { Answered, Empty } from "../../pieces/states";
import { count, counted } from "../../pieces/small";
import { toast, toastFault } from "../../pieces/Toast";
import { Canvas, type CanvasHandle } from "./Canvas";
import { Chosen } from "./Chosen";
import { Filters } from "./Filters";
import { Find } from "./Find";
import { type Look, PLAIN } from "./looks";
import { type Drawing, drawingOf, extend } from "./map";
import { NodeTable } from "./NodeTable";
import { isQuick, pull } from "./pulling";
import { type Ends, Way, useWay } from "./Way";

const NODES_MAX = 10_000;
const EDGES_PER_NODE = 2;
const NEIGHBOURS_MAX = 100;

export default function GraphPage() {
  const map = api.useQuery("get", "/api/v1/memories/map", { params: { query: { max_nodes: NODES_MAX, edges_per_node: EDGES_PER_NODE } } }, { staleTime: Infinity, gcTime: 0 });
  if (map.data !== undefined && map.data.total_nodes > 0) return <Explorer map={map.data} />;
  return (
    <Page title="Graph">
      <Answered query={map} what="the graph">
        {() => <Empty title="No graph yet">Memories connect themselves as they are stored. Once there are some, they are drawn here.</Empty>}
      </Answered>
    </Page>
  );
}

function Explorer({ map }: { map: Shape<"GraphMap"> }) {
  const drawing = useMemo(() => drawingOf(map), [map]);
  const canvas = useRef<CanvasHandle>(null);
  const [query, setQuery] = useSearchParams();
  const [look, setLook] = useState<Look>(PLAIN);
  const [ends, setEnds] = useState<Ends | null>(null);
  const [isFiltering, setFiltering] = useState(false);
  const [ready, setReady] = useState(0);
  const layout = useLayout(drawing);
  const { changes, busy, add, expand } = useGrowing(drawing);
  const way = useWay(ends);
  const isTable = query.get("view") === "table";
  const selected = query.get("memory");
  const path = ends?.to != null && way.data !== undefined && way.data.path.length > 0 ? way.data.path : null;
  const seen = useMemo<Look>(() => ({ ...look, selected, path }), [look, selected, path]);

  const put = (name: "memory" | "view", value: string | null) =>
    setQuery(
      (before) => {
        if (value === null) before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const begin = useCallback(() => setReady((before) => before + 1), []);
  const choose = (memoryId: string | null) => put("memory", memoryId);
  const goTo = async (memoryId: string) => {
    if (!drawing.hasNode(memoryId)) await surroundings(memoryId).then((found) => add(memoryId, found), toastFault);
    choose(memoryId);
  };

  const isDrawn = selected !== null && drawing.hasNode(selected);
  // A map has few edges of each memory, and not every memory; of what is chosen it is to have all.
  useEffect(() => {
    if (selected === null) return;
    if (!drawing.hasNode(selected)) void goTo(selected);
    else void edgesOf(selected).then((edges) => add(selected, { nodes: [], edges }), toastFault);
  }, [selected, drawing]);
  useEffect(() => {
    const missing = path?.filter((id) => !drawing.hasNode(id)) ?? [];
    missing.forEach((id) => void surroundings(id).then((found) => add(id, found), toastFault));
  }, [path, drawing]);
  useEffect(() => {
    if (path !== null) canvas.current?.fly(path);
    else if (isDrawn) canvas.current?.fly([selected, ...drawing.neighbors(selected)]);
  }, [selected, isDrawn, path, drawing, ready]);

  const about =
    map.total_nodes > drawing.order
      ? `The ${count(drawing.order)} of ${count(map.total_nodes)} memories with the highest PageRank.`
      : `${counted(drawing.order, "memory", "memories")}, ${counted(drawing.size, "edge")}.`;
  return (
    <Page
      title="Graph"
      about={about}
      full
      actions={
        <>
          <Find onChoose={(memoryId) => void goTo(memoryId)} />
          <Button aria-pressed={isFiltering} onClick={() => setFiltering(!isFiltering)}>
            <Icon name="filter" /> Filter
          </Button>
          {!isTable && (
            <Button aria-pressed={layout.isRunning} onClick={layout.turn}>
              {layout.isRunning ? "Stop arranging" : "Arrange"}
            </Button>
          )}
          <Button onClick={() => put("view", isTable ? null : "table")}>{isTable ? "As a map" : "As a table"}</Button>
        </>
      }
    >
      <div className="graph">
        <div className="graph-main">
          {isTable ? (
            <NodeTable drawing={drawing} look={seen} onChoose={choose} />
          ) : (
            <Canvas ref={canvas} drawing={drawing} changes={changes} look={seen} onSelect={choose} onReady={begin} />
          )}
        </div>
        {(isFiltering || ends !== null || isDrawn) && (
          <aside className="graph-side" aria-label="About the map">
            {isFiltering && <Filters drawing={drawing} look={seen} onLook={setLook} />}
            {ends !== null && <Way drawing={drawing} ends={ends} query={way} onChoose={choose} onForget={() => setEnds(null)} />}
            {selected !== null && (
              <Chosen
                drawing={drawing}
                memoryId={selected}
                look={seen}
                busy={busy}
                begun={ends !== null && ends.from !== selected}
                onChoose={choose}
                onExpand={() => expand(selected)}
                onBegin={() => setEnds({ from: selected, to: null })}
                onEnd={() => setEnds((before) => before && { ...before, to: selected })}
              />
            )}
          </aside>
        )}
      </div>
    </Page>
  );
}

/** All edges of a memory, and the memories at their other ends. */
async function surroundings(memoryId: string): Promise<Pick<Shape<"Subgraph">, "nodes" | "edges">> {
  const edges = await edgesOf(memoryId);
  const ids = new Set([memoryId, ...edges.flatMap(({ source_memory_id, target_memory_id }) => [source_memory_id, target_memory_id])]);
  const nodes = await Promise.all(
    [...ids].map((id) => told(client.GET("/api/v1/memories/{memory_id}", { params: { path: { memory_id: id } } }))),
  );
  return { nodes, edges };
}

function edgesOf(memoryId: string): Promise<Shape<"Relationship">[]> {
  return told(client.GET("/api/v1/relationships", { params: { query: { memory_id: memoryId, limit: NEIGHBOURS_MAX } } }));
}

/** What is added to a drawing after it was made. `changes` counts how often. */
function useGrowing(drawing: Drawing) {
  const [changes, setChanges] = useState(0);
  const [busy, setBusy] = useState(false);
  const add = (center: string, found: Pick<Shape<"Subgraph">, "nodes" | "edges">) => {
    const added = extend(drawing, center, found);
    if (added > 0) setChanges((before) => before + 1);
    return added;
  };
  const expand = (memoryId: string) => {
    setBusy(true);
    surroundings(memoryId)
      .then((found) => add(memoryId, found))
      .then((added) => toast(added === 0 ? "Everything around it is drawn already." : `${counted(added, "memory or edge", "memories and edges")} more.`))
      .catch(toastFault)
      .finally(() => setBusy(false));
  };
  return { changes, busy, add, expand };
}

/** A small map arranges itself, a large one when it is asked to. */
function useLayout(drawing: Drawing) {
  const running = useRef<{ stop: () => void } | null>(null);
  const [isRunning, setRunning] = useState(false);
  const begin = () => {
    setRunning(true);
    running.current = pull(
      drawing,
      () => undefined,
      () => {
        running.current = null;
        setRunning(false);
      },
    );
  };
  useEffect(() => {
    if (isQuick(drawing)) begin();
    return () => running.current?.stop();
  }, [drawing]);
  return { isRunning, turn: () => (running.current === null ? begin() : running.current.stop()) };
}
