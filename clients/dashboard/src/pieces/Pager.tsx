import { Button } from "./Button";

/** How many a page of a listing has. */
export const PAGE = 50;

/** Turns the pages of a list that says no total, the newest first: after a full page there may be another. */
export function Pager({ offset, got, onTurn }: { offset: number; got: number | undefined; onTurn: (offset: number) => void }) {
  const isFull = (got ?? 0) >= PAGE;
  if (offset === 0 && !isFull) return null;
  return (
    <nav className="row" aria-label="Pages of the list">
      <Button small disabled={offset === 0} onClick={() => onTurn(Math.max(0, offset - PAGE))}>
        Newer
      </Button>
      <Button small disabled={!isFull} onClick={() => onTurn(offset + PAGE)}>
        Older
      </Button>
    </nav>
  );
}
