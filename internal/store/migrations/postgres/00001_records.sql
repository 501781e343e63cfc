-- +goose Up

-- How far each stream was stored. Moved from one sequence to the next in the
-- transaction that holds the data, which makes storing exactly-once.
CREATE TABLE stream_position (
    stream     text PRIMARY KEY,
    seq        bigint NOT NULL CHECK (seq > 0),
    stored_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE session (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    simulator    text NOT NULL,
    scenario     text NOT NULL,
    seed         bigint NOT NULL, -- the bits of an unsigned number
    version      text NOT NULL,
    state        text NOT NULL CHECK (state IN ('running', 'interrupted', 'ended')),
    end_reason   text NOT NULL DEFAULT '',
    tick_hz      integer NOT NULL CHECK (tick_hz > 0),
    record_every integer NOT NULL CHECK (record_every > 0),
    origin_lat   double precision NOT NULL,
    origin_lon   double precision NOT NULL,
    origin_alt   double precision NOT NULL,
    drones       integer NOT NULL DEFAULT 0,
    last_tick    bigint NOT NULL DEFAULT 0,
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz
) WITH (fillfactor = 70);
CREATE INDEX session_newest ON session (started_at DESC, id DESC);
CREATE INDEX session_of_simulator ON session (simulator, started_at DESC, id DESC);

CREATE TABLE session_gap (
    session   uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    from_tick bigint NOT NULL,
    to_tick   bigint NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (session, from_tick, to_tick)
);

CREATE TABLE member (
    session   uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    slot      integer NOT NULL,
    id        text NOT NULL,
    name      text NOT NULL,
    model     text NOT NULL,
    from_tick bigint NOT NULL,
    to_tick   bigint NOT NULL DEFAULT 0, -- 0: until the end
    PRIMARY KEY (session, slot)
);

-- A row for each drone and window of ticks. No foreign key: the transaction that
-- writes chunks updates the session's row, which proves that it exists without
-- asking once a row. The data are packed already: EXTERNAL spares PostgreSQL the
-- attempt to compress them again.
CREATE TABLE telemetry (
    session    uuid NOT NULL,
    slot       integer NOT NULL,
    first_tick bigint NOT NULL,
    last_tick  bigint NOT NULL,
    samples    integer NOT NULL,
    enc        smallint NOT NULL,
    data       bytea NOT NULL,
    PRIMARY KEY (session, slot, first_tick)
);
ALTER TABLE telemetry ALTER COLUMN data SET STORAGE EXTERNAL;

-- The same event sent twice has the same three: a session that was resumed may
-- count anew, so seq alone would take the second life's events for the first's.
CREATE TABLE event (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session  text NOT NULL,
    seq      bigint NOT NULL,
    tick     bigint NOT NULL,
    sim_time double precision NOT NULL,
    wall_us  bigint NOT NULL,
    severity text NOT NULL,
    type     text NOT NULL,
    drone    text NOT NULL DEFAULT '',
    message  text NOT NULL,
    data     json,
    UNIQUE (session, seq, wall_us)
);
CREATE INDEX event_of_session ON event (session, id DESC);
CREATE INDEX event_of_drone ON event (session, drone, id DESC) WHERE drone <> '';
CREATE INDEX event_grave ON event (session, severity, id DESC) WHERE severity <> 'info';

CREATE TABLE mission (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    body       json NOT NULL, -- all but the plan
    plan       json,          -- the file it came from
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX mission_newest ON mission (created_at DESC, id DESC);

CREATE TABLE command (
    id         uuid PRIMARY KEY,
    session    uuid NOT NULL,
    body_hash  bytea NOT NULL,
    body       json NOT NULL,
    results    json,
    state      text NOT NULL CHECK (state IN ('pending', 'done')),
    created_at timestamptz NOT NULL,
    done_at    timestamptz
) WITH (fillfactor = 70);
CREATE INDEX command_of_session ON command (session, created_at, id);
CREATE INDEX command_pending ON command (created_at, id) WHERE state = 'pending';

-- +goose Down
DROP TABLE command, mission, event, telemetry, member, session_gap, session, stream_position;
