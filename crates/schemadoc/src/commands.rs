//! What the commands do.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use schemadoc::finding::{Finding, Level};
use schemadoc::folder::{self, MigrationFile};
use schemadoc::lint;
use schemadoc::model::Model;
use schemadoc::notes::{self, Comments, Notes, coverage};
use schemadoc::pages::Difference;
use schemadoc::render::{Links, render};
use schemadoc::replay::Engine;
use schemadoc::settings::{FILE, Settings, SettingsError};
use schemadoc::{pages, relative, replay, semantic};
use similar::TextDiff;

use crate::arguments::{Arguments, Command, Sources};
use crate::stop;

type Outcome = Result<ExitCode, Box<dyn Error>>;

/// The environment variable that names the server, so that a password need not stand in a file or a command.
const URL: &str = "SCHEMADOC_URL";
const NO_SERVER: &str = "the engine postgres needs a server to replay the migrations on: name one with --url, \
                         SCHEMADOC_URL or `url` in the settings (postgres://user:password@host:5432/database)";

/// All that was read.
struct Project {
    settings: Settings,
    files: Vec<MigrationFile>,
    model: Model,
    notes: Notes,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Outcome {
    let project = Project::read(&arguments.sources)?;
    match arguments.command {
        Command::Json => json(&project.model),
        Command::Write => write(&project),
        Command::Check => check(&project),
        Command::Lint => lint(&project),
    }
}

impl Project {
    fn read(sources: &Sources) -> Result<Self, Box<dyn Error>> {
        let mut said = sources.to_settings();
        said.url = said.url.or_else(|| env::var(URL).ok());
        let settings = match &sources.settings {
            Some(path) => said.or(Settings::read(path)?),
            None if Path::new(FILE).is_file() => said.or(Settings::read(Path::new(FILE))?),
            None => said,
        };
        let folder = settings.migrations.as_ref().ok_or(SettingsError::Missing("migrations"))?;
        let files = folder::read(folder)?;
        let model = match settings.engine {
            Some(Engine::Postgres) => {
                let url = settings.url.as_deref().ok_or(NO_SERVER)?;
                replay::postgres::replay(&files, url, &*stop::wanted()?)?
            }
            Some(Engine::Sqlite) | None => replay::replay(&files)?,
        };
        let mut notes = settings.notes.as_deref().map_or_else(|| Ok(Notes::default()), notes::read)?;
        notes.comments = Comments::read(&model, &files);
        Ok(Self { settings, files, model, notes })
    }

    fn out(&self) -> Result<&Path, SettingsError> {
        self.settings.out.as_deref().ok_or(SettingsError::Missing("out"))
    }

    fn pages(&self) -> Result<BTreeMap<PathBuf, String>, SettingsError> {
        let out = self.out()?;
        let migrations = self.settings.migrations.as_deref().unwrap_or(Path::new(""));
        let links = Links {
            migrations: relative::way(out, migrations),
            code: self.settings.code.as_ref().map(|code| relative::way(out, Path::new(code))),
            code_here: self.settings.code.clone(),
        };
        Ok(render(&self.model, &self.notes, &links))
    }

