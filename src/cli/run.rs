//! One command after the other, as a person typed it: opens the home in the mode that the command needs, does it, prints
//! it, and says by the exit code how it went.

use super::{
    albums,
    args::{Cli, Command, QueueCommand, StoreCommand},
    ask, commands, demo, duplicates, keeping,
    output::{Out, output_was_lost},
    places, relocate, service, sidecars, store, trash,
    window::Window,
};
use crate::engine::{
    Cx, Ending, Home, StoreConfig, apart,
    error::{OpError, Result},
    session::{Mode, OpenError, Session},
};
use clap::CommandFactory as _;
use std::io::Write as _;

/// What every command is given.
pub struct Context {
    /// How to print.
    pub out: Out,
    /// Where the library is.
    pub home: Home,
    /// Ctrl+C cancels it.
    pub cx: Cx,
    /// Ctrl+C, and what else asks the program to end; for a window.
    pub ending: Ending,
}

impl Context {
    /// Opens the home to change something, and says what an interrupted run left.
    ///
    /// # Errors
    /// As `Session::open`.
    pub fn write(&self) -> Result<Session> {
        self.open(Mode::Write)
    }

    /// Opens the home to look; beside a running Safelight, if need be.
    ///
    /// # Errors
    /// As `Session::open`.
    pub fn look(&self) -> Result<Session> {
        self.open(Mode::Look)
    }

    fn open(&self, mode: Mode) -> Result<Session> {
        let session = match Session::open(self.home.clone(), mode, &self.cx) {
            // A look needs no writer, but an older catalog has to be migrated by one.
            Err(OpenError::Catalog(_)) if mode == Mode::Look => {
                Session::open(self.home.clone(), Mode::Write, &self.cx)?
            }
            other => other?,
        };
        for warning in &session.warnings {
            self.out.warn(warning);
        }
        ask::lend_terminal(&session.secrets);
        Ok(session)
    }
}

/// What the whole command line means.
#[derive(Debug)]
pub enum Run {
    /// It is done, with this exit code.
    Done(u8),
    /// A window is asked for.
    Window(Window),
}

/// Runs one command line.
#[must_use]
pub fn run(cli: Cli) -> Run {
    let out = Out {
        json: cli.json,
        quiet: cli.quiet,
    };
    let ending = Ending::new();
    let asked = ending.clone();
    // Without the handler Ctrl+C still stops the program; recovery is made for exactly that.
    let handled = ctrlc::set_handler(move || {
        if asked.is_asked() {
            // Asked twice: at once. What was being done is settled at the next start.
            std::process::exit(130);
        }
        asked.ask();
    });
    if let Err(error) = handled {
        tracing::debug!("no handler for Ctrl+C: {error}");
    }
    let cx = Cx {
        cancel: ending.cancel(),
        ..Cx::new()
    };
    let done = home_of(&cli).and_then(|home| dispatch(cli, Context { out, home, cx, ending }));
    match done {
        Ok(Run::Done(0)) if output_was_lost() => {
            out.warn("safelight: not everything could be printed; is the disk full?");
            Run::Done(3)
        }
        Ok(run) => run,
        Err(error) => {
            if out.json {
                out.document(&serde_json::json!({ "error": error.to_string(), "exit": error.exit_code() }));
            }
            out.warn(format!("safelight: {error}"));
            Run::Done(error.exit_code())
        }
    }
}

fn home_of(cli: &Cli) -> Result<Home> {
    match &cli.home {
        Some(dir) => Ok(Home::portable(&absolute(dir))),
        None => Ok(Home::platform().ok_or(OpenError::NoHome)?),
    }
}

