//! Clients: registration, management, and what ends with them.

mod registration;
