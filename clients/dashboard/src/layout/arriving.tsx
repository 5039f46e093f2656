import { type ComponentType, lazy, useState } from "react";

/**
 * A page whose code is fetched when it is first shown, or before that by `fetch`. Where it has come by then it is shown
 * at once: React keeps back for 300 ms what has once suspended.
 */
export function arriving(load: () => Promise<{ default: ComponentType }>) {
  let here: ComponentType | null = null;
  const fetch = async () => {
    const module = await load();
    here = module.default;
    return module;
  };
  const Later = lazy(fetch);
  function Arriving() {
    const [Shown] = useState<ComponentType>(() => here ?? Later);
    return <Shown />;
  }
  return Object.assign(Arriving, { fetch });
}