    /// What the notes say of things that are not there, and whether enough is described.
    fn notes_findings(&self) -> Vec<Finding> {
        let (mut findings, coverage) = coverage::examine(&self.model, &self.notes);
        let wanted = self.settings.coverage.unwrap_or(0);
        if coverage.percent() >= wanted {
            findings.retain(|finding| finding.level == Level::Error);
        } else {
            let text = format!("{} % of the schema has prose, and {wanted} % must.", coverage.percent());
            let place = self.settings.notes.as_deref().unwrap_or(Path::new("notes")).display().to_string();
            findings.push(Finding { level: Level::Error, rule: "coverage", object: "all".to_owned(), place, text });
        }
        findings
    }
}

fn json(model: &Model) -> Outcome {
    say(&serde_json::to_string_pretty(model)?)?;
    Ok(ExitCode::SUCCESS)
}

fn write(project: &Project) -> Outcome {
    warn(&project.model)?;
    let findings = project.notes_findings();
    let (out, pages) = (project.out()?, project.pages()?);
    let difference = pages::compare(out, &pages)?;
    pages::write(out, &pages, &difference)?;
    for path in &difference.foreign {
        note(&format!("note: {} is not ours and was left alone", out.join(path).display()))?;
    }
    let written = difference.missing.len() + difference.stale.len();
    say(&format!("{}: {written} of {} pages written, {} removed", out.display(), pages.len(), difference.extra.len()))?;
    tell(&findings)
}

fn check(project: &Project) -> Outcome {
    warn(&project.model)?;
    let (out, pages) = (project.out()?, project.pages()?);
    let difference = pages::compare(out, &pages)?;
    let findings = project.notes_findings();
    for path in &difference.foreign {
        note(&format!("note: {} is not ours", out.join(path).display()))?;
    }
    if !difference.is_none() {
        semantic::summary(&project.model, &pages, &difference).iter().try_for_each(|line| say(line))?;
        differing_files(out, &pages, &difference)?;
        say(&format!("\nThe documentation is out of date. This writes it anew:\n  {}", mend()))?;
    }
    let code = tell(&findings)?;
    Ok(if difference.is_none() { code } else { ExitCode::from(1) })
}

fn differing_files(out: &Path, pages: &BTreeMap<PathBuf, String>, difference: &Difference) -> io::Result<()> {
    for (paths, what) in [
        (&difference.missing, "missing"),
        (&difference.extra, "no page any more"),
        (&difference.in_the_way, "not ours, and in the way of a page: move it"),
    ] {
        paths.iter().try_for_each(|path| say(&format!("{}: {what}", out.join(path).display())))?;
    }
    for (path, before) in &difference.stale {
        let name = out.join(path).display().to_string();
        let now = pages.get(path).map_or("", String::as_str);
        let diff =
            TextDiff::from_lines(before.as_str(), now).unified_diff().header(&name, "from the migrations").to_string();
        say(&format!("\n{}", colored(diff.trim_end())))?;
    }
    Ok(())
}

/// The command that mends what `check` finds: the same with `write`. It is printed, so that it must not say a password.
fn mend() -> String {
    let mut words: Vec<String> = env::args_os().map(|word| word.display().to_string()).collect();
    for at in 1..words.len() {
        if words[at].starts_with("--url=") {
            words[at] = "--url=…".to_owned();
        } else if words[at - 1] == "--url" {
            words[at] = "…".to_owned();
        }
    }
    if let Some(check) = words.iter_mut().skip(1).find(|word| *word == "check") {
        "write".clone_into(check);
    }
    words.join(" ")
}

fn lint(project: &Project) -> Outcome {
    warn(&project.model)?;
    let settings = &project.settings;
    let mut findings = lint::lint(&project.model, &project.notes, &project.files, &settings.portable);
    if !settings.portable.is_empty() && !findings.iter().any(|finding| finding.rule == lint::NOT_PORTABLE) {
        let names: Vec<&str> = settings.portable.iter().map(|engine| engine.name()).collect();
        let rules = lint::rules(&settings.portable);
        let proof = "a replay with --engine postgres, or on D1 itself, proves it";
        note(&format!(
            "note: of {rules} rules for {} no file breaks one that the notes do not answer; {proof}",
            names.join(", ")
        ))?;
    }
    let least = settings.level.unwrap_or(Level::Warning);
    findings.retain(|finding| finding.level >= least);
    tell(&findings)
}

/// Prints findings; 1 when there are any.
fn tell(findings: &[Finding]) -> Outcome {
    for finding in findings {
        say(&finding.to_string())?;
    }
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

fn warn(model: &Model) -> io::Result<()> {
    model
        .warnings
        .iter()
        .try_for_each(|warning| note(&format!("warning: {}:{}: {}", warning.file, warning.line, warning.text)))
}

/// Beside the result.
pub fn note(text: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{text}")
}

/// A reader who has seen enough, such as `head`, is no error.
fn say(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Only on a terminal, and not for who asks for none (<https://no-color.org>).
fn colored(diff: &str) -> String {
    if !io::stdout().is_terminal() || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return diff.to_owned();
    }
    let color = |line: &str| match line.chars().next() {
        Some('+') => format!("\u{1b}[32m{line}\u{1b}[0m\n"),
        Some('-') => format!("\u{1b}[31m{line}\u{1b}[0m\n"),
        _ => format!("{line}\n"),
    };
    diff.lines().map(color).collect()
}
