-- When roles were last used changes from hour to hour, the reader's own role with every crawl, and
-- nothing else need have changed: it belongs to the snapshot, and the reading stays the same.
-- {"position of the role": "time"}; readings of version 1 have it in role_row.
ALTER TABLE snapshot_reading ADD COLUMN last_used TEXT;

-- Why something of HCP Terraform could not be read; without it, because the token may not see it.
ALTER TABLE unreadable_row ADD COLUMN reason TEXT;

DROP VIEW role;
CREATE VIEW role AS
SELECT k.snapshot, r.account, o.name, o.path,
       'arn:' || r.partition || ':iam::' || r.account || ':role' || o.path || o.name AS arn,
       o.unique_id,
       iif(d.templated, replace(d.text, '{own-account}', r.account), d.text) AS trust,
       o.attached, o.boundary, o.tags, o.max_session, o.description, o.created_at,
       coalesce(o.last_used, json_extract(k.last_used, '$."' || o.position || '"')) AS last_used
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN role_row o ON o.reading = k.reading
LEFT JOIN document d ON d.id = o.trust;
