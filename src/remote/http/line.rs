//! Sockets that can be stopped: names are looked up and connections opened beside the thread that waits for them, and
//! reads and writes look at the cancel flag ten times a second (issue 5: cancel within 200 ms).

use super::ride::{Ride, current, now_ms, stopped};
use crate::sys::{
    clock::BootTime,
    task::{Cancel, spawn},
};
use std::{
    fmt,
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, sync_channel},
    },
    time::Duration,
};
use ureq::{
    Error, Timeout,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport},
    },
};

/// How often a waiting call looks at the cancel flag.
const TICK: Duration = Duration::from_millis(100);
/// What the kernel may hold back of what we wrote. Without it, megabytes vanish into its buffer at once: progress lies, and
/// on a slow line the answer seems to take minutes (stores.md 0.5).
#[cfg(any(target_os = "linux", target_os = "android"))]
const NOT_SENT: u32 = 128 * 1024;
/// The most addresses of one name that are tried.
const MAX_ADDRS: usize = 8;

/// Where plain http may go: no further than the person agreed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// Anywhere: the line is encrypted.
    Anywhere,
    /// Only to this machine and private networks.
    Private,
    /// Only to this machine.
    Loopback,
}

impl Reach {
    fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Loopback => canonical(address).is_loopback(),
            Self::Private => is_private(address),
        }
    }
}

fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// An address that no router of the internet forwards: this machine, a home network, a VPN of the kind of Tailscale.
pub(super) fn is_private(address: IpAddr) -> bool {
    match canonical(address) {
        IpAddr::V4(v4) => {
            let shared = Ipv4Addr::new(100, 64, 0, 0).to_bits();
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.to_bits() & 0xffc0_0000 == shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Marks the refusal of an address that plain http may not go to.
#[derive(Debug)]
pub(super) struct TooFar;

impl fmt::Display for TooFar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain http only goes to this computer or a private network")
    }
}

impl std::error::Error for TooFar {}

/// Does something that cannot be stopped on a thread of its own, and waits for it no longer than this. What nobody waits
/// for any more ends by itself.
fn apart<T: Send + 'static>(
    name: &str,
    timeout: NextTimeout,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let cancel = current().cancel.clone();
    let (give, take) = sync_channel(1);
    spawn(name, move || drop(give.send(work())))?;
    let until = deadline(timeout, i64::MAX);
    loop {
        match take.recv_timeout(TICK) {
            Ok(done) => return Ok(done?),
            Err(RecvTimeoutError::Timeout) => check(&cancel, until, timeout.reason)?,
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("a thread fell over").into()),
        }
    }
}

/// When this time is over on the boot clock; never later than `stall` milliseconds from now.
fn deadline(timeout: NextTimeout, stall: i64) -> BootTime {
    let after = if timeout.after.is_not_happening() {
        i64::MAX
    } else {
        i64::try_from(timeout.after.as_millis()).unwrap_or(i64::MAX)
    };
    BootTime(now_ms().saturating_add(after.min(stall)))
}

fn check(cancel: &Cancel, until: BootTime, reason: Timeout) -> Result<(), Error> {
    if cancel.is_cancelled() {
        return Err(stopped().into());
    }
    if now_ms() >= until.0 {
        return Err(Error::Timeout(reason));
    }
    Ok(())
}

/// Looks names up.
#[derive(Debug)]
pub(super) struct Names;

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(Error::BadUri(uri.to_string()));
        };
        let name = DefaultResolver::host_and_port(scheme, authority).ok_or(Error::HostNotFound)?;
        let found = apart("resolve", timeout, move || {
            let found: Vec<SocketAddr> = name.to_socket_addrs()?.take(MAX_ADDRS).collect();
            Ok(found)
        });
        let mut addresses = self.empty();
        let found = match found {
            Ok(found) => found,
            Err(Error::Io(error)) if !current().cancel.is_cancelled() => {
                tracing::debug!("no address: {error}");
                return Err(Error::HostNotFound);
            }
            Err(error) => return Err(error),
        };
        for address in found {
            addresses.push(address);
        }
        if addresses.is_empty() {
            return Err(Error::HostNotFound);
        }
        Ok(addresses)
    }
}

/// Set once a connection was seen whose both ends are this machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Here(Arc<AtomicBool>);

