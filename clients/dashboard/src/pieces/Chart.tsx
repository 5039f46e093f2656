import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

export interface Series {
  label: string;
  /** A CSS value; may be a var(--...). */
  colour: string;
  values: (number | null)[];
}

/** Values for each day as bars, one on another's top in the order given. `times` are seconds since 1970, UTC. */
export default function Chart({ label, times, series, height = 180 }: {
  label: string;
  times: number[];
  series: Series[];
  height?: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const draw = () => new uPlot(options(element, series, height), stacked(times, series), element);
    let plot = draw();
    const again = () => {
      plot.destroy();
      plot = draw();
    };
    const size = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    const theme = new MutationObserver(again);
    size.observe(element);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      size.disconnect();
      theme.disconnect();
      plot.destroy();
    };
  }, [times, series, height]);
  return <div ref={box} role="img" aria-label={label} style={{ minHeight: height }} />;
}

/** uPlot draws the later series over the earlier: the highest sum comes first. */
function stacked(times: number[], series: Series[]): uPlot.AlignedData {
  const sums = series.map((_, upTo) =>
    times.map((_, at) => series.slice(0, upTo + 1).reduce((sum, each) => sum + (each.values[at] ?? 0), 0)),
  );
  return [times, ...sums.reverse()];
}

function step(plot: uPlot): number {
  const [times] = plot.data;
  return (times[1] ?? 0) - (times[0] ?? 0);
}

function options(element: HTMLElement, series: Series[], height: number): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (value: string) => {
    const name = /^var\((--[\w-]+)/.exec(value)?.[1];
    return name === undefined ? value : style.getPropertyValue(name).trim();
  };
  const axis = {
    stroke: colour("var(--ink-soft)"),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colour("var(--line)"), width: 1 },
    ticks: { show: false },
  };
  const bars = uPlot.paths.bars?.({ size: [0.7, 40], radius: 0.15 });
  return {
    width: element.clientWidth,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    // Half a bar more at both ends: the first and the last are as wide as the others.
    scales: { x: { range: (plot, from, to) => [from - step(plot) / 2, to + step(plot) / 2] }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
    axes: [{ ...axis, size: 28, grid: { show: false }, values: (_, ticks) => ticks.map((tick) => DAY.format(tick * 1000)) }, { ...axis, size: 36, gap: 8, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000] }],
    series: [
      {},
      ...[...series].reverse().map((each) => ({
        label: each.label,
        fill: colour(each.colour),
        stroke: colour(each.colour),
        width: 0,
        ...(bars === undefined ? {} : { paths: bars }),
        points: { show: false },
      })),
    ],
  };
}
