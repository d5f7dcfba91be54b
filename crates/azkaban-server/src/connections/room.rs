//! Who is connected: a bound on all and on each client, and who has to leave when a newcomer finds no room.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::config::TrustedProxies;

/// A connection may be quiet for so long before a newcomer takes its place: time to send a request after connecting.
const SPARED: Duration = Duration::from_millis(250);

/// Every connection.
pub(super) struct Room {
    /// Connections at once.
    most: usize,
    /// Connections of one client at once; of IPv6 a network of 64 bits is one client.
    most_per_client: usize,
    /// Proxies bring the connections of many clients.
    proxies: TrustedProxies,
    started: Instant,
    /// A seat became free, or a connection quiet.
    changed: Notify,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last_id: u64,
    seats: HashMap<u64, Taken>,
    /// Those without a request in a handler, the longest quiet first.
    quiet: BTreeSet<(Instant, u64)>,
    clients: HashMap<IpAddr, usize>,
}

/// What the room knows of a connection.
struct Taken {
    /// Requests in a handler.
    handlers: usize,
    /// Since when there is none, if there is none.
    since: Instant,
    shared: Arc<Shared>,
}

/// What a connection and the room share without a lock.
struct Shared {
    /// Milliseconds after the room's start at which a body last moved.
    moved: AtomicU64,
    leave: Notify,
}

/// The place of one connection; free again when dropped.
pub(super) struct Seat {
    room: Arc<Room>,
    id: u64,
    client: IpAddr,
    shared: Arc<Shared>,
}

/// A request in a handler.
pub(super) struct Busy(Arc<Seat>);

