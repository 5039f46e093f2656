import { useEffect, useState } from "react";

/** The value once it has not changed for a moment: for what is typed. */
export function useDebounced<T>(value: T, delayMs = 250): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}
