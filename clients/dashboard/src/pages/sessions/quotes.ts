/** Where the quotes of memories stand in a text. */

export interface Piece {
  text: string;
  isQuoted: boolean;
}

/** The text in pieces, one after the other. White space counts as the same however much of it there is. */
export function pieces(text: string, quotes: readonly string[]): Piece[] {
  const quoted = quotes.flatMap((quote) => spanOf(text, quote)).sort((one, other) => one.begin - other.begin);
  const found: Piece[] = [];
  let end = 0;
  for (const span of quoted) {
    if (span.begin < end) continue; // a part of what is quoted already
    if (span.begin > end) found.push({ text: text.slice(end, span.begin), isQuoted: false });
    found.push({ text: text.slice(span.begin, span.end), isQuoted: true });
    end = span.end;
  }
  if (end < text.length) found.push({ text: text.slice(end), isQuoted: false });
  return found;
}

function spanOf(text: string, quote: string): { begin: number; end: number }[] {
  const words = quote.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+");
  const found = new RegExp(pattern).exec(text);
  return found === null ? [] : [{ begin: found.index, end: found.index + found[0].length }];
}