/// Relative to the current folder, which may change later.
pub(in crate::cli) fn absolute(path: &std::path::Path) -> std::path::PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn dispatch(cli: Cli, context: Context) -> Result<Run> {
    let Some(command) = cli.command else {
        return Ok(Run::Window(window(context, Vec::new(), cli.smoke)));
    };
    let code = match command {
        Command::Demo(args) => return demo::demo(&context, &args, cli.smoke),
        Command::Open { paths } => {
            let paths = paths.iter().map(|path| absolute(path)).collect();
            return Ok(Run::Window(window(context, paths, cli.smoke)));
        }
        Command::Scan(args) => commands::scan(&context, &args)?,
        Command::Roots => commands::roots(&context)?,
        Command::Forget { root, yes } => commands::forget(&context, &root, yes)?,
        Command::List { query, limit } => commands::list(&context, &query, limit)?,
        Command::Show { files } => commands::show(&context, &files)?,
        Command::Duplicates { query, kind } => duplicates::duplicates(&context, &query, kind)?,
        Command::Thumbs { query, size } => commands::thumbs(&context, &query, size)?,
        Command::Mark(args) => commands::mark(&context, &args)?,
        Command::Undo { steps } => commands::undo(&context, steps, false)?,
        Command::Redo { steps } => commands::undo(&context, steps, true)?,
        Command::Places => places::places(&context)?,
        Command::Sidecars(args) => sidecars::sidecars(&context, &args)?,
        Command::Album(command) => albums::album(&context, &command)?,
        Command::Store(command) => stores(&context, &command)?,
        Command::Trash(args) => trash::trash(&context, &args)?,
        Command::Move(args) => relocate::move_to(&context, &args)?,
        Command::Rename(args) => relocate::rename(&context, &args)?,
        Command::Copy(args) => relocate::copy(&context, &args)?,
        Command::Backup(args) if args.watch => service::watch(&context, args.all)?,
        Command::Backup(args) => keeping::backup(&context, &args)?,
        Command::Queue(command) => match command {
            QueueCommand::List => keeping::queue_list(&context)?,
            QueueCommand::Retry { job } => keeping::queue_retry(&context, job)?,
            QueueCommand::Cancel => keeping::queue_cancel(&context)?,
            QueueCommand::Rules(args) => service::rules(&context, &args)?,
        },
        Command::Service(command) => service::service(&context, command, cli.home.as_deref())?,
        Command::Status { store } => keeping::status(&context, store.as_deref())?,
        Command::Verify(args) => keeping::verify(&context, &args)?,
        Command::Optimize(args) => keeping::optimize(&context, &args)?,
        Command::Restore(args) => keeping::restore(&context, &args)?,
        Command::CheckStore { url, sizes_only } => keeping::check_store(&context, &url, sizes_only)?,
        Command::Rebuild { from_scratch } => keeping::rebuild(&context, from_scratch)?,
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "safelight", &mut text);
            raw(&text)
        }
        Command::DecodeApart { edge, path } => {
            let written = apart::serve(&path, edge, &mut std::io::stdout().lock());
            u8::from(written.is_err())
        }
        Command::Man => {
            let mut text = Vec::new();
            let made = clap_mangen::Man::new(Cli::command()).render(&mut text);
            made.map_err(|error| OpError::Failed(format!("The manual page could not be made: {error}")))?;
            raw(&text)
        }
    };
    Ok(Run::Done(code))
}

fn window(context: Context, paths: Vec<std::path::PathBuf>, smoke: Option<f64>) -> Window {
    Window {
        home: context.home,
        ending: context.ending,
        paths,
        before: None,
        smoke,
        keep_alive: None,
    }
}

fn raw(bytes: &[u8]) -> u8 {
    match std::io::stdout().lock().write_all(bytes) {
        Ok(()) => 0,
        Err(_) => 3,
    }
}

fn stores(context: &Context, command: &StoreCommand) -> Result<u8> {
    match command {
        StoreCommand::Add { name, url, more } => {
            let config = StoreConfig {
                plain_http: more.plain_http,
                pinned: more.pin.clone(),
                elsewhere: more.elsewhere,
                limit: more.limit,
                bandwidth: more.bandwidth,
                ..StoreConfig::default()
            };
            let adding = store::Adding {
                keys_stdin: more.keys_stdin,
                config,
            };
            store::add(context, name, url, adding)
        }
        StoreCommand::Keys { name, keys_stdin } => store::keys(context, name, *keys_stdin),
        StoreCommand::Set {
            name,
            limit,
            bandwidth,
            elsewhere,
        } => store::set(context, name, |config| {
            if let Some(elsewhere) = elsewhere {
                config.elsewhere = *elsewhere;
            }
            if let Some(limit) = limit {
                config.limit = limit.0;
            }
            if let Some(bandwidth) = bandwidth {
                config.bandwidth = bandwidth.0;
            }
        }),
        StoreCommand::Follow { name, what } => store::follow(context, name, what, true),
        StoreCommand::Unfollow { name, what } => store::follow(context, name, what, false),
        StoreCommand::List => store::list(context),
        StoreCommand::Test { name } => store::test(context, name),
        StoreCommand::Remove { name } => store::remove(context, name),
    }
}
