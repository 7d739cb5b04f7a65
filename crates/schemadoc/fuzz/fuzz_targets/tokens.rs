//! The tokeniser loses nothing, and what reads its tokens takes any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schemadoc::sql::constraints::{allowed_values, columns_of, index, read};
use schemadoc::sql::tokens::{all, meaningful};

fuzz_target!(|text: &str| {
    assert_eq!(all(text).map(|token| token.text).collect::<String>(), text);
    meaningful(text).iter().for_each(|token| drop(token.name()));
    drop((read(text), index(text), allowed_values(text), columns_of(text, &["a"])));
});
