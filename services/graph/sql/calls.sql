-- What a model was asked, month by month.

-- name: count_call
INSERT INTO calls (workspace_id, month, calls, input_tokens, output_tokens)
SELECT %(workspace_id)s, date_trunc('month', now() AT TIME ZONE 'UTC'), 1, %(input_tokens)s, %(output_tokens)s
FROM workspaces WHERE workspace_id = %(workspace_id)s
ON CONFLICT (workspace_id, month) DO UPDATE
SET calls = calls.calls + 1, input_tokens = calls.input_tokens + excluded.input_tokens,
    output_tokens = calls.output_tokens + excluded.output_tokens

-- name: usage
SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
       coalesce(sum(output_tokens), 0)::bigint AS output_tokens
FROM calls WHERE workspace_id = %(workspace_id)s AND (%(since)s::date IS NULL OR month >= %(since)s::date)
