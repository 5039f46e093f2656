import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, useEffect } from "react";
import { BrowserRouter, Route, Routes } from "react-router";

import { ApiError } from "./api/errors";
import { resume, useSession } from "./api/session";
import { Boundary } from "./layout/Boundary";
import { Shell } from "./layout/Shell";
import { FirstPassword, SignIn } from "./layout/SignIn";
import { Page } from "./pieces/Page";
import { Empty } from "./pieces/states";
import { Toasts } from "./pieces/Toast";

const LOADERS = {
  "": () => import("./pages/overview"),
  memories: () => import("./pages/memories"),
  graph: () => import("./pages/graph"),
  sessions: () => import("./pages/sessions"),
  documents: () => import("./pages/documents"),
  live: () => import("./pages/live"),
  settings: () => import("./pages/settings"),
};
const Overview = lazy(LOADERS[""]);
const Memories = lazy(LOADERS.memories);
const Graph = lazy(LOADERS.graph);
const Sessions = lazy(LOADERS.sessions);
const Documents = lazy(LOADERS.documents);
const Live = lazy(LOADERS.live);
const Settings = lazy(LOADERS.settings);

// The page comes while it is found out who is there.
const first = location.pathname.split("/")[1] ?? "";
if (first in LOADERS) void LOADERS[first as keyof typeof LOADERS]();

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What was refused will be refused again; what did not come through may the second time.
      retry: (failures, fault) => failures < 2 && !(fault instanceof ApiError && fault.status < 500),
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <BrowserRouter>
        <Boundary>
          <Door />
        </Boundary>
      </BrowserRouter>
      <Toasts />
    </QueryClientProvider>
  );
}

function Door() {
  const session = useSession();
  const status = session.status;
  useEffect(() => {
    if (status === "unknown") void resume();
    if (status === "out") queries.clear();
  }, [status]);
  if (session.status === "unknown") return null;
  if (session.status === "out") return <SignIn because={session.because} />;
  return session.person.must_change_password ? <FirstPassword /> : <Pages />;
}

function Pages() {
  return (
    <Routes>
      <Route element={<Shell />}>
        <Route index element={<Overview />} />
        <Route path="memories/:memoryId?" element={<Memories />} />
        <Route path="graph" element={<Graph />} />
        <Route path="sessions/:sessionId?" element={<Sessions />} />
        <Route path="documents/:documentId?" element={<Documents />} />
        <Route path="live" element={<Live />} />
        <Route path="settings/:tab?" element={<Settings />} />
        <Route path="*" element={<Nowhere />} />
      </Route>
    </Routes>
  );
}

function Nowhere() {
  return (
    <Page title="Not found">
      <Empty title="There is no such page">The navigation has all there are.</Empty>
    </Page>
  );
}
