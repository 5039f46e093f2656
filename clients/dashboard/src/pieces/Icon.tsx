/** Drawn for this page, on a grid of 20, with one stroke. */
const PATHS = {
  overview: "M3 3h6v7H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 12h6v5H3z",
  memories: "M4 3h12v14H4zM7 7h6M7 10h6M7 13h3",
  graph: "M5 5.500a1.500 1.500 0 1 0 .01 0M15 3.500a1.500 1.500 0 1 0 .01 0M13 14.500a1.500 1.500 0 1 0 .01 0M6.400 6.700 13.600 5.300M5.800 8.300l6.300 6.400M14.600 6.500l-1.200 7.900",
  sessions: "M10 3a7 7 0 1 0 .01 0M10 6v4.200l2.800 1.800",
  documents: "M5 2.500h6.500L15 6v11.500H5zM11.500 2.500V6H15",
  live: "M2.500 10h3.200L8 4.500l4 11 2.300-5.500h3.200",
  settings: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4a2 2 0 1 0 .01 0M7 12a2 2 0 1 0 .01 0",
  search: "M8.500 3a5.500 5.500 0 1 0 .01 0M12.500 12.500 17 17",
  close: "M5 5l10 10M15 5 5 15",
  help: "M10 2.500a7.500 7.500 0 1 0 .01 0M7.800 8a2.200 2.200 0 1 1 3.200 2c-.7.400-1 .8-1 1.500M10 14v.01",
  theme: "M10 3a7 7 0 1 0 .01 0M10 3v14M10 6.500h4.500M10 10h6.500M10 13.500h4.500",
  leave: "M8 3H4v14h4M8 10h9M14 7l3 3-3 3",
  up: "M6 9l4-4 4 4M10 5v11",
  down: "M6 11l4 4 4-4M10 15V4",
  filter: "M3 5h14M6 10h8M8.500 15h3",
  pause: "M7 4v12M13 4v12",
  play: "M6 4l10 6-10 6z",
  edit: "M4 16l.7-3.300L13.500 4l2.600 2.600-8.700 8.700zM12 5.500 14.600 8",
  trash: "M4 5.500h12M8 5.500V3.500h4v2M5.500 5.500l.7 11h7.600l.7-11",
  back: "M12 4.500 6.500 10l5.500 5.500",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  whole: "M3 7.500V3h4.500M12.500 3H17v4.500M17 12.500V17h-4.500M7.500 17H3v-4.500",
  download: "M10 3v10M6 9.500l4 4 4-4M3.500 17h13",
  upload: "M10 14V4M6 7.500l4-4 4 4M3.500 17h13",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth={1.4} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
