//! A source file as the rules see it: the paths that it names, its string literals and its functions. It is read as
//! tokens, so that comments and texts are never taken for code, and what stands inside a macro is not missed.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::rules;

/// One file of `src/`.
pub struct Source {
    /// The path from `src/` on.
    pub file: String,
    /// The module: `["db", "schema", "agents"]`; empty for `lib.rs`.
    pub module: Vec<String>,
    /// Every path of several segments, and every imported name, as written.
    pub paths: Vec<Found<Vec<String>>>,
    /// Every string literal outside attributes, with its quotes.
    pub literals: Vec<Found<String>>,
    /// Every function with a body: its name and how many lines it has.
    pub functions: Vec<Found<(String, usize)>>,
}

/// Something, and the line that it stands on.
pub struct Found<T> {
    pub line: usize,
    pub what: T,
}

impl Source {
    /// Reads a file; `file` is its path from `src/` on.
    pub fn parse(file: &str, text: &str) -> Self {
        let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
        let module = if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() };
        let mut source =
            Self { file: file.to_owned(), module, paths: Vec::new(), literals: Vec::new(), functions: Vec::new() };
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        source.read(&tokens.into_iter().collect::<Vec<_>>(), false);
        source
    }

    /// The part of the house that the file belongs to.
    pub fn part(&self) -> Option<&'static str> {
        rules::part(&self.module)
    }

    /// A path from the crate's root on: what `crate::`, `self::` and `super::` mean here. `None` for every other one.
    pub fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let ups = path.iter().take_while(|segment| *segment == "super").count();
        let (base, rest) = match path.first()?.as_str() {
            "crate" | "agentid" => (&[][..], &path[1..]),
            "self" => (&self.module[..], &path[1..]),
            "super" => (&self.module[..self.module.len().checked_sub(ups)?], &path[ups..]),
            _ => return None,
        };
        Some([base, rest].concat())
    }

    fn read(&mut self, tokens: &[TokenTree], in_attribute: bool) {
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(name) => {
                    if name == "fn" {
                        self.read_function(&tokens[at..]);
                    }
                    let is_imported =
                        at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(word) if word == "use" || word == "crate");
                    at += self.read_path(&tokens[at..], Vec::new(), is_imported);
                    continue;
                }
                TokenTree::Group(group) => {
                    let is_attribute = group.delimiter() == Delimiter::Bracket && follows_hash(&tokens[..at]);
                    self.read(&inside(group), in_attribute || is_attribute);
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if text.contains('"') && !in_attribute {
                        self.literals.push(Found { line: literal.span().start().line, what: text });
                    }
                }
                TokenTree::Punct(_) => {}
            }
            at += 1;
        }
    }

    /// Reads the path that `tokens` begin with; returns how many tokens it has.
    fn read_path(&mut self, tokens: &[TokenTree], mut path: Vec<String>, is_imported: bool) -> usize {
        let line = tokens[0].span().start().line;
        let mut at = 0;
        while let Some(TokenTree::Ident(segment)) = tokens.get(at) {
            path.push(segment.to_string());
            at += 1;
            if !is_double_colon(&tokens[at..]) {
                break;
            }
            at += 2;
        }
        // After `::` there can also stand a list of paths, a `*`, or the `<` of a generic argument.
        if let Some(TokenTree::Group(group)) = tokens.get(at)
            && group.delimiter() == Delimiter::Brace
            && at > 1
            && is_double_colon(&tokens[at - 2..])
        {
            for part in inside(group).split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ','))
            {
                if !part.is_empty() {
                    self.read_path(part, path.clone(), true);
                }
            }
            at += 1;
        } else if path.len() > 1 || is_imported {
            self.paths.push(Found { line, what: path });
        }
        at.max(1)
    }

    fn read_function(&mut self, tokens: &[TokenTree]) {
        // `fn(…)` is a type; a function without a body ends with a semicolon.
        let Some(TokenTree::Ident(name)) = tokens.get(1) else { return };
        for token in tokens {
            match token {
                TokenTree::Punct(end) if end.as_char() == ';' => return,
                TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                    let line = tokens[0].span().start().line;
                    let lines = body.span_close().end().line - line + 1;
                    return self.functions.push(Found { line, what: (name.to_string(), lines) });
                }
                TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Punct(_) | TokenTree::Group(_) => {}
            }
        }
    }
}

fn inside(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

/// Whether `#` or `#!` stands last.
fn follows_hash(before: &[TokenTree]) -> bool {
    let is =
        |token: Option<&TokenTree>, sign| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    let last = before.last();
    is(last, '#') || (is(last, '!') && is(before.iter().rev().nth(1), '#'))
}

fn is_double_colon(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(colon) if colon.as_char() == ':');
    tokens.len() > 1 && tokens[..2].iter().all(is_colon)
}
