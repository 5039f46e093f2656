import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/pieces.css";

import { createRoot } from "react-dom/client";

import { App } from "./app";
import { followTheme } from "./layout/theme";

followTheme();
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App />);
