-- +goose Up

-- A fork goes on from a moment of another session.
ALTER TABLE session ADD COLUMN parent uuid, ADD COLUMN parent_tick bigint NOT NULL DEFAULT 0;

-- Worlds of a session, packed. A run is done again from the last one before a
-- moment; begins tells those that a life of the session began with.
CREATE TABLE snapshot (
    session uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    tick    bigint NOT NULL,
    begins  boolean NOT NULL,
    hash    bigint NOT NULL, -- the bits of an unsigned number
    data    bytea NOT NULL,
    PRIMARY KEY (session, tick)
);
ALTER TABLE snapshot ALTER COLUMN data SET STORAGE EXTERNAL;

-- Where each drone was last, in one row that is overwritten.
CREATE TABLE drone_last (
    session uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    slot    integer NOT NULL,
    tick    bigint NOT NULL,
    sample  bytea NOT NULL, -- as in a frame
    PRIMARY KEY (session, slot)
) WITH (fillfactor = 50);

-- A moment of all drones. Chunks are written in this order, so it stays small.
CREATE INDEX telemetry_by_tick ON telemetry (session, first_tick);

CREATE INDEX event_by_tick ON event (session, tick);
CREATE INDEX event_of_record ON event (session, type, tick) WHERE type IN ('deed', 'state_hash');

-- +goose Down
DROP INDEX event_of_record;
DROP INDEX event_by_tick;
DROP INDEX telemetry_by_tick;
DROP TABLE drone_last, snapshot;
ALTER TABLE session DROP COLUMN parent, DROP COLUMN parent_tick;
