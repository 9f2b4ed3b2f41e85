//! Pushes: sent, acknowledged, or tried again until the client counts as stalled.

use super::{
    RegistryCore,
    clients::{ClientIndex, ClientState},
    costs::RecentCosts,
    effect::{Effect, Effects},
    services::ServiceIndex,
    timers::{Millis, Moment, Timer, TimerId},
};
use crate::{ClientId, Push, PushBody, PushId, PushStatistics, Query};

/// Most messages one client may have unacknowledged. Service pushes alone cannot
/// reach it, since a newer one takes the place of an older; fuzzy notices could.
const UNACKNOWLEDGED_MAX: usize = 100_000;

/// What a push is about. A service is looked at when it is sent, so that a repeated
/// push tells the newest.
#[derive(Debug, Clone)]
pub(crate) enum Pending {
    /// Nothing any more: acknowledged, or overtaken by a newer push.
    Nothing,
    /// The service as it is.
    Service(ServiceIndex),
    /// This message as it is.
    Notice(PushBody),
}

/// A push that the client has not acknowledged.
#[derive(Debug)]
pub(crate) struct InFlight {
    id: PushId,
    sent: Millis,
    tries: u32,
    pending: Pending,
}

/// A push to be tried again.
#[derive(Debug)]
pub(crate) struct Waiting {
    due: Millis,
    tries: u32,
    pending: Pending,
}

/// What was pushed so far, and what is on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Sums since the start.
    pub(crate) pushes: PushStatistics,
    /// Pushes sent and neither acknowledged, failed nor overtaken.
    pub(crate) in_flight: usize,
    /// What the latest ones cost.
    pub(crate) recent: RecentCosts,
}

impl<S> ClientState<S> {
    /// Takes a push out of those in flight.
    fn settle(&mut self, id: PushId) -> Option<InFlight> {
        let position = self.in_flight.binary_search_by_key(&id, |push| push.id).ok()?;
        let push = self.in_flight.get_mut(position)?;
        let pending = std::mem::replace(&mut push.pending, Pending::Nothing);
        let settled = InFlight { pending, ..*push };
        self.release(&settled);
        while matches!(self.in_flight.front(), Some(InFlight { pending: Pending::Nothing, .. })) {
            self.in_flight.pop_front();
        }
        (!matches!(settled.pending, Pending::Nothing)).then_some(settled)
    }

    /// The push is no longer the one in flight for its service.
    fn release(&mut self, push: &InFlight) {
        if let Pending::Service(service) = push.pending
            && let Some(current) = self.subscribed.get_mut(&service)
            && *current == Some(push.id)
        {
            *current = None;
        }
    }
}

impl<S: Clone> RegistryCore<S> {
    /// Tells the service's subscribers.
    pub(super) fn push_due(
        &mut self,
        at: Moment,
        timer: TimerId,
        index: ServiceIndex,
        effects: &mut Effects<S>,
    ) {
        let Some(service) = self.services.get_mut(index) else { return };
        if service.push != Some(timer) {
            return;
        }
        service.push = None;
        service.pushed = Some(at.now);
        let subscribers: Vec<_> = service.subscribers.keys().copied().collect();
        for client in subscribers {
            self.send(at, client, Pending::Service(index), 1, effects);
        }
    }

    /// Sends a message, for the `tries`-th time.
    pub(super) fn send(
        &mut self,
        at: Moment,
        index: ClientIndex,
        pending: Pending,
        tries: u32,
        effects: &mut Effects<S>,
    ) {
        if self.frozen {
            return;
        }
        let body = match &pending {
            Pending::Nothing => return,
            Pending::Notice(body) => body.clone(),
            Pending::Service(service) => match self.service_body(index, *service) {
                Some(body) => body,
                None => return,
            },
        };
        let id = PushId::new(self.last_push + 1);
        let Some(client) = self.clients.get_mut(index) else { return };
        if client.stalled {
            return;
        }
        let overtaken = match &pending {
            Pending::Service(service) => client.subscribed.insert(*service, Some(id)).flatten(),
            _ => None,
        };
        if overtaken.and_then(|old| client.settle(old)).is_some() {
            self.tally.in_flight -= 1;
        }
        client.in_flight.push_back(InFlight { id, sent: at.now, tries, pending });
        effects.push(Effect::Push { to: client.sink.clone(), push: Push { id, body } });
        self.last_push += 1;
        self.tally.pushes.sent += 1;
        self.tally.in_flight += 1;
        if client.in_flight.len() > UNACKNOWLEDGED_MAX {
            self.stall(index, effects);
        }
        self.watch_delivery(index);
    }

    /// What to tell the client of the service; `None` if it must not be told now.
    fn service_body(&self, client: ClientIndex, service: ServiceIndex) -> Option<PushBody> {
        let service = self.services.get(service)?;
        if service.warming.is_some() || !self.loaded {
            return None;
        }
        let clusters = service.subscribers.get(&client)?;
        Some(PushBody::Service(self.view_of(service, &Query::of_clusters(clusters.to_vec()))))
    }

    /// The client has taken the push.
    pub(crate) fn acknowledge(&mut self, at: Moment, client: &ClientId, push: PushId) {
        let Some(index) = self.clients.find(client) else { return };
        let settled = self.clients.get_mut(index).and_then(|client| client.settle(push));
        if let Some(settled) = settled {
            let cost_ms = at.now.since(settled.sent);
            self.tally.in_flight -= 1;
            self.tally.pushes.acknowledged += 1;
            self.tally.pushes.cost_ms_total += cost_ms;
            self.tally.pushes.cost_ms_max = self.tally.pushes.cost_ms_max.max(cost_ms);
            self.tally.recent.add(at.now, settled.sent);
        }
    }

