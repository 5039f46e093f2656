import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";

/**
 * A list of any length, of which only what is seen is in the document. `onEnd` is called when its end comes near, for
 * the next page to be loaded; `total` is told to screen readers where it is known.
 */
export function VirtualList<Item>({ label, items, id, row, height, total, onEnd }: {
  label: string;
  items: readonly Item[];
  id: (item: Item) => string;
  row: (item: Item, index: number) => ReactNode;
  /** What a row is thought to be high before it is measured, in px. */
  height: number;
  total?: number | undefined;
  onEnd?: (() => void) | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    getItemKey: (index) => (items[index] === undefined ? index : id(items[index])),
    overscan: 8,
    useFlushSync: false,
  });
  const seen = list.getVirtualItems();
  const last = seen.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd !== undefined && last >= items.length - 40) onEnd();
  }, [last, items.length, onEnd]);
  return (
    <div className="virtual" ref={box} tabIndex={0} role="region" aria-label={label}>
      <ul className="virtual-inside" style={{ height: list.getTotalSize() }}>
        {seen.map(({ key, index, start }) => {
          const item = items[index];
          return item === undefined ? null : (
            <li
              key={key}
              ref={list.measureElement}
              data-index={index}
              aria-setsize={total ?? -1}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              {row(item, index)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
