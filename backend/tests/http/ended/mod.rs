//! What ends a client's hold on an agent, and that it holds everywhere at once: at authorize, at the redemption of a
//! code, at refresh, userinfo and introspection, and in the list for those who verify offline.

mod matrix;
mod scene;
