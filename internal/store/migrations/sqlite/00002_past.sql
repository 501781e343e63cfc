-- +goose Up

-- A fork goes on from a moment of another session.
ALTER TABLE session ADD COLUMN parent text;
ALTER TABLE session ADD COLUMN parent_tick integer NOT NULL DEFAULT 0;

-- Worlds of a session, packed. A run is done again from the last one before a
-- moment; begins tells those that a life of the session began with.
CREATE TABLE snapshot (
    session text NOT NULL REFERENCES session ON DELETE CASCADE,
    tick    integer NOT NULL,
    begins  integer NOT NULL,
    hash    integer NOT NULL, -- the bits of an unsigned number
    data    blob NOT NULL,
    PRIMARY KEY (session, tick)
);

-- Where each drone was last, in one row that is overwritten.
CREATE TABLE drone_last (
    session text NOT NULL REFERENCES session ON DELETE CASCADE,
    slot    integer NOT NULL,
    tick    integer NOT NULL,
    sample  blob NOT NULL, -- as in a frame
    PRIMARY KEY (session, slot)
);

-- A moment of all drones. Chunks are written in this order, so it stays small.
CREATE INDEX telemetry_by_tick ON telemetry (session, first_tick);

CREATE INDEX event_by_tick ON event (session, tick);
CREATE INDEX event_of_record ON event (session, type, tick) WHERE type IN ('deed', 'state_hash');

-- +goose Down
DROP INDEX event_of_record;
DROP INDEX event_by_tick;
DROP INDEX telemetry_by_tick;
DROP TABLE drone_last;
DROP TABLE snapshot;
ALTER TABLE session DROP COLUMN parent;
ALTER TABLE session DROP COLUMN parent_tick;
