//! What kind of network this machine is on, as far as NetworkManager says over D-Bus: whether it costs by the byte, and
//! which connection it is, so that a change is noticed. Without NetworkManager nothing is known, and a person says it by
//! hand. Asking may take a moment, so it is not for the thread that draws.

use super::{
    clock::{BootTime, Clock as _, RealClock},
    task::lock,
};
use std::{sync::Mutex, time::Duration};
use zbus::{
    blocking::{Connection, Proxy, connection::Builder},
    zvariant::OwnedObjectPath,
};

/// The network at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NetworkState {
    /// Whether it costs by the byte; `None` where nobody says.
    pub metered: Option<bool>,
    /// Which connection it is: another text means another network.
    pub connection: Option<String>,
}

/// Who knows the network.
pub trait Network: Send + Sync {
    /// How it is now.
    fn now(&self) -> NetworkState;
}

/// A network that is always the same: for tests, and where nothing is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FixedNetwork(pub NetworkState);

impl Network for FixedNetwork {
    fn now(&self) -> NetworkState {
        self.0.clone()
    }
}

/// An answer is good for so long.
const FRESH_MS: i64 = 15_000;
/// A bus that does not answer in this time knows nothing.
const WAIT: Duration = Duration::from_secs(2);
/// NetworkManager's words: <https://networkmanager.dev/docs/api/latest/gdbus-org.freedesktop.NetworkManager.html>.
const NAME: &str = "org.freedesktop.NetworkManager";
const PATH: &str = "/org/freedesktop/NetworkManager";

/// NetworkManager's word on the network, asked at most every fifteen seconds.
#[derive(Default)]
pub struct SystemNetwork {
    heard: Mutex<Option<(BootTime, NetworkState)>>,
    bus: Mutex<Option<Connection>>,
    /// Another bus than the system's: for tests.
    address: Option<String>,
}

impl SystemNetwork {
    /// The system's own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that listens to another bus: for tests.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self {
            address: Some(address.to_owned()),
            ..Self::default()
        }
    }

    fn ask(&self) -> zbus::Result<NetworkState> {
        let mut bus = lock(&self.bus);
        let connection = match bus.as_ref() {
            Some(open) => open.clone(),
            None => {
                let builder = match &self.address {
                    Some(address) => Builder::address(address.as_str())?,
                    None => Builder::system()?,
                };
                let opened = builder.method_timeout(WAIT).build()?;
                *bus = Some(opened.clone());
                opened
            }
        };
        let asked = read(&connection);
        if asked.is_err() {
            // Opened anew the next time: the bus may have been restarted.
            *bus = None;
        }
        asked
    }
}

fn read(connection: &Connection) -> zbus::Result<NetworkState> {
    let manager = Proxy::new(connection, NAME, PATH, NAME)?;
    let metered: u32 = manager.get_property("Metered")?;
    let path: OwnedObjectPath = manager.get_property("PrimaryConnection")?;
    Ok(NetworkState {
        // NMMetered: 0 unknown, 1 yes, 2 no, 3 guessed yes, 4 guessed no.
        metered: match metered {
            1 | 3 => Some(true),
            2 | 4 => Some(false),
            _ => None,
        },
        connection: Some(path.to_string()),
    })
}

impl Network for SystemNetwork {
    fn now(&self) -> NetworkState {
        let now = RealClock.boot();
        if let Some((at, state)) = lock(&self.heard).as_ref()
            && now.0.saturating_sub(at.0) < FRESH_MS
        {
            return state.clone();
        }
        let state = self.ask().unwrap_or_else(|error| {
            tracing::debug!("NetworkManager says nothing: {error}");
            NetworkState::default()
        });
        *lock(&self.heard) = Some((now, state.clone()));
        state
    }
}

impl std::fmt::Debug for SystemNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SystemNetwork").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_bus_nothing_is_known() {
        let network = SystemNetwork::at("unix:path=/nonexistent/bus");
        assert_eq!(network.now(), NetworkState::default());
    }
}
