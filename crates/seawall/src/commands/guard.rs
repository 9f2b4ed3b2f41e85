//! `seawall guard`.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use seawall_guard::rules::{
    Plan, Problem, RuleLimits, RuleSet, RulesError, RulesVersion,
    sentinel::{self, SentinelTexts},
};
use serde::Serialize;

use crate::{
    cli::{GuardCommand, ImportSentinelArgs},
    exit::Failure,
};

pub(super) fn run(command: &GuardCommand) -> Result<(), Failure> {
    match command {
        GuardCommand::Check { files, json } => check(files, *json),
        GuardCommand::Diff { old, new, json } => diff(old, new, *json),
        GuardCommand::ImportSentinel(args) => import_sentinel(args),
    }
}

/// What was found of one file.
#[derive(Debug, Serialize)]
struct Checked<'a> {
    file: &'a Path,
    version: Option<RulesVersion>,
    rules: usize,
    problems: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Found {
    rule: Option<Box<str>>,
    path: String,
    what: String,
}

impl From<Problem> for Found {
    fn from(Problem { rule, path, what }: Problem) -> Self {
        Self { rule, path, what }
    }
}

fn check(files: &[PathBuf], json: bool) -> Result<(), Failure> {
    let mut all = Vec::new();
    for file in files {
        let checked = match parse(file, &read(file)?) {
            Ok(set) => {
                let (version, rules) = (Some(set.version), set.rules.len());
                Checked { file, version, rules, problems: Vec::new() }
            }
            Err(error) => Checked { file, version: None, rules: 0, problems: problems(error) },
        };
        all.push(checked);
    }
    if json {
        print_json(&all)?;
    } else {
        all.iter().for_each(print_checked);
    }
    let wrong: usize = all.iter().map(|checked| checked.problems.len()).sum();
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::Failed("1 problem in the rules".to_owned())),
        _ => Err(Failure::Failed(format!("{wrong} problems in the rules"))),
    }
}

fn print_checked(checked: &Checked<'_>) {
    let file = checked.file.display();
    if let Some(version) = checked.version {
        println!("{file}: version {version}, rules: {}, nothing is wrong", checked.rules);
    }
    for Found { rule, path, what } in &checked.problems {
        let problem = Problem { rule: rule.clone(), path: path.clone(), what: what.clone() };
        println!("{file}: {problem}");
    }
}

fn diff(old: &Path, new: &Path, json: bool) -> Result<(), Failure> {
    let whole = |file: &Path| {
        parse(file, &read(file)?)
            .map_err(|error| Failure::Refused(format!("{}: {error}", file.display())))
    };
    let plan = Plan::new(&whole(old)?, &whole(new)?);
    if json {
        return print_json(&plan);
    }
    println!("{plan}");
    if plan.is_empty() {
        println!("nothing changes");
    }
    Ok(())
}

fn import_sentinel(args: &ImportSentinelArgs) -> Result<(), Failure> {
    let lists = [&args.flow, &args.degrade, &args.system, &args.param_flow, &args.authority];
    let mut texts = Vec::new();
    for file in lists {
        texts.push(file.as_deref().map(read).transpose()?);
    }
    let mut texts = texts.iter().map(Option::as_deref);
    let mut next = || texts.next().flatten();
    let texts = SentinelTexts {
        flow: next(),
        degrade: next(),
        system: next(),
        param_flow: next(),
        authority: next(),
    };
    let version = RulesVersion::new(args.rules_version);
    let imported = sentinel::import(&texts, version, &RuleLimits::default())
        .map_err(|error| Failure::Refused(error.to_string()))?;
    let refused = imported.rules.validate(&RuleLimits::default());
    refused.map_err(|error| Failure::Failed(error.to_string()))?;
    if args.json {
        let both = serde_json::json!({ "rules": imported.rules, "notes": imported.notes });
        return print_json(&both);
    }
    println!("{}", imported.rules.to_json());
    imported.notes.iter().for_each(|note| eprintln!("{note}"));
    Ok(())
}

fn parse(file: &Path, text: &str) -> Result<RuleSet, RulesError> {
    let limits = RuleLimits::default();
    let is_yaml = file.extension().is_some_and(|kind| kind == "yaml" || kind == "yml");
    if !is_yaml {
        return RuleSet::parse(text, &limits);
    }
    let set: RuleSet = serde_yaml_ng::from_str(text).map_err(|error| {
        let what = error.to_string();
        RulesError::Invalid(vec![Problem { rule: None, path: String::new(), what }])
    })?;
    set.validate(&limits)?;
    Ok(set)
}

fn problems(error: RulesError) -> Vec<Found> {
    match error {
        RulesError::Invalid(problems) => problems.into_iter().map(Found::from).collect(),
        other => vec![Found { rule: None, path: String::new(), what: other.to_string() }],
    }
}

/// The text of a file, or of standard input; no more of it than rules may be long.
fn read(file: &Path) -> Result<String, Failure> {
    let most = RuleLimits::default().text_bytes_max as u64 + 1;
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().take(most).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(most).read_to_string(&mut text))
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::Refused(format!("cannot read {}: {error}", file.display()))),
    }
}

fn print_json(what: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(what).context("writing JSON")?);
    Ok(())
}
