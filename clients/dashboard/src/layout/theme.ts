/** Light or dark: the system's choice until somebody makes one here. */
const KEPT = "weft.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  document.documentElement.dataset["theme"] = localStorage.getItem(KEPT) ?? (system.matches ? "dark" : "light");
}

export function followTheme(): void {
  apply();
  system.addEventListener("change", apply);
}

export function switchTheme(): void {
  const next = document.documentElement.dataset["theme"] === "dark" ? "light" : "dark";
  const isSystems = next === (system.matches ? "dark" : "light");
  if (isSystems) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, next);
  apply();
}
