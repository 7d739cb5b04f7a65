//! The API over HTTP: what each endpoint does, and what it refuses.

mod heart;
