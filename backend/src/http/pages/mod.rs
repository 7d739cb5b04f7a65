//! Pages for people: plain HTML that works without script, from the templates in `backend/templates/`.

mod browser;
mod page;
mod post;
pub mod statics;
pub mod templates;

pub use browser::{Browser, BrowserCookie, Cookies, is_https};
pub use page::{Page, PageError, base, for_a_person, see_other};
pub use post::{PagePost, is_from_here};
