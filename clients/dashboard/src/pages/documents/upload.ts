/** Sends a file: by XMLHttpRequest, which unlike fetch says how far it is. */
import { client, type Shape, told } from "../../api/client";
import { ApiError } from "../../api/errors";
import { dataToken } from "../../api/session";

export interface Said {
  title: string;
  namespace: string;
  sourceId: string;
}

const DECIDED_POLL_MS = 500;
const DECIDED_POLLS_MAX = 60;

/** The document's id, once it is there. Throws ApiError, or TypeError where the server can't be reached. */
export async function upload(file: File, said: Said, progress: (share: number) => void, signal: AbortSignal): Promise<string> {
  const form = new FormData();
  form.append("file", file);
  if (said.title !== "") form.append("title", said.title);
  if (said.namespace !== "") form.append("namespace", said.namespace);
  if (said.sourceId !== "") form.append("source_id", said.sourceId);
  const taken = await send(form, await dataToken(), progress, signal);
  if (taken.status === "accepted") await decided(taken.document_id);
  return taken.document_id;
}

function send(form: FormData, token: string, progress: (share: number) => void, signal: AbortSignal): Promise<Shape<"TakenIn">> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/documents/ingest");
    request.setRequestHeader("X-API-Key", token);
    request.setRequestHeader("Idempotency-Key", crypto.getRandomValues(new Uint32Array(4)).join("-"));
    request.upload.onprogress = ({ loaded, total }) => progress(total === 0 ? 0 : loaded / total);
    request.onerror = () => reject(new TypeError("no answer"));
    request.onabort = () => reject(new DOMException("Stopped.", "AbortError"));
    request.onload = () => {
      const answer = new Response(request.responseText, { status: request.status });
      if (request.status === 202) resolve(JSON.parse(request.responseText) as Shape<"TakenIn">);
      else void ApiError.of(answer).then(reject);
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Waits for a document that is on disk, and not yet decided. */
async function decided(documentId: string): Promise<void> {
  for (let polls = 0; ; polls++) {
    try {
      await told(client.GET("/v1/documents/{document_id}", { params: { path: { document_id: documentId } } }));
      return;
    } catch (fault) {
      if (!(fault instanceof ApiError && fault.status === 404) || polls === DECIDED_POLLS_MAX) throw fault;
    }
    await new Promise((done) => setTimeout(done, DECIDED_POLL_MS));
  }
}
