-- The three rules of tests/bench/rules written by hand for DuckDB, exact in whatever order the events come: one row an
-- alert that stood at some time. What casewatch does beside is not here: checking against the catalogue, duplicates,
-- corrections and merges, early warnings, who is told and when, evidence, and why in words.
--
-- $events, $holidays: files; $ends: how long the clock runs (the last arrival). Run by tests/bench/duckdb_rules.

CREATE TEMP TABLE event AS
SELECT type, subject, time, data.episode AS episode, data.kind AS kind, data.referral AS referral, data.custody AS custody
FROM read_json('$events', format = 'newline_delimited',
     columns = {type: 'VARCHAR', subject: 'VARCHAR', time: 'TIMESTAMPTZ',
                data: 'STRUCT(episode VARCHAR, kind VARCHAR, referral VARCHAR, custody VARCHAR)'});

-- Working days: how many there were up to each date, in England and Wales.
CREATE TEMP TABLE day AS
SELECT date, sum(CASE WHEN isodow(date) < 6 AND date NOT IN (
         SELECT unnest(events).date FROM (SELECT "england-and-wales".events AS events FROM read_json('$holidays',
                columns = {'england-and-wales': 'STRUCT(events STRUCT(date DATE)[])'}))) THEN 1 ELSE 0 END)
       OVER (ORDER BY date) AS number
FROM (SELECT unnest(generate_series(DATE '2018-01-01', DATE '2022-12-31', INTERVAL 1 DAY))::DATE AS date);

-- The local midnight that ends the 45th working day after each date.
CREATE TEMP TABLE expiry AS
SELECT d.date, timezone('Europe/London', (min(e.date) + 1)::TIMESTAMP) AS expires
FROM day d JOIN day e ON e.number = d.number + 45 GROUP BY d.date;

COPY (
-- 3 in 30 days, distinct by episode: the closed window of 30 civil days. Nothing in this workload closes the alert.
SELECT 'missing.vpg-referral' AS rule, subject, CAST(NULL AS VARCHAR) AS key, min(time) AS opened
FROM (SELECT subject, time, lag(time, 2) OVER (PARTITION BY subject ORDER BY time) AS third
      FROM (SELECT subject, episode, min(time) AS time FROM event WHERE type = 'missing.started' AND kind = 'missing'
            GROUP BY subject, episode))
WHERE third >= timezone('Europe/London', timezone('Europe/London', time) - INTERVAL 30 DAY)
GROUP BY subject

UNION ALL
-- 45 working days from the referral without an assessment of it.
SELECT 'assessment.overdue', subject, referral, expires
FROM (SELECT e.subject, e.referral, x.expires
      FROM (SELECT subject, referral, min(time) AS time FROM event WHERE type = 'referral.accepted'
            GROUP BY subject, referral) e
      JOIN expiry x ON x.date = timezone('Europe/London', e.time)::DATE) r
WHERE expires <= TIMESTAMPTZ '$ends' AND NOT EXISTS (
      SELECT 1 FROM event s WHERE s.type = 'assessment.authorised' AND s.subject = r.subject AND s.referral = r.referral
             AND s.time < r.expires)

UNION ALL
-- Held in any part of 22:00 to 08:00 local time; a release dated before its own detention ends nothing.
SELECT 'custody.overnight', subject, custody, opened
FROM (SELECT subject, custody, stop,
             CASE WHEN hour(local) >= 22 OR hour(local) < 8 THEN start
                  ELSE timezone('Europe/London', date_trunc('day', local) + INTERVAL 22 HOUR) END AS opened
      FROM (SELECT d.subject, d.custody, d.start, timezone('Europe/London', d.start) AS local, min(r.time) AS stop
            FROM (SELECT subject, custody, min(time) AS start FROM event WHERE type = 'custody.detained'
                  GROUP BY subject, custody) d
            LEFT JOIN (SELECT subject, custody, time FROM event WHERE type = 'custody.released') r
                 ON r.subject = d.subject AND r.custody = d.custody AND r.time >= d.start
            GROUP BY d.subject, d.custody, d.start))
WHERE opened <= TIMESTAMPTZ '$ends' AND (stop IS NULL OR opened < stop)
) TO '$out' (FORMAT csv);
