import "./sessions.css";

import { useParams } from "react-router";

import { Listing } from "./Listing";
import { Session } from "./Session";

export default function Sessions() {
  const { sessionId } = useParams();
  return sessionId === undefined ? <Listing /> : <Session key={sessionId} sessionId={sessionId} />;
}
