//! Backing up without a window on the command line: `backup --watch`, the systemd user unit that runs it, and the rules by
//! which both send.

use super::{
    args_store::{OrderArg, RulesArgs, ServiceCommand},
    run::{Context, absolute},
};
use crate::{
    engine::{
        Hours, Order,
        error::{OpError, Result},
        service::{self, ServiceReport},
    },
    model::content::human_bytes,
};
use serde_json::json;

pub fn watch(context: &Context, all: bool) -> Result<u8> {
    let out = context.out;
    out.say("Waiting for new photos. Stop with Ctrl+C.");
    service::watch_and_back_up(&context.home, all, &context.cx, &|line| out.say(line))?;
    out.document(&json!({ "stopped": true }));
    out.say("Stopped. What was done stays done.");
    Ok(0)
}

pub fn service(context: &Context, command: ServiceCommand, home: Option<&std::path::Path>) -> Result<u8> {
    let report: ServiceReport = match command {
        ServiceCommand::Install { all } => {
            if !all {
                // A service with nothing to do would only fail in the background, where nobody sees it.
                let session = context.look()?;
                let mut any = false;
                for row in session.stores_for(None)? {
                    any |= !session.follows_of(&row)?.is_empty();
                }
                if !any {
                    return Err(OpError::Usage(
                        "Nothing is chosen to be backed up by itself. Choose with: safelight store follow STORE --album NAME, \
                         or install it with --all."
                            .to_owned(),
                    ));
                }
            }
            service::install(home.map(absolute).as_deref(), all)?
        }
        ServiceCommand::Remove => service::remove()?,
        ServiceCommand::Status => service::status()?,
    };
    context
        .out
        .document(&json!({ "installed": report.installed, "running": report.running,
        "unit": report.unit.to_string_lossy(), "sentence": report.sentence }));
    context.out.say(&report.sentence);
    let wanted = match command {
        ServiceCommand::Install { .. } => report.running,
        ServiceCommand::Remove => true,
        ServiceCommand::Status => report.running,
    };
    Ok(u8::from(!wanted))
}

pub fn rules(context: &Context, args: &RulesArgs) -> Result<u8> {
    let changes = args.hours.is_some()
        || args.spare_metered.is_some()
        || args.this_network_is_metered.is_some()
        || args.bandwidth.is_some()
        || args.order.is_some();
    let session = if changes { context.write()? } else { context.look()? };
    let mut rules = session.settings().sending;
    match args.hours.as_deref() {
        None => {}
        Some("none") => rules.hours = None,
        Some(text) => {
            let hours = Hours::parse(text);
            let bad = || {
                OpError::Usage(format!(
                    "Not a part of the day: {text}. Write it as 22:00-7:00, or none."
                ))
            };
            rules.hours = Some(hours.ok_or_else(bad)?);
        }
    }
    rules.spare_metered = args.spare_metered.unwrap_or(rules.spare_metered);
    rules.metered_by_hand = args.this_network_is_metered.unwrap_or(rules.metered_by_hand);
    if let Some(bandwidth) = args.bandwidth {
        rules.bandwidth = bandwidth.0;
    }
    rules.order = match args.order {
        None => rules.order,
        Some(OrderArg::Picks) => Order::PicksFirst,
        Some(OrderArg::Small) => Order::SmallFirst,
        Some(OrderArg::Newest) => Order::NewestFirst,
        Some(OrderArg::Oldest) => Order::OldestFirst,
    };
    if changes {
        session.set_sending(rules.clone())?;
    }
    let network = session.network.now();
    context.out.document(&json!({ "hours": rules.hours.map(|hours| hours.to_string()),
        "spare_metered": rules.spare_metered, "this_network_is_metered": rules.metered_by_hand || network.metered == Some(true),
        "bandwidth": rules.bandwidth, "order": rules.order.title() }));
    let hours = rules
        .hours
        .map_or_else(|| "at any hour".to_owned(), |hours| format!("from {hours} only"));
    let speed = rules.bandwidth.map_or_else(
        || "as fast as it goes".to_owned(),
        |bytes| format!("at most {} a second", human_bytes(bytes)),
    );
    context.out.say(format!(
        "Sends {hours}, {speed}, {}.",
        rules.order.title().to_lowercase()
    ));
    context
        .out
        .say(match (rules.spare_metered, rules.metered_by_hand, network.metered) {
            (false, ..) => "Sends over metered networks too.",
            (true, true, _) => "Waits on metered networks; you said that this one is.",
            (true, false, Some(true)) => "Waits on metered networks; this one is.",
            (true, false, Some(false)) => "Waits on metered networks; this one is not.",
            (true, false, None) => {
                "Waits on metered networks. This system does not say whether its network is one: say it with \
             --this-network-is-metered yes."
            }
        });
    for (store, why) in session.held_back()? {
        let name = session
            .catalog
            .stores()?
            .into_iter()
            .find(|row| row.id == store)
            .map(|row| row.name);
        context.out.say(format!("{}: {why}", name.unwrap_or_default()));
    }
    Ok(0)
}
