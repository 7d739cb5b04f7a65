//! Asking a person.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};

/// Asks before something that can not be undone, or that commits somebody. Without a person at a
/// terminal to ask, the answer must have been given before, by `--yes`.
pub fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("nobody is here to ask: add --yes to do it without asking");
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("not done");
    }
    Ok(())
}

/// A password: from standard input, from AGENTID_PASSWORD, or typed without echo; a new one twice.
pub fn password(from_stdin: bool, is_new: bool) -> anyhow::Result<String> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    if let Ok(password) = std::env::var("AGENTID_PASSWORD") {
        return Ok(password);
    }
    if !std::io::stdin().is_terminal() {
        bail!("nobody is here to type the password: use --password-stdin or AGENTID_PASSWORD");
    }
    let password = rpassword::prompt_password("Password: ").context("the password can not be read")?;
    if is_new && rpassword::prompt_password("Again: ")? != password {
        bail!("the two passwords differ");
    }
    Ok(password)
}
