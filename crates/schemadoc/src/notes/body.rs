//! The prose of a note: paragraphs, and sections under `## Heading`.

/// The text after the front matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// What comes before the first heading.
    pub opening: String,
    /// In their order.
    pub sections: Vec<Section>,
}

/// What stands under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Without the `##`.
    pub title: String,
    /// As written.
    pub text: String,
}

impl Body {
    /// Reads Markdown. A line in a fenced block is no heading.
    pub fn read(text: &str) -> Self {
        let mut body = Self::default();
        let mut current = String::new();
        let mut title: Option<String> = None;
        let mut is_fenced = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                is_fenced = !is_fenced;
            }
            if let Some(heading) = line.strip_prefix("## ").filter(|_| !is_fenced) {
                body.put(title.replace(heading.trim().to_owned()), &current);
                current.clear();
            } else {
                current.push_str(line.trim_end());
                current.push('\n');
            }
        }
        body.put(title, &current);
        body
    }

    /// The section of this title.
    pub fn section(&self, title: &str) -> Option<&str> {
        let section = self.sections.iter().find(|section| section.title.eq_ignore_ascii_case(title))?;
        Some(&section.text)
    }

    /// The first paragraph, in one line: the purpose.
    pub fn purpose(&self) -> String {
        let first = self.opening.split("\n\n").next().unwrap_or_default();
        first.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn put(&mut self, title: Option<String>, text: &str) {
        let text = text.trim().to_owned();
        match title {
            Some(title) => self.sections.push(Section { title, text }),
            None => self.opening = text,
        }
    }
}
