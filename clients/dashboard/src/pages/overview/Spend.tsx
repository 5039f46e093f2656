import { api, type Shape } from "../../api/client";
import { Panel } from "../../pieces/Page";
import { bytes, count } from "../../pieces/small";
import { Answered } from "../../pieces/states";

const WORK = { extraction: "Extraction", judgements: "Relationships", embeddings: "Embeddings" } as const;
const STORES = { log: "Log", read_model: "Memories and sessions", index: "Search index", graph: "Graph", extraction: "Jobs" } as const;
const dollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 3 });

/** What models cost this month, and how much room everything takes. */
export function Spend() {
  const usage = api.useQuery("get", "/v1/usage");
  return (
    <>
      <Panel title="Model spend this month">
        <Answered query={usage} what="what models cost">
          {({ model_calls }) => <Models calls={model_calls} />}
        </Answered>
      </Panel>
      <Panel title="Storage">
        <Answered query={usage} what="what is stored">
          {({ storage }) => (
            <dl className="facts number">
              {(Object.keys(STORES) as (keyof typeof STORES)[]).map((store) => (
                <div key={store} className="contents">
                  <dt>{STORES[store]}</dt>
                  <dd>{storage[store] === null ? "not known" : bytes(storage[store])}</dd>
                </div>
              ))}
            </dl>
          )}
        </Answered>
      </Panel>
    </>
  );
}

function Models({ calls }: { calls: Shape<"Models"> }) {
  const works = Object.keys(WORK) as (keyof typeof WORK)[];
  const made = works.filter((work) => calls[work].this_period === null || calls[work].this_period.calls > 0);
  if (made.length === 0) return <p className="soft">No calls to a paid model: the built-in ones did all the work.</p>;
  return (
    <dl className="facts number">
      {made.map((work) => (
        <div key={work} className="contents">
          <dt>{WORK[work]}</dt>
          <dd>{spent(calls[work].this_period)}</dd>
        </div>
      ))}
    </dl>
  );
}

function spent(calls: Shape<"ModelCalls"> | null): string {
  if (calls === null) return "not known";
  const cost = calls.cost == null ? "" : `, ${dollars.format(calls.cost)}`;
  return `${count(calls.calls)} calls, ${count(calls.input_tokens)} tokens in, ${count(calls.output_tokens)} out${cost}`;
}
