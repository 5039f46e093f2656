-- Webhooks, how far each is, and what they were sent.

-- name: get_webhooks
SELECT webhook_id, types, enabled, created_at, updated_at, secrets, rotated_at, sealed FROM webhooks
WHERE workspace_id = %(workspace_id)s ORDER BY created_at, webhook_id

-- name: put_webhooks
INSERT INTO webhooks (workspace_id, webhook_id, types, enabled, created_at, updated_at, secrets, rotated_at, sealed)
SELECT %(workspace_id)s, webhook_id, types, enabled, created_at, updated_at, secrets, rotated_at, decode(sealed, 'base64')
FROM jsonb_to_recordset(%(webhooks)s::jsonb) AS w (
    webhook_id uuid, types text[], enabled boolean, created_at timestamptz, updated_at timestamptz, secrets integer,
    rotated_at timestamptz, sealed text)
ON CONFLICT (workspace_id, webhook_id) DO UPDATE
SET types = excluded.types, enabled = excluded.enabled, created_at = excluded.created_at,
    updated_at = excluded.updated_at, secrets = excluded.secrets, rotated_at = excluded.rotated_at,
    sealed = excluded.sealed

-- It begins with what comes after it.
-- name: put_places
INSERT INTO webhook_places (workspace_id, webhook_id, after_seq)
SELECT %(workspace_id)s, w, %(seq)s FROM unnest(%(webhook_ids)s::uuid[]) w
ON CONFLICT DO NOTHING

-- Whoever changes one wants to see now what comes of it.
-- name: forgive
UPDATE webhook_places SET failing_since = NULL
WHERE workspace_id = %(workspace_id)s AND webhook_id = ANY(%(webhook_ids)s::uuid[])

-- name: hurry
UPDATE deliveries SET next_attempt_at = now()
WHERE workspace_id = %(workspace_id)s AND webhook_id = ANY(%(webhook_ids)s::uuid[]) AND status = 'waiting'

-- name: drop_webhooks
DELETE FROM webhooks WHERE workspace_id = %(workspace_id)s AND webhook_id = ANY(%(webhook_ids)s::uuid[])

-- name: drop_places
DELETE FROM webhook_places WHERE workspace_id = %(workspace_id)s AND webhook_id = ANY(%(webhook_ids)s::uuid[])

-- name: drop_deliveries
DELETE FROM deliveries WHERE workspace_id = %(workspace_id)s AND webhook_id = ANY(%(webhook_ids)s::uuid[])

-- name: places
SELECT webhook_id, after_seq, failing_since FROM webhook_places WHERE workspace_id = %(workspace_id)s

-- name: deliveries
SELECT delivery_id, event_id, seq, type, status, attempts, queued_at, attempted_at, next_attempt_at, response_status,
       duration_ms, note
FROM deliveries
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s
  AND (%(status)s::text IS NULL OR status = %(status)s::text)
  AND (%(before)s::uuid IS NULL OR (queued_at, delivery_id) < (
      SELECT b.queued_at, b.delivery_id FROM deliveries b
      WHERE b.workspace_id = %(workspace_id)s AND b.webhook_id = %(webhook_id)s AND b.delivery_id = %(before)s::uuid))
ORDER BY queued_at DESC, delivery_id DESC LIMIT %(limit)s

-- Whose turn it is, the one that waited longest first: something waits whose time has come, or there is something new. As
-- weft_memory_loops.
-- name: due
SELECT w.workspace_id, w.webhook_id FROM webhooks w
JOIN webhook_places p USING (workspace_id, webhook_id)
JOIN heads h USING (workspace_id)
LEFT JOIN LATERAL (
    SELECT d.next_attempt_at FROM deliveries d
    WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.webhook_id AND d.status = 'waiting'
    ORDER BY d.seq NULLS FIRST LIMIT 1) f ON true
WHERE w.enabled AND coalesce(f.next_attempt_at <= now(), h.seq > p.after_seq)
ORDER BY p.turn_at NULLS FIRST LIMIT %(limit)s

-- One process at a time works for a webhook; where that dies, its connection does, and another goes on at once.
-- name: take_turn
SELECT pg_try_advisory_lock(%(space)s, hashtext(%(webhook_id)s::text)) AS taken

-- name: note_turn
UPDATE webhook_places SET turn_at = now() WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s

-- name: end_turn
SELECT pg_advisory_unlock(%(space)s, hashtext(%(webhook_id)s::text))

-- The next: tests first, then in the order of the log. What comes after one that has to be tried again waits for it.
-- name: next_delivery
SELECT delivery_id, event_id, seq, type, attempts, queued_at, next_attempt_at FROM deliveries
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s AND status = 'waiting'
ORDER BY seq NULLS FIRST LIMIT 1

-- name: place
SELECT after_seq, failing_since FROM webhook_places
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s

-- Only from where it was: somebody may have sent it back meanwhile.
-- name: move
UPDATE webhook_places SET after_seq = %(after)s
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s AND after_seq = %(before)s
RETURNING after_seq

-- What was delivered before is sent again where it is queued once more.
-- name: queue
INSERT INTO deliveries (workspace_id, webhook_id, delivery_id, event_id, seq, type, status, attempts, queued_at,
                        next_attempt_at)
SELECT %(workspace_id)s, %(webhook_id)s, d.delivery_id, d.event_id, d.seq, d.type, 'waiting', 0, clock_timestamp(), now()
FROM jsonb_to_recordset(%(deliveries)s::jsonb) AS d (delivery_id uuid, event_id uuid, seq bigint, type text)
ORDER BY d.seq
ON CONFLICT (workspace_id, webhook_id, delivery_id) DO UPDATE
SET status = 'waiting', attempts = 0, queued_at = excluded.queued_at, next_attempt_at = excluded.next_attempt_at

-- name: record
UPDATE deliveries
SET status = %(status)s, attempts = %(attempts)s, attempted_at = %(at)s, next_attempt_at = %(next_attempt_at)s,
    response_status = %(response_status)s, duration_ms = %(duration_ms)s, note = %(note)s
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s AND delivery_id = %(delivery_id)s
  AND status = 'waiting' AND attempts = %(attempts)s - 1
RETURNING delivery_id

-- name: note_health
UPDATE webhook_places SET failing_since = CASE WHEN %(is_good)s THEN NULL ELSE coalesce(failing_since, %(at)s) END
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s
RETURNING failing_since

-- name: forget_delivery
DELETE FROM deliveries
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s AND delivery_id = %(delivery_id)s

-- name: replay_after
UPDATE webhook_places SET after_seq = least(after_seq, %(after)s)
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s
RETURNING webhook_id

-- name: replay_some
UPDATE deliveries SET status = 'waiting', attempts = 0, next_attempt_at = now()
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s
  AND CASE WHEN %(delivery_id)s::uuid IS NULL THEN status = 'parked' ELSE delivery_id = %(delivery_id)s::uuid END
RETURNING delivery_id

-- As weft_memory_loops. What was parked stays longer: somebody may still send it again.
-- name: forget_old_deliveries
DELETE FROM deliveries WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM deliveries
    WHERE status <> 'waiting' AND queued_at < CASE status WHEN 'parked' THEN %(parked_before)s ELSE %(delivered_before)s END
      AND queued_at < %(delivered_before)s
    ORDER BY queued_at LIMIT %(limit)s))