    /// The client refused the push.
    pub(crate) fn reject(
        &mut self,
        at: Moment,
        client: &ClientId,
        push: PushId,
        effects: &mut Effects<S>,
    ) {
        let Some(index) = self.clients.find(client) else { return };
        let settled = self.clients.get_mut(index).and_then(|client| client.settle(push));
        if let Some(settled) = settled {
            self.failed(at, index, settled, effects);
            self.watch_delivery(index);
        }
    }

    /// Looks at what the client has not acknowledged and what is to be tried again.
    pub(super) fn delivery_due(
        &mut self,
        at: Moment,
        timer: TimerId,
        index: ClientIndex,
        effects: &mut Effects<S>,
    ) {
        let timeout_ms = self.settings.push_timeout_ms;
        let Some(client) = self.clients.get_mut(index) else { return };
        if client.delivery.is_none_or(|(current, _)| current != timer) {
            return;
        }
        client.delivery = None;
        while let Some(push) = self.next_overdue(index, at.now, timeout_ms) {
            self.failed(at, index, push, effects);
        }
        while let Some(again) = self.next_waiting(index, at.now) {
            self.send(at, index, again.pending, again.tries, effects);
        }
        self.watch_delivery(index);
    }

    fn next_overdue(
        &mut self,
        index: ClientIndex,
        now: Millis,
        timeout_ms: u64,
    ) -> Option<InFlight> {
        let client = self.clients.get_mut(index)?;
        let oldest = client.in_flight.front()?;
        if oldest.sent.after(timeout_ms) > now {
            return None;
        }
        let push = client.in_flight.pop_front()?;
        client.release(&push);
        Some(push)
    }

    fn next_waiting(&mut self, index: ClientIndex, now: Millis) -> Option<Waiting> {
        let client = self.clients.get_mut(index)?;
        if client.waiting.front()?.due > now {
            return None;
        }
        let mut again = client.waiting.pop_front()?;
        if let Pending::Service(service) = again.pending {
            // A newer push of the same service is on its way already, or soon will be.
            let sent = client.subscribed.get(&service).is_none_or(Option::is_some);
            let coming = again.tries == 1
                && self.services.get(service).is_none_or(|service| service.push.is_some());
            if sent || coming {
                again.pending = Pending::Nothing;
            }
        }
        Some(again)
    }

    /// Tells a new subscriber of the service soon, beside the answer it gets. Java's
    /// client, subscribing again after it reconnected, does not look at the answer.
    pub(super) fn push_soon(&mut self, at: Moment, client: ClientIndex, service: ServiceIndex) {
        let due = at.now.after(self.settings.push_delay_ms);
        self.wait(client, Waiting { due, tries: 1, pending: Pending::Service(service) });
        self.watch_delivery(client);
    }

    fn wait(&mut self, client: ClientIndex, waiting: Waiting) {
        if let Some(client) = self.clients.get_mut(client) {
            let place = client.waiting.partition_point(|other| other.due <= waiting.due);
            client.waiting.insert(place, waiting);
        }
    }

    /// The push was not taken: it is tried again, or the client given up.
    fn failed(&mut self, at: Moment, index: ClientIndex, push: InFlight, effects: &mut Effects<S>) {
        if matches!(push.pending, Pending::Nothing) {
            return;
        }
        self.tally.pushes.failed += 1;
        self.tally.in_flight -= 1;
        if push.tries >= self.settings.push_tries_max {
            self.stall(index, effects);
            return;
        }
        let due = at.now.after(self.settings.push_retry_ms);
        self.wait(index, Waiting { due, tries: push.tries + 1, pending: push.pending });
    }

    /// Gives the client up until it connects again.
    fn stall(&mut self, index: ClientIndex, effects: &mut Effects<S>) {
        self.drop_deliveries(index);
        if let Some(client) = self.clients.get_mut(index)
            && !client.stalled
        {
            client.stalled = true;
            self.tally.pushes.stalled += 1;
            effects.push(Effect::Stalled { to: client.sink.clone() });
        }
    }

    fn drop_deliveries(&mut self, index: ClientIndex) {
        if let Some(client) = self.clients.get_mut(index) {
            self.tally.in_flight -= unsettled(client);
            client.in_flight.clear();
            client.waiting.clear();
            client.subscribed.values_mut().for_each(|push| *push = None);
        }
    }

    /// A client that is gone has nothing in flight.
    pub(super) fn forget_deliveries(&mut self, gone: &ClientState<S>) {
        self.tally.in_flight -= unsettled(gone);
    }

    /// Sets the client's timer to what comes first.
    fn watch_delivery(&mut self, index: ClientIndex) {
        let Some(client) = self.clients.get_mut(index) else { return };
        let timeout = client.in_flight.front().map(|p| p.sent.after(self.settings.push_timeout_ms));
        let again = client.waiting.front().map(|waiting| waiting.due);
        let Some(due) = timeout.into_iter().chain(again).min() else { return };
        if client.delivery.is_none_or(|(_, armed)| due < armed) {
            client.delivery = Some((self.timers.arm(due, Timer::Delivery(index)), due));
        }
    }
}

fn unsettled<S>(client: &ClientState<S>) -> usize {
    client.in_flight.iter().filter(|push| !matches!(push.pending, Pending::Nothing)).count()
}
