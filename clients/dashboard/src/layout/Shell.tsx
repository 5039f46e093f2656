import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useCallback, useEffect, useRef, useState } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";

import { chooseWorkspace, signOut, useSignedIn } from "../api/session";
import { IconButton } from "../pieces/Button";
import { Dialog } from "../pieces/Dialog";
import { Icon } from "../pieces/Icon";
import { Loading } from "../pieces/states";
import { toastFault } from "../pieces/Toast";
import { PAGES } from "./pages";
import { switchTheme } from "./theme";
import { useKeys } from "./useKeys";

/** What stands around every page. */
export function Shell() {
  const [helping, setHelping] = useState(false);
  const help = useCallback(() => setHelping(true), []);
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useKeys(help);
  useEffect(() => void main.current?.scrollTo(0, 0), [pathname]);
  return (
    <div className="shell">
      <a className="skip button" href="#main">
        Skip to the page
      </a>
      <header className="shell-nav">
        <div className="shell-top">
          <Link to="/" className="brand" aria-label="Weft">
            <img src="/favicon.svg" alt="" />
            <span>Weft</span>
          </Link>
          <WorkspaceSwitcher />
        </div>
        <Navigation />
        <Foot onHelp={help} />
      </header>
      <main className="shell-main" id="main" ref={main} tabIndex={-1}>
        <Suspense fallback={<div className="page"><Loading what="the page" /></div>}>
          <Outlet />
        </Suspense>
      </main>
      {helping && <Help onClose={() => setHelping(false)} />}
    </div>
  );
}

function WorkspaceSwitcher() {
  const { workspaces, workspace } = useSignedIn();
  const queries = useQueryClient();
  const choose = (workspaceId: string) => {
    chooseWorkspace(workspaceId);
    queries.clear();
  };
  if (workspaces.length === 0) return null;
  return (
    <div className="switcher">
      <select className="input" aria-label="Workspace" value={workspace?.workspace_id} onChange={(event) => choose(event.target.value)}>
        {workspaces.map(({ workspace_id, name }) => (
          <option key={workspace_id} value={workspace_id}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Navigation() {
  return (
    <nav aria-label="Pages">
      <ul className="nav-links">
        {PAGES.map(({ to, text, icon }) => (
          <li key={to}>
            <NavLink to={to} end={to === "/"}>
              <Icon name={icon} />
              {text}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Foot({ onHelp }: { onHelp: () => void }) {
  const { person } = useSignedIn();
  return (
    <div className="nav-foot">
      <span className="who">
        <span title={person.email}>{person.email}</span>
        <span className="soft">{person.role === "owner" ? "Owner" : "Member"}</span>
      </span>
      <IconButton label="Keyboard shortcuts" onClick={onHelp}>
        <Icon name="help" />
      </IconButton>
      <IconButton label="Switch between light and dark" onClick={switchTheme}>
        <Icon name="theme" />
      </IconButton>
      <IconButton label="Sign out" onClick={() => void signOut().catch(toastFault)}>
        <Icon name="leave" />
      </IconButton>
    </div>
  );
}

function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="facts">
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>Search</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>This help</dd>
        <dt>
          <kbd>Esc</kbd>
        </dt>
        <dd>Close a dialog</dd>
        {PAGES.map(({ key, text }) => (
          <div key={key} className="contents">
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>Go to {text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
