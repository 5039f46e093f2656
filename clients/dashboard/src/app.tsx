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
import { Toasts, toastFault } from "./pieces/Toast";

const Overview = lazy(() => import("./pages/overview"));
const Memories = lazy(() => import("./pages/memories"));
const Graph = lazy(() => import("./pages/graph"));
const Sessions = lazy(() => import("./pages/sessions"));
const Documents = lazy(() => import("./pages/documents"));
const Live = lazy(() => import("./pages/live"));
const Settings = lazy(() => import("./pages/settings"));

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
    if (status === "unknown") resume().catch(toastFault);
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
