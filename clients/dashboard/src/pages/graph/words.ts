import type { Relationship } from "./map";

/** What an edge says, from its source's side and from its target's. */
export const RELATIONSHIPS: Record<Relationship, { name: string; away: string; back: string }> = {
  references: { name: "References", away: "references", back: "referenced by" },
  related_to: { name: "Related", away: "related to", back: "related to" },
  similar_to: { name: "Similar", away: "similar to", back: "similar to" },
  supersedes: { name: "Supersedes", away: "supersedes", back: "superseded by" },
  caused_by: { name: "Caused by", away: "caused by", back: "causes" },
  contradicts: { name: "Contradicts", away: "contradicts", back: "contradicted by" },
  depends_on: { name: "Depends on", away: "depends on", back: "needed by" },
};