impl Here {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Both ends of a connection to oneself have one address, be it the loopback's or the network card's.
    fn look(&self, stream: &TcpStream) {
        if let (Ok(peer), Ok(own)) = (stream.peer_addr(), stream.local_addr())
            && canonical(peer.ip()) == canonical(own.ip())
        {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Opens connections.
#[derive(Debug)]
pub(super) struct Dialer {
    pub(super) reach: Reach,
    pub(super) here: Here,
}

impl<In: Transport> Connector<In> for Dialer {
    type Out = Either<In, Line>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(chained) = chained {
            return Ok(Some(Either::A(chained)));
        }
        let until = deadline(details.timeout, i64::MAX);
        let mut failed = Error::Io(io::Error::other(TooFar));
        let allowed = details.addrs.iter().filter(|one| self.reach.allows(one.ip()));
        let total = allowed.clone().count();
        for (at, address) in allowed.enumerate() {
            let left = until.0.saturating_sub(now_ms());
            // A dead first address leaves half of the time to the others.
            let share = if at + 1 < total { left / 2 } else { left };
            let share = Duration::from_millis(share.max(1).unsigned_abs());
            let timeout = NextTimeout {
                after: share.into(),
                reason: Timeout::Connect,
                ..NextTimeout::default()
            };
            let address = *address;
            match apart("connect", timeout, move || TcpStream::connect_timeout(&address, share)) {
                Ok(stream) => {
                    self.here.look(&stream);
                    return Ok(Some(Either::B(Line::new(stream, details.config)?)));
                }
                Err(error) if current().cancel.is_cancelled() => return Err(error),
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::TimedOut => {
                    failed = Error::Timeout(Timeout::Connect);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

/// An open connection.
pub(super) struct Line {
    stream: TcpStream,
    buffers: LazyBuffers,
    /// Out of step with the server; never used again.
    spoilt: bool,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("peer", &self.stream.peer_addr().ok())
            .finish_non_exhaustive()
    }
}

impl Line {
    fn new(stream: TcpStream, config: &Config) -> Result<Self, Error> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TICK))?;
        stream.set_write_timeout(Some(TICK))?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Err(error) = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(NOT_SENT) {
            tracing::debug!("the kernel keeps its own send buffer: {error}");
        }
        Ok(Self {
            stream,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
            spoilt: false,
        })
    }
}

/// The most silence: what `ureq` says where it waits for an answer, else the stall time.
fn silence(ride: &Ride, timeout: NextTimeout) -> i64 {
    if timeout.reason == Timeout::RecvResponse {
        i64::MAX
    } else {
        ride.stall_ms.max(1000)
    }
}

fn is_wait(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

fn is_broken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}

impl Transport for Line {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let ride = current();
        if ride.is_cut() {
            return Ok(());
        }
        let output = self.buffers.output();
        let mut rest = output.get(..amount).unwrap_or_default();
        let mut until = deadline(timeout, silence(&ride, timeout));
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(sent) => {
                    rest = rest.get(sent..).unwrap_or_default();
                    until = deadline(timeout, silence(&ride, timeout));
                    check(&ride.cancel, until, timeout.reason)?;
                }
                Err(error) if is_wait(&error) => check(&ride.cancel, until, timeout.reason)?,
                Err(error) if is_broken(&error) && ride.sending.load(Ordering::Relaxed) => {
                    self.spoilt = true;
                    ride.cut.store(true, Ordering::Relaxed);
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let ride = current();
        let until = deadline(timeout, silence(&ride, timeout));
        loop {
            // Asked before the read, too: a server that drips a byte at a time never lets it wait.
            check(&ride.cancel, until, timeout.reason)?;
            let room = self.buffers.input_append_buf();
            match self.stream.read(room) {
                Ok(got) => {
                    self.buffers.input_appended(got);
                    return Ok(got > 0);
                }
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        if self.spoilt || self.stream.set_nonblocking(true).is_err() {
            return false;
        }
        // Open and silent: bytes that nobody asked for mean that this line is out of step.
        let quiet = matches!(self.stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        self.stream.set_nonblocking(false).is_ok() && quiet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known() {
        for near in [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(near.parse().expect(near)), "{near}");
        }
        for far in [
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "0.0.0.0",
            "2001:db8::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_private(far.parse().expect(far)), "{far}");
        }
        assert!(Reach::Loopback.allows("::ffff:127.0.0.1".parse().expect("an address")));
        assert!(!Reach::Loopback.allows("10.0.0.1".parse().expect("an address")));
    }
}
