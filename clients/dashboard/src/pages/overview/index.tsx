import { lazy, Suspense, useMemo, useState } from "react";
import { Link } from "react-router";

import { api, type Shape } from "../../api/client";
import { JobBadge, KINDS } from "../../jobs/JobPanel";
import type { Job } from "../../jobs/useJob";
import { Button } from "../../pieces/Button";
import { Page, Panel } from "../../pieces/Page";
import { count, counted, MEMORY_TYPES, typeColour, typeName } from "../../pieces/small";
import { Answered, ConnectLink, Empty, Loading } from "../../pieces/states";
import { Health } from "./Health";
import { Plan } from "./Plan";
import { Spend } from "./Spend";
import "./overview.css";

const Chart = lazy(() => import("../../pieces/Chart"));

const RANGES = [30, 90, 365];
const REFRESH_MS = 15_000;

type Glance = Shape<"Overview">;

export default function Overview() {
  const [days, choose] = useState(90);
  const glance = api.useQuery("get", "/api/v1/overview", { params: { query: { days } } }, { refetchInterval: REFRESH_MS });
  const ranges = RANGES.map((range) => (
    <Button key={range} small aria-pressed={range === days} onClick={() => choose(range)}>
      {range} days
    </Button>
  ));
  return (
    <Page title="Overview" actions={ranges}>
      <Answered query={glance} what="the workspace at a glance">
        {(data) => (total(data.memories) === 0 && total(data.sessions) === 0 ? <Beginning /> : <Whole glance={data} />)}
      </Answered>
    </Page>
  );
}

function Whole({ glance }: { glance: Glance }) {
  return (
    <div className="overview">
      <Figures glance={glance} />
      <Panel title="Memories stored" className="overview-chart">
        <OverTime days={glance.days} />
      </Panel>
      <Panel title="By type">
        <ByType memories={glance.memories} />
      </Panel>
      <Panel title={`Jobs in ${glance.days.length} days`}>
        <Outcomes jobs={glance.jobs} days={glance.days.length} />
      </Panel>
      <Panel title="Lag">
        <Health glance={glance} />
      </Panel>
      <Plan />
      <Spend />
    </div>
  );
}

function Beginning() {
  return (
    <Empty title="Nothing is remembered yet" action={<ConnectLink />}>
      Once an agent works with this workspace, what it learns is shown here.
    </Empty>
  );
}

function Figures({ glance }: { glance: Glance }) {
  const within = (kind: "sessions" | "observations" | "documents") => glance.days.reduce((sum, day) => sum + day[kind], 0);
  const fresh = glance.days.reduce((sum, day) => sum + total(day.memories), 0);
  const since = `in ${glance.days.length} days`;
  const figures = [
    { name: "Memories", value: total(glance.memories), said: `${count(fresh)} stored ${since}`, to: "/memories" },
    { name: "Sessions", value: total(glance.sessions), said: `${count(within("sessions"))} started ${since}, ${count(glance.sessions["active"] ?? 0)} active`, to: "/sessions" },
    { name: "Observations", value: within("observations"), said: since, to: "/sessions" },
    { name: "Documents", value: within("documents"), said: since, to: "/documents" },
    { name: "Events", value: glance.log.head, said: "in the log", to: "/live" },
  ];
  return (
    <ul className="figures">
      {figures.map(({ name, value, said, to }) => (
        <li key={name}>
          <Link to={to}>
            <span className="figure number">{count(value)}</span>
            <span>{name}</span>
            <span className="soft small">{said}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function OverTime({ days }: { days: Glance["days"] }) {
  const { times, series } = useMemo(() => columns(days), [days]);
  if (series.length === 0) return <p className="soft">No memory was stored in these days.</p>;
  const stored = days.reduce((sum, day) => sum + total(day.memories), 0);
  return (
    <Suspense fallback={<Loading what="the chart" />}>
      <Chart label={`${counted(stored, "memory", "memories")} stored in ${days.length} days, by type`} times={times} series={series} height={210} />
      <p className="legend">
        {series.map(({ label, colour }) => (
          <span key={label}>
            <i style={{ background: colour }} />
            {label}
          </span>
        ))}
      </p>
    </Suspense>
  );
}

/** Days as they are; more than 100 of them as weeks. */
function columns(days: Glance["days"]) {
  const width = days.length > 100 ? 7 : 1;
  const groups = Array.from({ length: Math.ceil(days.length / width) }, (_, at) => days.slice(at * width, (at + 1) * width));
  const times = groups.map((group) => Date.parse(group[0]?.day ?? "") / 1000);
  const series = MEMORY_TYPES.map((type) => ({
    label: typeName(type),
    colour: typeColour(type),
    values: groups.map((group) => group.reduce((sum, day) => sum + (day.memories?.[type] ?? 0), 0)),
  }));
  return { times, series: series.filter(({ values }) => values.some((value) => value > 0)) };
}

function ByType({ memories }: { memories: Glance["memories"] }) {
  const most = Math.max(1, ...Object.values(memories));
  const types = MEMORY_TYPES.filter((type) => (memories[type] ?? 0) > 0).sort((one, other) => (memories[other] ?? 0) - (memories[one] ?? 0));
  return (
    <ul className="by-type">
      {types.map((type) => (
        <li key={type}>
          <Link to={`/memories?type=${type}`}>{typeName(type)}</Link>
          <span className="meter" aria-hidden="true">
            <span style={{ width: `${((memories[type] ?? 0) / most) * 100}%`, background: typeColour(type) }} />
          </span>
          <span className="number">{count(memories[type] ?? 0)}</span>
        </li>
      ))}
    </ul>
  );
}

function Outcomes({ jobs, days }: { jobs: Glance["jobs"]; days: number }) {
  const kinds = Object.entries(jobs);
  if (kinds.length === 0) return <p className="soft">No jobs in {days} days. One starts when a session ends or a document is uploaded.</p>;
  return (
    <dl className="facts">
      {kinds.map(([kind, statuses]) => (
        <div key={kind} className="contents">
          <dt>{KINDS[kind as Job["kind"]]}</dt>
          <dd className="row">
            {Object.entries(statuses).map(([status, many]) => (
              <JobBadge key={status} status={status as Job["status"]} many={many} />
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function total(counts: Record<string, number> | undefined): number {
  return Object.values(counts ?? {}).reduce((sum, each) => sum + each, 0);
}