impl Room {
    pub(super) fn new(most: usize, most_per_client: usize, proxies: TrustedProxies) -> Arc<Self> {
        let inner = Mutex::default();
        Arc::new(Self {
            most,
            most_per_client,
            proxies,
            started: Instant::now(),
            changed: Notify::new(),
            inner,
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for a client, once there is one; `None` if the client has too many already. Meant for one caller at a time.
    pub(super) async fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Arc<Seat>> {
        loop {
            let later = match self.try_enter(address) {
                Ok(seat) => return seat,
                Err(later) => later,
            };
            match later {
                Some(later) => {
                    tokio::select! { () = self.changed.notified() => {}, () = sleep_until(later) => {} }
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// As [`Room::enter`]; without room, the time at which the longest quiet connection may be sent away.
    fn try_enter(self: &Arc<Self>, address: IpAddr) -> Result<Option<Arc<Seat>>, Option<Instant>> {
        let client = client(address);
        let mut inner = self.inner();
        let of_client = inner.clients.get(&client).copied().unwrap_or_default();
        if of_client >= self.most_per_client && !self.proxies.contains(address) {
            return Ok(None);
        }
        if inner.seats.len() >= self.most {
            return Err(self.make_room(&mut inner));
        }
        inner.last_id += 1;
        let id = inner.last_id;
        let now = Instant::now();
        let shared = Arc::new(Shared { moved: AtomicU64::new(0), leave: Notify::new() });
        inner.seats.insert(id, Taken { handlers: 0, since: now, shared: Arc::clone(&shared) });
        inner.quiet.insert((now, id));
        *inner.clients.entry(client).or_default() += 1;
        Ok(Some(Arc::new(Seat { room: Arc::clone(self), id, client, shared })))
    }

    /// Asks the longest quiet connection to leave, or says when that may be done. Its seat is free once it has left.
    fn make_room(&self, inner: &mut Inner) -> Option<Instant> {
        loop {
            let &(since, id) = inner.quiet.first()?;
            let Some(taken) = inner.seats.get_mut(&id) else {
                inner.quiet.remove(&(since, id));
                continue;
            };
            let moved = self.moved(&taken.shared);
            if moved > since {
                // A body moved meanwhile: it has its place in the order by that.
                taken.since = moved;
                inner.quiet.remove(&(since, id));
                inner.quiet.insert((moved, id));
                continue;
            }
            if since.elapsed() < SPARED {
                return Some(since + SPARED);
            }
            inner.quiet.remove(&(since, id));
            taken.shared.leave.notify_one();
            return None;
        }
    }

    fn moved(&self, shared: &Shared) -> Instant {
        self.started + Duration::from_millis(shared.moved.load(Ordering::Relaxed))
    }
}

impl Seat {
    /// Marks a request as being in a handler, until the mark is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        let mut inner = self.room.inner();
        if let Some(taken) = inner.seats.get_mut(&self.id) {
            taken.handlers += 1;
            let quiet = (taken.since, self.id);
            inner.quiet.remove(&quiet);
        }
        Busy(Arc::clone(self))
    }

    /// Says that a body moved.
    pub(super) fn touch(&self) {
        let millis = self.room.started.elapsed().as_millis();
        self.shared.moved.store(u64::try_from(millis).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Ends once nothing has happened here for `patience`: no request in a handler, no body moving.
    pub(super) async fn abandoned(&self, patience: Duration) {
        loop {
            let quiet = self.quiet_since().map(|since| since.elapsed());
            match quiet {
                Some(quiet) if quiet >= patience => return,
                Some(quiet) => sleep(patience - quiet).await,
                None => sleep(patience).await,
            }
        }
    }

    fn quiet_since(&self) -> Option<Instant> {
        let inner = self.room.inner();
        let taken = inner.seats.get(&self.id)?;
        (taken.handlers == 0).then(|| taken.since.max(self.room.moved(&self.shared)))
    }

    /// Ends once a newcomer needs this seat.
    pub(super) async fn displaced(&self) {
        self.shared.leave.notified().await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let seat = &self.0;
        let mut inner = seat.room.inner();
        let now = Instant::now();
        let Some(taken) = inner.seats.get_mut(&seat.id) else { return };
        taken.handlers -= 1;
        if taken.handlers == 0 {
            taken.since = now;
            inner.quiet.insert((now, seat.id));
            drop(inner);
            seat.room.changed.notify_one();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.room.inner();
        if let Some(taken) = inner.seats.remove(&self.id) {
            inner.quiet.remove(&(taken.since, self.id));
        }
        if let Some(count) = inner.clients.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                inner.clients.remove(&self.client);
            }
        }
        drop(inner);
        self.room.changed.notify_one();
    }
}

/// What counts as one client.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn room(most: usize, most_per_client: usize) -> Arc<Room> {
        Room::new(most, most_per_client, TrustedProxies(vec!["10.0.0.0/8".parse().unwrap()]))
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_quiet_connection_leaves_for_a_newcomer_and_a_busy_one_stays() {
        let room = room(3, 3);
        let here = address("127.0.0.1");
        let busy = room.enter(here).await.unwrap();
        let _request = busy.begin();
        let moving = room.enter(here).await.unwrap();
        sleep(Duration::from_millis(10)).await;
        let quiet = room.enter(here).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        moving.touch();
        let other = address("127.0.0.2");
        let (newcomer, ()) = tokio::join!(room.enter(other), async {
            quiet.displaced().await;
            drop(quiet);
        });
        assert!(newcomer.is_some());
        let stays = tokio::time::timeout(Duration::from_secs(9), busy.displaced()).await;
        assert!(stays.is_err(), "a request was under way");
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_has_a_moment_before_it_is_displaced() {
        let room = room(1, 9);
        let first = room.enter(address("127.0.0.1")).await.unwrap();
        let begin = Instant::now();
        let (second, ()) = tokio::join!(room.enter(address("127.0.0.1")), async {
            first.displaced().await;
            drop(first);
        });
        assert!(second.is_some() && begin.elapsed() >= SPARED, "{:?}", begin.elapsed());
    }

    #[tokio::test]
    async fn one_client_gets_so_many_and_a_proxy_as_many_as_there_are() {
        let room = room(9, 2);
        let mut seats = Vec::new();
        for (client, enters) in [
            ("1.1.1.1", true),
            ("1.1.1.1", true),
            ("1.1.1.1", false),
            ("::ffff:1.1.1.1", false),
            ("1.1.1.2", true),
            ("2001:db8:0:1::1", true),
            ("2001:db8:0:1:ffff::2", true),
            ("2001:db8:0:1::3", false),
            ("2001:db8:0:2::1", true),
            ("10.1.1.1", true),
            ("10.1.1.1", true),
            ("10.1.1.1", true),
        ] {
            let seat = room.enter(address(client)).await;
            assert_eq!(seat.is_some(), enters, "{client}");
            seats.push(seat);
        }
        drop(seats);
        assert!(room.enter(address("1.1.1.1")).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_abandoned_once_nothing_moves() {
        let room = room(9, 9);
        let seat = room.enter(address("127.0.0.1")).await.unwrap();
        let patience = Duration::from_secs(10);
        let begin = Instant::now();
        tokio::join!(seat.abandoned(patience), async {
            sleep(Duration::from_secs(5)).await;
            let request = seat.begin();
            sleep(Duration::from_secs(60)).await;
            drop(request);
            sleep(Duration::from_secs(8)).await;
            seat.touch();
        });
        assert_eq!(begin.elapsed().as_secs(), 5 + 60 + 8 + 10);
    }
}
