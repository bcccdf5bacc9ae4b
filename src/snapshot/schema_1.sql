-- Facts are rows of immutable readings. A snapshot points to readings, so readings that did
-- not change are shared between snapshots. Views for people are at the end.

CREATE TABLE snapshot (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    started       TEXT NOT NULL,
    finished      TEXT,
    complete      INTEGER NOT NULL DEFAULT 0,
    source        TEXT NOT NULL,
    collected_at  TEXT,
    collected_by  TEXT,
    tool_version  TEXT
);

-- hash: SHA-256 of everything but the time of reading.
CREATE TABLE reading (
    id          INTEGER PRIMARY KEY,
    hash        BLOB NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    account     TEXT,
    partition   TEXT,
    alias       TEXT,
    was_read    INTEGER NOT NULL,
    roles       INTEGER NOT NULL DEFAULT 0,
    workspaces  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE snapshot_reading (
    snapshot  INTEGER NOT NULL REFERENCES snapshot ON DELETE CASCADE,
    subject   TEXT NOT NULL,
    reading   INTEGER NOT NULL REFERENCES reading,
    read_at   TEXT,
    PRIMARY KEY (snapshot, subject)
) WITHOUT ROWID;
CREATE INDEX snapshot_reading_reading ON snapshot_reading (reading);

-- What was not read. item: the position of the row that the gap belongs to.
CREATE TABLE gap (
    reading   INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    part      TEXT NOT NULL,
    item      INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    call      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    message   TEXT NOT NULL,
    PRIMARY KEY (reading, part, item, position)
) WITHOUT ROWID;

-- templated: {own-account} stands for the id of the account that the document is in, so that
-- documents which differ in nothing else are one.
CREATE TABLE document (
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    templated  INTEGER NOT NULL,
    text       TEXT NOT NULL
);

CREATE TABLE organization_row (
    reading             INTEGER PRIMARY KEY REFERENCES reading ON DELETE CASCADE,
    id                  TEXT NOT NULL,
    arn                 TEXT NOT NULL,
    management_account  TEXT NOT NULL,
    root_id             TEXT
);

CREATE TABLE ou_row (
    reading   INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    id        TEXT NOT NULL,
    name      TEXT NOT NULL,
    parent    TEXT NOT NULL,
    tags      TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE member_row (
    reading   INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    account   TEXT NOT NULL,
    name      TEXT NOT NULL,
    email     TEXT,
    state     TEXT NOT NULL,
    parent    TEXT NOT NULL,
    tags      TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE control_policy_row (
    reading   INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    kind      TEXT NOT NULL,
    position  INTEGER NOT NULL,
    id        TEXT NOT NULL,
    name      TEXT NOT NULL,
    document  INTEGER,
    targets   TEXT,
    PRIMARY KEY (reading, kind, position)
) WITHOUT ROWID;

CREATE TABLE delegated_administrator_row (
    reading   INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    account   TEXT NOT NULL,
    services  TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE user_row (
    reading    INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    name       TEXT NOT NULL,
    path       TEXT NOT NULL,
    unique_id  TEXT NOT NULL,
    attached   TEXT,
    boundary   TEXT,
    groups     TEXT,
    tags       TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE group_row (
    reading    INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    name       TEXT NOT NULL,
    path       TEXT NOT NULL,
    unique_id  TEXT NOT NULL,
    attached   TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE role_row (
    reading      INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    name         TEXT NOT NULL,
    path         TEXT NOT NULL,
    unique_id    TEXT NOT NULL,
    trust        INTEGER NOT NULL,
    attached     TEXT,
    boundary     TEXT,
    tags         TEXT,
    max_session  INTEGER,
    description  TEXT,
    created_at   TEXT,
    last_used    TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

-- owner: the position of the user, group or role.
CREATE TABLE inline_policy_row (
    reading     INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    owner_kind  TEXT NOT NULL,
    owner       INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    name        TEXT NOT NULL,
    document    INTEGER NOT NULL,
    PRIMARY KEY (reading, owner_kind, owner, position)
) WITHOUT ROWID;

CREATE TABLE managed_policy_row (
    reading   INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    arn       TEXT NOT NULL,
    document  INTEGER,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE oidc_provider_row (
    reading    INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    arn        TEXT NOT NULL,
    url        TEXT NOT NULL,
    audiences  TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE saml_provider_row (
    reading      INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    arn          TEXT NOT NULL,
    valid_until  TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

-- form: effective (values that win) or as-read (variables and variable sets).
CREATE TABLE hcp_row (
    reading        INTEGER PRIMARY KEY REFERENCES reading ON DELETE CASCADE,
    form           TEXT NOT NULL,
    host           TEXT,
    organizations  TEXT
);

CREATE TABLE effective_workspace_row (
    reading         INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    organization    TEXT NOT NULL,
    project         TEXT NOT NULL,
    workspace       TEXT NOT NULL,
    execution_mode  TEXT,
    host            TEXT,
    env             TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE project_row (
    reading       INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position      INTEGER NOT NULL,
    id            TEXT NOT NULL,
    name          TEXT NOT NULL,
    organization  TEXT NOT NULL,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE workspace_row (
    reading         INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    organization    TEXT NOT NULL,
    project         TEXT NOT NULL,
    execution_mode  TEXT NOT NULL,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

-- Variables of workspaces; value is null where it is sensitive or not kept.
CREATE TABLE variable_row (
    reading    INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    workspace  TEXT NOT NULL,
    key        TEXT NOT NULL,
    category   TEXT NOT NULL,
    value      TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

CREATE TABLE variable_set_row (
    reading        INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    id             TEXT NOT NULL,
    name           TEXT NOT NULL,
    organization   TEXT NOT NULL,
    owner_project  TEXT,
    is_global      INTEGER NOT NULL,
    is_priority    INTEGER NOT NULL,
    workspaces     TEXT,
    projects       TEXT,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

-- variable_set: the position of the set.
CREATE TABLE set_variable_row (
    reading       INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    variable_set  INTEGER NOT NULL,
    position      INTEGER NOT NULL,
    key           TEXT NOT NULL,
    category      TEXT NOT NULL,
    value         TEXT,
    PRIMARY KEY (reading, variable_set, position)
) WITHOUT ROWID;

CREATE TABLE unreadable_row (
    reading   INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    id        TEXT NOT NULL,
    message   TEXT NOT NULL,
    PRIMARY KEY (reading, position)
) WITHOUT ROWID;

-- For people. Every view has the snapshot as its first column.

CREATE VIEW account AS
SELECT k.snapshot, m.account, m.name, r.alias, m.email, m.state, m.parent, m.tags,
       coalesce(r.was_read, 0) AS was_read, coalesce(r.roles, 0) AS roles, a.read_at
FROM snapshot_reading k
JOIN member_row m ON m.reading = k.reading
LEFT JOIN snapshot_reading a ON a.snapshot = k.snapshot AND a.subject = 'account:' || m.account
LEFT JOIN reading r ON r.id = a.reading
UNION ALL
SELECT k.snapshot, r.account, NULL, r.alias, NULL, NULL, NULL, NULL,
       r.was_read, r.roles, k.read_at
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
WHERE r.kind = 'account' AND NOT EXISTS (
    SELECT 1 FROM snapshot_reading o JOIN member_row m ON m.reading = o.reading
    WHERE o.snapshot = k.snapshot AND o.subject = 'organization' AND m.account = r.account
);

CREATE VIEW organizational_unit AS
SELECT k.snapshot, o.id, o.name, o.parent, o.tags
FROM snapshot_reading k JOIN ou_row o ON o.reading = k.reading;

CREATE VIEW control_policy AS
SELECT k.snapshot, p.kind, p.id, p.name, d.text AS document, p.targets
FROM snapshot_reading k
JOIN control_policy_row p ON p.reading = k.reading
LEFT JOIN document d ON d.id = p.document;

CREATE VIEW role AS
SELECT k.snapshot, r.account, o.name, o.path,
       'arn:' || r.partition || ':iam::' || r.account || ':role' || o.path || o.name AS arn,
       o.unique_id,
       iif(d.templated, replace(d.text, '{own-account}', r.account), d.text) AS trust,
       o.attached, o.boundary, o.tags, o.max_session, o.description, o.created_at, o.last_used
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN role_row o ON o.reading = k.reading
LEFT JOIN document d ON d.id = o.trust;

CREATE VIEW user AS
SELECT k.snapshot, r.account, u.name, u.path,
       'arn:' || r.partition || ':iam::' || r.account || ':user' || u.path || u.name AS arn,
       u.unique_id, u.attached, u.boundary, u.groups, u.tags
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN user_row u ON u.reading = k.reading;

CREATE VIEW "group" AS
SELECT k.snapshot, r.account, g.name, g.path,
       'arn:' || r.partition || ':iam::' || r.account || ':group' || g.path || g.name AS arn,
       g.unique_id, g.attached
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN group_row g ON g.reading = k.reading;

CREATE VIEW policy AS
SELECT k.snapshot, r.account, 'managed' AS kind, p.arn AS name, NULL AS owner,
       iif(d.templated, replace(d.text, '{own-account}', r.account), d.text) AS document
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN managed_policy_row p ON p.reading = k.reading
LEFT JOIN document d ON d.id = p.document
UNION ALL
SELECT k.snapshot, r.account, 'inline', i.name,
       i.owner_kind || '/' || coalesce(o.name, u.name, g.name),
       iif(d.templated, replace(d.text, '{own-account}', r.account), d.text)
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN inline_policy_row i ON i.reading = k.reading
LEFT JOIN role_row o
    ON i.owner_kind = 'role' AND o.reading = i.reading AND o.position = i.owner
LEFT JOIN user_row u
    ON i.owner_kind = 'user' AND u.reading = i.reading AND u.position = i.owner
LEFT JOIN group_row g
    ON i.owner_kind = 'group' AND g.reading = i.reading AND g.position = i.owner
LEFT JOIN document d ON d.id = i.document;

CREATE VIEW provider AS
SELECT k.snapshot, r.account, 'oidc' AS kind, p.arn, p.url, p.audiences, NULL AS valid_until
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN oidc_provider_row p ON p.reading = k.reading
UNION ALL
SELECT k.snapshot, r.account, 'saml', p.arn, NULL, NULL, p.valid_until
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN saml_provider_row p ON p.reading = k.reading;

CREATE VIEW workspace AS
SELECT k.snapshot, w.organization, w.project, w.workspace AS name, NULL AS id,
       w.execution_mode, w.env
FROM snapshot_reading k JOIN effective_workspace_row w ON w.reading = k.reading
UNION ALL
SELECT k.snapshot, w.organization, coalesce(p.name, w.project), w.name, w.id,
       w.execution_mode, NULL
FROM snapshot_reading k
JOIN workspace_row w ON w.reading = k.reading
LEFT JOIN project_row p ON p.reading = w.reading AND p.id = w.project;

CREATE VIEW not_read AS
SELECT k.snapshot, r.account, g.part, g.call, g.kind, g.message
FROM snapshot_reading k
JOIN reading r ON r.id = k.reading
JOIN gap g ON g.reading = k.reading;
