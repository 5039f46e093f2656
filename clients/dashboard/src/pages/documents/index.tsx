import "./documents.css";

import { useParams } from "react-router";

import { Listing } from "./Listing";
import { Reader } from "./Reader";

export default function Documents() {
  const { documentId } = useParams();
  return documentId === undefined ? <Listing /> : <Reader key={documentId} documentId={documentId} />;
}
