import { Link } from "react-router";

import { api } from "../../api/client";
import { Panel } from "../../pieces/Page";
import { count, Meter, percent, TypeBadge } from "../../pieces/small";
import { Answered } from "../../pieces/states";

const SHOWN = 5;

export function Plan() {
  const workspace = api.useQuery("get", "/api/v1/workspace");
  return (
    <>
      <Panel title="Plan">
        <Answered query={workspace} what="the plan">
          {({ plan, memory_count, memory_limit, retention_days, near_limit }) => (
            <div className="stack">
              {near_limit && <p className="notice notice-warn">Nearly full: delete pruning candidates, or choose a larger plan.</p>}
              {memory_limit !== null && <Meter label="Memories stored, of the limit" value={memory_count / memory_limit} />}
              <dl className="facts">
                <dt>Plan</dt>
                <dd>{plan}</dd>
                <dt>Memories</dt>
                <dd>
                  {memory_limit === null ? `${count(memory_count)}, no limit` : `${count(memory_count)} of ${count(memory_limit)} (${percent(memory_count / memory_limit)})`}
                </dd>
                <dt>Retention</dt>
                <dd>{retention_days === null ? "unlimited" : `${retention_days} days; pinned memories stay`}</dd>
              </dl>
            </div>
          )}
        </Answered>
      </Panel>
      <Panel title="Pruning candidates" aside={<Link to="/memories?prunable">Review</Link>}>
        <Prunable />
      </Panel>
    </>
  );
}

function Prunable() {
  const query = { pruning_candidates: true, limit: SHOWN };
  const candidates = api.useQuery("get", "/api/v1/memories/", { params: { query } });
  return (
    <Answered query={candidates} what="pruning candidates">
      {(memories) =>
        memories.length === 0 ? (
          <p className="soft">None: no memory is unimportant, old and unread for 90 days at once.</p>
        ) : (
          <ul className="prunable">
            {memories.map(({ memory_id, title, memory_type }) => (
              <li key={memory_id}>
                <TypeBadge type={memory_type} /> <Link to={`/memories/${memory_id}?prunable`}>{title}</Link>
              </li>
            ))}
          </ul>
        )
      }
    </Answered>
  );
}
