-- +goose Up

-- A partition a session: deleting a session is dropping a table, which gives the
-- space back at once, and what is read together lies together.
ALTER TABLE telemetry RENAME TO telemetry_before;
ALTER INDEX telemetry_pkey RENAME TO telemetry_before_pkey;
ALTER INDEX telemetry_by_tick RENAME TO telemetry_before_by_tick;
CREATE TABLE telemetry (
    session    uuid NOT NULL,
    slot       integer NOT NULL,
    first_tick bigint NOT NULL,
    last_tick  bigint NOT NULL,
    samples    integer NOT NULL,
    enc        smallint NOT NULL,
    data       bytea NOT NULL,
    PRIMARY KEY (session, slot, first_tick)
) PARTITION BY LIST (session);
ALTER TABLE telemetry ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE INDEX telemetry_by_tick ON telemetry (session, first_tick);

-- +goose StatementBegin
CREATE FUNCTION telemetry_partition(of_session uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'telemetry_' || replace(of_session::text, '-', '');
BEGIN
    -- Made beside and then attached: the table they belong to is not locked
    -- against those who write to it.
    EXECUTE format('CREATE TABLE %I (LIKE telemetry INCLUDING DEFAULTS INCLUDING STORAGE, CHECK (session = %L))', name, of_session);
    EXECUTE format('ALTER TABLE telemetry ATTACH PARTITION %I FOR VALUES IN (%L)', name, of_session);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE s uuid;
BEGIN
    FOR s IN SELECT id FROM session LOOP
        PERFORM telemetry_partition(s);
        INSERT INTO telemetry SELECT * FROM telemetry_before WHERE session = s ORDER BY first_tick, slot;
    END LOOP;
END $$;
-- +goose StatementEnd
DROP TABLE telemetry_before;

-- +goose Down
CREATE TABLE telemetry_whole (LIKE telemetry INCLUDING DEFAULTS INCLUDING STORAGE);
INSERT INTO telemetry_whole SELECT * FROM telemetry;
DROP TABLE telemetry;
DROP FUNCTION telemetry_partition(uuid);
ALTER TABLE telemetry_whole RENAME TO telemetry;
ALTER TABLE telemetry ADD CONSTRAINT telemetry_pkey PRIMARY KEY (session, slot, first_tick);
CREATE INDEX telemetry_by_tick ON telemetry (session, first_tick);
