//! What the terminal asks a person for: keys and passphrases, without showing them; or reads from standard input. Never
//! from an argument, which other programs could see and shells remember (I17).

use super::run::Context;
use crate::engine::{
    Access, Credentials, ExposeSecret as _, SecretString, Secrets,
    error::{OpError, Result},
    needs_keys,
};
use std::io::{BufRead as _, IsTerminal as _};

/// The longest line that is taken for a key.
const MAX_LINE: usize = 64 * 1024;

fn has_person() -> bool {
    std::io::stdin().is_terminal() && console::Term::stderr().is_term()
}

/// A line that may be seen.
fn line(prompt: &str) -> Result<String> {
    let term = console::Term::stderr();
    let asked = term.write_str(prompt).and_then(|()| term.read_line());
    asked
        .map(|text| text.trim().to_owned())
        .map_err(|error| OpError::Failed(format!("Nothing could be read from the terminal: {error}")))
}

/// A line that is not shown while it is typed.
fn hidden(prompt: &str) -> Result<SecretString> {
    let term = console::Term::stderr();
    let asked = term.write_str(prompt).and_then(|()| term.read_secure_line());
    asked
        .map(SecretString::from)
        .map_err(|error| OpError::Failed(format!("Nothing could be read from the terminal: {error}")))
}

/// User and secret from standard input, one line each; a third line is a session token.
fn from_stdin() -> Result<Option<Credentials>> {
    let mut lines = std::io::stdin().lock().lines().map_while(|line| line.ok()).take(3);
    let mut next = || {
        lines
            .next()
            .filter(|line| line.len() <= MAX_LINE)
            .map(|line| line.trim().to_owned())
    };
    let (Some(user), Some(secret)) = (next(), next()) else {
        let sentence = "Standard input needs two lines: the user or access key, then the password or secret key.";
        return Err(OpError::Usage(sentence.to_owned()));
    };
    Ok(Some(Credentials {
        user,
        secret: secret.into(),
        token: next().filter(|line| !line.is_empty()).map(Into::into),
    }))
}

/// The keys for a new store or for other keys of a known one: from standard input where that is asked for, from the
/// environment, else from the person at the terminal. `None` where nobody says any: a public server, or one whose keys lie
/// in the files of its own tools.
///
/// # Errors
/// What was said makes no sense.
pub fn keys(url: &str, stdin: bool, secrets: &Secrets, name: &str) -> Result<Option<Credentials>> {
    if stdin {
        return from_stdin();
    }
    if !needs_keys(url) {
        return Ok(None);
    }
    if let Some(found) = secrets.of_environment(name) {
        return Ok(Some(found));
    }
    if !has_person() {
        return Ok(None);
    }
    let s3 = url.to_ascii_lowercase().starts_with("s3:");
    let (first, second) = if s3 {
        ("Access key (empty for those of ~/.aws): ", "Secret key (not shown): ")
    } else {
        ("User (empty for none): ", "Password (not shown): ")
    };
    let user = line(first)?;
    if user.is_empty() {
        return Ok(None);
    }
    Ok(Some(Credentials {
        user,
        secret: hidden(second)?,
        token: None,
    }))
}

/// How to reach a place that is named by its address alone: as the store of this home that lies there, else with keys from
/// the environment or the terminal.
///
/// # Errors
/// What was said makes no sense.
pub fn access(context: &Context, url: &str) -> Result<Access> {
    if !needs_keys(url) {
        return Ok(Access::default());
    }
    if let Ok(session) = context.look()
        && let Some(row) = session.catalog.stores()?.into_iter().find(|row| row.url == url)
    {
        return Ok(session.bridge.access(&row)?);
    }
    Ok(Access {
        credentials: keys(url, false, &Secrets::new(&context.home.config), "")?,
        ..Access::default()
    })
}

/// Lets the secrets of a home ask for their passphrase, where a person is there to answer.
pub fn lend_terminal(secrets: &Secrets) {
    if !has_person() {
        return;
    }
    secrets.ask_with(|is_new| {
        let prompt = if is_new {
            "There is no keyring here. A passphrase to encrypt the keys with (empty: keep them for this run only): "
        } else {
            "Passphrase of the encrypted keys (not shown): "
        };
        let first = hidden(prompt).ok()?;
        if !is_new || first.expose_secret().is_empty() {
            return Some(first);
        }
        let again = hidden("The same again: ").ok()?;
        (first.expose_secret() == again.expose_secret()).then_some(first)
    });
}
