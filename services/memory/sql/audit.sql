-- The audit trail: of each workspace, and of each organisation.

-- name: write_audit
INSERT INTO audit (workspace_id, audit_id, time, actor, action, entity_id, detail)
SELECT %(workspace_id)s, a.*
FROM unnest(%(audit_id)s::uuid[], %(time)s::timestamptz[], %(actor)s::text[], %(action)s::text[],
            %(entity_id)s::text[], %(detail)s::jsonb[]) a

-- name: write_deed
INSERT INTO organisation_audit (organisation_id, audit_id, time, actor, action, entity_id, detail)
VALUES (%(organisation_id)s, %(audit_id)s, %(time)s, %(actor)s, %(action)s, %(entity_id)s, %(detail)s)

-- name: list_audit
SELECT audit_id AS id, time, actor, action, entity_id, detail FROM audit
WHERE workspace_id = %(workspace_id)s
  AND (%(before)s::uuid IS NULL OR audit_id < %(before)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(since)s::timestamptz IS NULL OR time >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR time < %(until)s)
ORDER BY audit_id DESC LIMIT %(limit)s

-- name: list_deeds
SELECT audit_id AS id, time, actor, action, entity_id, detail FROM organisation_audit
WHERE organisation_id = %(organisation_id)s
  AND (%(before)s::uuid IS NULL OR audit_id < %(before)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(since)s::timestamptz IS NULL OR time >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR time < %(until)s)
ORDER BY audit_id DESC LIMIT %(limit)s
