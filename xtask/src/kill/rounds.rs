//! Round after round: write, kill, start again, compare.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use seawall_clock::{Clock as _, SystemClock};

use super::door::Door;
use super::outcome::Outcome;
use super::thing::Thing;
use super::writer::Writer;
use crate::report;
use crate::server::{Launch, Product, Server};
use crate::workspace::Workspace;

const PASSWORD: &str = "kill-test-administrator-1";

/// How long writers write before the server dies, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 20..400;

/// How long a new server may take until its administrator can log in.
const LOGIN_PATIENCE: Duration = Duration::from_secs(5);

/// One start in so many is killed too, at a moment before or after it is ready.
const KILLED_STARTS: u32 = 10;

/// Things of earlier rounds that are compared again after each restart.
const SAMPLE: usize = 50;

/// How often to kill, and how to tell.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// How often the server is killed
    #[arg(long, default_value_t = 200)]
    rounds: u32,
    /// Connections that write
    #[arg(long, default_value_t = 8)]
    writers: u32,
    /// Repeats the choices of a run that printed this seed; moments still vary
    #[arg(long)]
    seed: Option<u64>,
    /// A seawall to kill, instead of the one built from this checkout
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// One JSON object a row
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Few rounds, as a part of all tests.
    pub(crate) const fn rounds(rounds: u32) -> Self {
        Self { rounds, writers: 8, seed: None, binary: None, json: false }
    }
}

/// Everything that lives through all rounds.
struct Run {
    launch: Launch,
    random: StdRng,
    writers: Vec<Writer>,
    outcome: Outcome,
    door: Option<Door>,
}

/// Runs all rounds, prints what came of them, and fails when anything was lost.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let binary = match &args.binary {
        Some(binary) => binary.clone(),
        None => workspace.release_server()?,
    };
    let seed = args.seed.unwrap_or_else(rand::random);
    eprintln!("seed {seed}");
    let folder = workspace.target().join("kill");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("emptying the folder of the kill test")?;
    }
    std::fs::create_dir_all(&folder).context("making the folder of the kill test")?;
    let launch = Launch::new(Product::Seawall, &binary, &folder.join("data"))?.guarded(PASSWORD);
    let mut run = Run {
        launch,
        random: StdRng::seed_from_u64(seed),
        writers: (0..args.writers).map(|number| Writer::new(number, seed)).collect(),
        outcome: Outcome::default(),
        door: None,
    };
    let rows = run.all(args.rounds, seed)?;
    report::print(&rows, args.json)?;
    report::require(&rows)
}

impl Run {
    fn all(&mut self, rounds: u32, seed: u64) -> anyhow::Result<Vec<report::Row>> {
        let progress = progress(rounds)?;
        let mut server = self.start()?;
        for round in 1..=rounds {
            let door = self.log_in(&server)?;
            self.compare_some(round, &door)?;
            self.write_and_kill(server, &door)?;
            if self.random.random_ratio(1, KILLED_STARTS) {
                self.kill_a_start()?;
            }
            server = self.start()?;
            progress.inc(1);
        }
        let door = self.log_in(&server)?;
        self.compare_all(rounds, &door)?;
        server.kill()?;
        progress.finish_and_clear();
        for writer in &self.writers {
            self.outcome.refused(&writer.refused);
            self.outcome.acknowledged += writer.ledger.acknowledged_writes();
        }
        Ok(self.outcome.rows(rounds, seed))
    }

    fn start(&mut self) -> anyhow::Result<Server> {
        let server = self.launch.start().context("starting on the data of a killed server")?;
        self.outcome.restarted(server.startup());
        Ok(server)
    }

    /// One login for all rounds: the key that signs tokens must survive too.
    fn log_in(&mut self, server: &Server) -> anyhow::Result<Door> {
        match &self.door {
            Some(door) => Ok(door.another()),
            None => {
                let door = first_login(server)?;
                self.door = Some(door.another());
                Ok(door)
            }
        }
    }

    fn write_and_kill(&mut self, mut server: Server, door: &Door) -> anyhow::Result<()> {
        let life = Duration::from_millis(self.random.random_range(LIFE_MS));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in &mut self.writers {
                let (door, stop) = (door.another(), &stop);
                scope.spawn(move || writer.write(&door, stop));
            }
            std::thread::sleep(life);
            let died = server.require_alive().and_then(|()| server.kill());
            stop.store(true, Ordering::Release);
            died
        })
    }

    /// Kills a server that is reading what its killed predecessor left.
    fn kill_a_start(&mut self) -> anyhow::Result<()> {
        let life = Duration::from_millis(self.random.random_range(0..60));
        self.launch.start_and_kill_after(life)
    }

    /// What was written since the last comparison, and a sample of the rest.
    fn compare_some(&mut self, round: u32, door: &Door) -> anyhow::Result<()> {
        for writer in &mut self.writers {
            let mut things = writer.ledger.take_recent();
            let known = writer.ledger.things();
            for _ in 0..SAMPLE.min(known.len()) / 8 {
                things.extend(known.get(self.random.random_range(0..known.len())));
            }
            things.sort();
            things.dedup();
            compare(&mut self.outcome, writer, &things, round, door)?;
        }
        Ok(())
    }

    fn compare_all(&mut self, round: u32, door: &Door) -> anyhow::Result<()> {
        for writer in &mut self.writers {
            let things = writer.ledger.things();
            compare(&mut self.outcome, writer, &things, round, door)?;
        }
        Ok(())
    }
}

/// The first start makes the administrator when it serves already.
fn first_login(server: &Server) -> anyhow::Result<Door> {
    let clock = SystemClock::default();
    let started = clock.now();
    loop {
        match Door::log_in(&server.url(), PASSWORD) {
            Err(_) if clock.now() - started < LOGIN_PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            door => return door,
        }
    }
}

fn compare(
    outcome: &mut Outcome,
    writer: &mut Writer,
    things: &[Thing],
    round: u32,
    door: &Door,
) -> anyhow::Result<()> {
    for thing in things {
        let seen = door.read(*thing, &writer.ledger.candidates(*thing))?;
        outcome.note(round, *thing, writer.ledger.compare(*thing, seen));
    }
    Ok(())
}

fn progress(rounds: u32) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("[{elapsed_precise}] {bar:30} {pos}/{len} killed")
        .context("the template of the progress bar")?;
    Ok(ProgressBar::new(u64::from(rounds)).with_style(style))
}
