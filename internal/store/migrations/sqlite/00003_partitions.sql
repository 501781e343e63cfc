-- +goose Up

-- SQLite has no partitions: its pages are given back when a session is deleted.
-- The number of the migration is kept equal to that of PostgreSQL.
SELECT 1;

-- +goose Down
SELECT 1;
