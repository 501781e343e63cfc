-- +goose Up

-- The same tables as for PostgreSQL; times are Unix microseconds.

-- How far each stream was stored. Moved from one sequence to the next in the
-- transaction that holds the data, which makes storing exactly-once.
CREATE TABLE stream_position (
    stream     text PRIMARY KEY,
    seq        integer NOT NULL CHECK (seq > 0),
    stored_at  integer NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS integer))
);

CREATE TABLE session (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    simulator    text NOT NULL,
    scenario     text NOT NULL,
    seed         integer NOT NULL, -- the bits of an unsigned number
    version      text NOT NULL,
    state        text NOT NULL CHECK (state IN ('running', 'interrupted', 'ended')),
    end_reason   text NOT NULL DEFAULT '',
    tick_hz      integer NOT NULL CHECK (tick_hz > 0),
    record_every integer NOT NULL CHECK (record_every > 0),
    origin_lat   real NOT NULL,
    origin_lon   real NOT NULL,
    origin_alt   real NOT NULL,
    drones       integer NOT NULL DEFAULT 0,
    last_tick    integer NOT NULL DEFAULT 0,
    started_at   integer NOT NULL,
    ended_at     integer
);
CREATE INDEX session_newest ON session (started_at DESC, id DESC);
CREATE INDEX session_of_simulator ON session (simulator, started_at DESC, id DESC);

CREATE TABLE session_gap (
    session   text NOT NULL REFERENCES session ON DELETE CASCADE,
    from_tick integer NOT NULL,
    to_tick   integer NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (session, from_tick, to_tick)
);

CREATE TABLE member (
    session   text NOT NULL REFERENCES session ON DELETE CASCADE,
    slot      integer NOT NULL,
    id        text NOT NULL,
    name      text NOT NULL,
    model     text NOT NULL,
    from_tick integer NOT NULL,
    to_tick   integer NOT NULL DEFAULT 0, -- 0: until the end
    PRIMARY KEY (session, slot)
);

-- A row for each drone and window of ticks. No foreign key: the transaction that
-- writes chunks updates the session's row, which proves that it exists without
-- asking once a row.
CREATE TABLE telemetry (
    session    text NOT NULL,
    slot       integer NOT NULL,
    first_tick integer NOT NULL,
    last_tick  integer NOT NULL,
    samples    integer NOT NULL,
    enc        integer NOT NULL,
    data       blob NOT NULL,
    PRIMARY KEY (session, slot, first_tick)
);

-- The same event sent twice has the same three: a session that was resumed may
-- count anew, so seq alone would take the second life's events for the first's.
CREATE TABLE event (
    id       integer PRIMARY KEY AUTOINCREMENT,
    session  text NOT NULL,
    seq      integer NOT NULL,
    tick     integer NOT NULL,
    sim_time real NOT NULL,
    wall_us  integer NOT NULL,
    severity text NOT NULL,
    type     text NOT NULL,
    drone    text NOT NULL DEFAULT '',
    message  text NOT NULL,
    data     text,
    UNIQUE (session, seq, wall_us)
);
CREATE INDEX event_of_session ON event (session, id DESC);
CREATE INDEX event_of_drone ON event (session, drone, id DESC) WHERE drone <> '';
CREATE INDEX event_grave ON event (session, severity, id DESC) WHERE severity <> 'info';

CREATE TABLE mission (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    body       text NOT NULL, -- all but the plan
    plan       text,          -- the file it came from
    created_at integer NOT NULL,
    updated_at integer NOT NULL
);
CREATE INDEX mission_newest ON mission (created_at DESC, id DESC);

CREATE TABLE command (
    id         text PRIMARY KEY,
    session    text NOT NULL,
    body_hash  blob NOT NULL,
    body       text NOT NULL,
    results    text,
    state      text NOT NULL CHECK (state IN ('pending', 'done')),
    created_at integer NOT NULL,
    done_at    integer
);
CREATE INDEX command_of_session ON command (session, created_at, id);
CREATE INDEX command_pending ON command (created_at, id) WHERE state = 'pending';

-- +goose Down
DROP TABLE command;
DROP TABLE mission;
DROP TABLE event;
DROP TABLE telemetry;
DROP TABLE member;
DROP TABLE session_gap;
DROP TABLE session;
DROP TABLE stream_position;
