-- +goose Up
-- +goose StatementBegin
CREATE TABLE g (x TEXT)
-- +goose StatementEnd
CREATE VIRTUAL TABLE words USING fts5(title, body);
-- +goose Down
DROP TABLE g;
