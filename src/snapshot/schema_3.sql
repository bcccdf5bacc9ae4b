-- Hosts of HCP Terraform and Terraform Enterprise are read one by one, each a subject of its own.
UPDATE snapshot_reading
SET subject = 'hcp:' || (
    SELECT coalesce(nullif(h.host, ''), 'app.terraform.io') FROM hcp_row h
    WHERE h.reading = snapshot_reading.reading
)
WHERE subject = 'hcp' AND EXISTS (
    SELECT 1 FROM hcp_row h WHERE h.reading = snapshot_reading.reading AND h.form = 'as-read'
);

-- deployments: null where they were not read.
CREATE TABLE stack_row (
    reading       INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position      INTEGER NOT NULL,
    id            TEXT NOT NULL,
    name          TEXT NOT NULL,
    organization  TEXT NOT NULL,
    project       TEXT NOT NULL,
    deployments   TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

DROP VIEW workspace;
CREATE VIEW workspace AS
SELECT k.snapshot, coalesce(w.host, 'app.terraform.io') AS host, w.organization, w.project,
       w.workspace AS name, NULL AS id, w.execution_mode, w.env
FROM snapshot_reading k JOIN effective_workspace_row w ON w.reading = k.reading
UNION ALL
SELECT k.snapshot, coalesce(nullif(h.host, ''), 'app.terraform.io'), w.organization,
       coalesce(p.name, w.project), w.name, w.id, w.execution_mode, NULL
FROM snapshot_reading k
JOIN hcp_row h ON h.reading = k.reading
JOIN workspace_row w ON w.reading = k.reading
LEFT JOIN project_row p ON p.reading = w.reading AND p.id = w.project;

CREATE VIEW stack AS
SELECT k.snapshot, h.host, s.organization, coalesce(p.name, s.project) AS project, s.name, s.id,
       s.deployments
FROM snapshot_reading k
JOIN hcp_row h ON h.reading = k.reading
JOIN stack_row s ON s.reading = k.reading
LEFT JOIN project_row p ON p.reading = s.reading AND p.id = s.project;

-- Earlier readings asked for no stacks: that there are none is not known.
INSERT INTO unreadable_row (reading, position, kind, id, message, reason)
SELECT h.reading,
       o.key + (SELECT coalesce(max(u.position) + 1, 0) FROM unreadable_row u
                WHERE u.reading = h.reading),
       'stacks', o.value, 'stacks were not collected when this was read', 'not-collected'
FROM hcp_row h, json_each(h.organizations) o
WHERE h.form = 'as-read';
