//! Every command explains itself, with an example.

use super::Cli;

#[test]
fn the_help_of_every_command_shows_an_example() {
    let cli = Cli::new("http://127.0.0.1:1");
    let mut seen = 0;
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = waiting.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = cli.ok(&arguments).stdout;
        // What these group is explained by the group's own examples.
        if !matches!(command.as_slice(), [group, _] if ["db", "docs", "keys"].contains(&group.as_str())) {
            let call = format!("agentid {}", command.join(" "));
            let examples = help.split("Examples:").nth(1).unwrap_or_else(|| panic!("no example: {call}"));
            assert!(examples.contains(call.trim_end()), "{call}: {examples}");
        }
        seen += 1;
        waiting.extend(subcommands(&help).map(|name| [command.as_slice(), &[name]].concat()));
    }
    assert!(seen > 30, "only {seen} commands were found");
}

/// The names in the list of commands.
fn subcommands(help: &str) -> impl Iterator<Item = String> {
    let list = help.split("Commands:\n").nth(1).unwrap_or_default();
    let lines = list.lines().take_while(|line| !line.is_empty());
    // A summary that goes on in a second line is indented further.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned)
}
