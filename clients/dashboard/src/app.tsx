import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect } from "react";
import { BrowserRouter, Route, Routes } from "react-router";

import { ApiError } from "./api/errors";
import { resume, useSession } from "./api/session";
import { arriving } from "./layout/arriving";
import { Boundary } from "./layout/Boundary";
import { Shell } from "./layout/Shell";
import { FirstPassword, SignIn } from "./layout/SignIn";
import { Page } from "./pieces/Page";
import { Empty } from "./pieces/states";
import { Toasts } from "./pieces/Toast";

const Overview = arriving(() => import("./pages/overview"));
const Memories = arriving(() => import("./pages/memories"));
const Graph = arriving(() => import("./pages/graph"));
const Sessions = arriving(() => import("./pages/sessions"));
const Documents = arriving(() => import("./pages/documents"));
const Live = arriving(() => import("./pages/live"));
const Settings = arriving(() => import("./pages/settings"));

// The page comes while it is found out who is there.
const BY_PATH = { "": Overview, memories: Memories, graph: Graph, sessions: Sessions, documents: Documents, live: Live, settings: Settings };
const first = location.pathname.split("/")[1] ?? "";
if (first in BY_PATH) void BY_PATH[first as keyof typeof BY_PATH].fetch();

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
