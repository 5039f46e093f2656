-- What the report asks. $step is day, week or month.

-- name: span
SELECT count(*) AS events, count(DISTINCT workspace) AS workspaces, min(time) AS first, max(time) AS last,
    count(*) FILTER (erased) AS erased, (SELECT sum(missing)::BIGINT FROM cursors) AS missing
FROM events;

-- name: memories
-- How many there were at the end of each step, by where they came from.
WITH moves AS (
    SELECT date_trunc($step, born) AS day, source, 1 AS change FROM memories
    UNION ALL
    SELECT date_trunc($step, deleted), source, -1 FROM memories WHERE deleted IS NOT NULL
),
steps AS (SELECT DISTINCT day FROM moves),
sources AS (SELECT DISTINCT source FROM moves),
moved AS (SELECT day, source, sum(change) AS change FROM moves GROUP BY ALL)
SELECT day, source, coalesce(sum(change) OVER (PARTITION BY source ORDER BY day), 0)::BIGINT AS memories
FROM steps CROSS JOIN sources LEFT JOIN moved USING (day, source)
ORDER BY day, source;

-- name: types
SELECT type, count(*) AS memories, count(*) FILTER (source = 'session') AS learnt
FROM memories WHERE deleted IS NULL AND type IS NOT NULL GROUP BY type ORDER BY memories;

-- name: sessions
SELECT date_trunc($step, started) AS day, count(*) AS sessions,
    count(*) FILTER (ended_by = 'sweeper') AS forgotten, median(observations) AS observations
FROM sessions WHERE started IS NOT NULL GROUP BY day ORDER BY day;

-- name: extractions
SELECT date_trunc($step, began) AS day, status, count(*) AS jobs, sum(learnt)::BIGINT AS learnt
FROM jobs WHERE kind = 'extraction' AND status IN ('completed', 'empty', 'failed') GROUP BY ALL ORDER BY day, status;

-- name: feedback
SELECT date_trunc($step, time) AS day, count(*) FILTER (useful) AS useful, count(*) FILTER (NOT useful) AS useless
FROM events WHERE type = 'memory.rated' AND useful IS NOT NULL GROUP BY day ORDER BY day;

-- name: use
SELECT date_trunc($step, time) AS day, sum(retrievals)::BIGINT AS found, sum(accesses)::BIGINT AS opened
FROM events WHERE type = 'memory.used' AND NOT erased GROUP BY day ORDER BY day;

-- name: given
-- How well what sessions were given at their start fitted.
SELECT (least(floor(given.score * 20), 19) / 20)::DOUBLE AS score, count(*) AS memories
FROM (SELECT unnest(injected) AS given FROM events WHERE injected IS NOT NULL) GROUP BY 1 ORDER BY 1;

-- name: trust
-- Whether importance says what turns out to be of use.
SELECT (least(floor(importance * 5), 4) / 5)::DOUBLE AS importance, sum(found_useful)::BIGINT AS useful,
    sum(found_useful + found_useless)::BIGINT AS rated
FROM memories WHERE deleted IS NULL AND importance IS NOT NULL GROUP BY 1 HAVING rated > 0 ORDER BY 1;

-- name: opened_most
SELECT title, type, accesses, retrievals, found_useful, found_useless
FROM memories WHERE deleted IS NULL AND title IS NOT NULL AND accesses > 0 ORDER BY accesses DESC, memory LIMIT 8;

-- name: found_in_vain
SELECT title, type, accesses, retrievals, found_useful, found_useless
FROM memories WHERE deleted IS NULL AND title IS NOT NULL AND retrievals > 0
ORDER BY accesses / retrievals, retrievals DESC, memory LIMIT 8;
