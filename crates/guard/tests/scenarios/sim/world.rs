//! Clients, services and nodes, and the events between them.

use std::{collections::HashMap, ops::Range, rc::Rc, time::Duration};

use seawall_guard::{
    Class, Ctx, Instant, Outcome, Priority, Rejected, Rejection, retry::wire::Pushback, stat::Rng,
};

use super::{
    agenda::Agenda,
    caller::{Answer, Attempt, Caller},
    door::{Door, Ticket},
    draw::Spread,
    load::Load,
    report::{Done, Report},
    station::Station,
};

/// How often doors learn how busy their node is.
pub(crate) const SAMPLE: Duration = Duration::from_millis(50);

/// What a node does about the deadlines of its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deadlines {
    /// It does not know of them and works on.
    Unknown,
    /// Its door knows of them; what was let in is worked on.
    Known,
    /// Its door knows of them, and work ends at the deadline.
    Enforced,
}

/// A process that serves requests.
pub(crate) struct Node {
    pub(crate) station: Station,
    pub(crate) door: Rc<dyn Door>,
    /// Work for a request that was let in.
    pub(crate) work: Spread,
    /// Work for one that was not.
    pub(crate) reject_work: Duration,
    pub(crate) deadlines: Deadlines,
    /// The share of requests that fail after their work.
    pub(crate) failing: f64,
    /// Requests that came, and refusals, in each tenth of a second.
    came: Vec<u32>,
    refused: Vec<u32>,
    wake: u64,
}

impl Node {
    /// A node that knows of no deadlines, never fails, and refuses for nothing.
    pub(crate) fn new(station: Station, work: Spread, door: Rc<dyn Door>) -> Self {
        Self {
            station,
            door,
            work,
            reject_work: Duration::ZERO,
            deadlines: Deadlines::Unknown,
            failing: 0.0,
            came: Vec::new(),
            refused: Vec::new(),
            wake: 0,
        }
    }

    /// A refusal costs so much work.
    pub(crate) fn reject_work(mut self, work: Duration) -> Self {
        self.reject_work = work;
        self
    }

    /// Does this about deadlines.
    pub(crate) fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// Requests that came in `time`, whose ends are whole tenths of a second.
    pub(crate) fn came(&self, time: Range<Instant>) -> u64 {
        count(&self.came, time)
    }

    /// Requests that the door refused in `time`, whose ends are whole tenths of a second.
    pub(crate) fn refused(&self, time: Range<Instant>) -> u64 {
        count(&self.refused, time)
    }
}

/// Clients of one kind: an open loop of calls over a link.
pub(crate) struct Clients {
    pub(crate) link: usize,
    pub(crate) load: Load,
    /// The classes of their calls, each with its share.
    pub(crate) mix: Vec<(f64, Class)>,
}

impl Clients {
    /// Whose calls are all of the default class.
    pub(crate) fn new(link: usize, load: Load) -> Self {
        Self { link, load, mix: vec![(1.0, Class::DEFAULT)] }
    }
}

struct Service {
    nodes: Vec<usize>,
    /// The links that a request's work calls, one after the other.
    links: Vec<usize>,
}

struct Link {
    service: usize,
    caller: Box<dyn Caller>,
}

/// Whom a call's end matters to.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Client,
    /// The request that made it.
    Request(u64),
}

struct Call {
    link: usize,
    origin: Origin,
    began: Instant,
    attempt: Attempt,
    /// The request that is its latest attempt.
    request: Option<u64>,
}

/// An attempt, as its node sees it.
struct Request {
    call: u64,
    service: usize,
    /// Which of all nodes.
    node: usize,
    deadline: Instant,
    /// Attempts before it, of this call and of those around it.
    previous: u32,
    /// Or why it was refused.
    ticket: Result<Box<dyn Ticket>, Rejection>,
    /// Which of its service's links comes next, and the call over the one before.
    next_link: usize,
    child: Option<u64>,
    is_waited_for: bool,
}

enum Event {
    Arrive(usize),
    Send(u64),
    Wake(usize, u64),
    TimeOut(u64),
    Sample,
    Act(Box<dyn FnOnce(&mut World)>),
}

/// Everything there is.
pub(crate) struct World {
    now: Instant,
    agenda: Agenda<Event>,
    pub(crate) nodes: Vec<Node>,
    services: Vec<Service>,
    links: Vec<Link>,
    pub(crate) clients: Vec<Clients>,
    calls: HashMap<u64, Call>,
    requests: HashMap<u64, Request>,
    ids: u64,
    arrivals: Rng,
    users: Rng,
    works: Rng,
    failures: Rng,
    report: Report,
}

impl World {
    /// An empty one.
    pub(crate) fn new(seed: u64) -> Self {
        let mut agenda = Agenda::new();
        agenda.enter(Instant::START + SAMPLE, Event::Sample);
        let stream = |number: u64| Rng::seeded(seawall_guard::stat::mix(seed ^ (number << 56)));
        Self {
            now: Instant::START,
            agenda,
            nodes: Vec::new(),
            services: Vec::new(),
            links: Vec::new(),
            clients: Vec::new(),
            calls: HashMap::new(),
            requests: HashMap::new(),
            ids: 0,
            arrivals: stream(1),
            users: stream(2),
            works: stream(3),
            failures: stream(4),
            report: Report::default(),
        }
    }

    /// Adds a service of these nodes whose requests, after their own work, call over these
    /// links one after the other.
    pub(crate) fn service(&mut self, nodes: Vec<Node>, links: Vec<usize>) -> usize {
        let first = self.nodes.len();
        self.nodes.extend(nodes);
        self.services.push(Service { nodes: (first..self.nodes.len()).collect(), links });
        self.services.len() - 1
    }

    /// Adds a way to call a service.
    pub(crate) fn link(&mut self, service: usize, caller: impl Caller + 'static) -> usize {
        self.links.push(Link { service, caller: Box::new(caller) });
        self.links.len() - 1
    }

    /// Adds clients, whose calls begin now.
    pub(crate) fn clients(&mut self, clients: Clients) {
        self.clients.push(clients);
        self.next_arrival(self.clients.len() - 1);
    }

    /// Does something to the world at `at`.
    pub(crate) fn at(&mut self, at: Instant, act: impl FnOnce(&mut Self) + 'static) {
        self.agenda.enter(at, Event::Act(Box::new(act)));
    }

    /// The time it is.
    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    /// Goes on until `until`.
    pub(crate) fn run(&mut self, until: Instant) -> &Report {
        while let Some((at, event)) = self.agenda.next_until(until) {
            self.now = at;
            self.handle(event);
        }
        self.now = until;
        &self.report
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrive(clients) => {
                self.begin_of_client(clients);
                self.next_arrival(clients);
            }
            Event::Send(call) => self.send(call),
            Event::Wake(node, wake) => {
                if self.nodes[node].wake == wake {
                    self.serve(node);
                }
            }
            Event::TimeOut(request) => self.time_out(request),
            Event::Sample => {
                for node in &mut self.nodes {
                    let cpu = node.station.take_cpu(self.now);
                    node.door.sample(self.now, cpu);
                }
                self.agenda.enter(self.now + SAMPLE, Event::Sample);
            }
            Event::Act(act) => {
                act(self);
                (0..self.nodes.len()).for_each(|node| self.wake(node));
            }
        }
    }

    fn next_arrival(&mut self, clients: usize) {
        if let Some(next) = self.clients[clients].load.next(self.now, &self.arrivals) {
            self.agenda.enter(next, Event::Arrive(clients));
        }
    }

    fn begin_of_client(&mut self, clients: usize) {
        let clients = &self.clients[clients];
        let mut place = self.users.next_f64();
        let class = clients.mix.iter().find(|(share, _)| {
            place -= share;
            place < 0.0
        });
        let class = class.map_or(Class::DEFAULT, |(_, class)| *class);
        let priority = Priority::of_user(class, self.users.next_u64(), 0);
        self.begin(clients.link, Origin::Client, priority, None);
    }

    fn begin(
        &mut self,
        link: usize,
        origin: Origin,
        priority: Priority,
        deadline: Option<Instant>,
    ) {
        let id = self.id();
        let around = match origin {
            Origin::Client => None,
            Origin::Request(parent) => self.requests.get(&parent),
        };
        let outer = around.map_or(0, |request| request.previous);
        let attempt = Attempt { call: id, number: 0, outer, priority, deadline };
        self.calls.insert(id, Call { link, origin, began: self.now, attempt, request: None });
        if let Origin::Request(parent) = origin
            && let Some(parent) = self.requests.get_mut(&parent)
        {
            parent.child = Some(id);
        }
        if self.links[link].caller.knows(self.now, id) {
            self.end(id, Outcome::Success, Pushback::Unsaid);
        } else {
            self.send(id);
        }
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Sends the call's next attempt.
    fn send(&mut self, call_id: u64) {
        let Some(call) = self.calls.get(&call_id) else { return };
        let (attempt, link) = (call.attempt, &mut self.links[call.link]);
        let Ok(route) = link.caller.send(self.now, &attempt) else {
            return self.end(call_id, Outcome::Overload, Pushback::Unsaid);
        };
        let (service, setup) = (link.service, link.caller.setup(&attempt));
        let node = self.services[service].nodes[route.node];
        let deadline = self.now + route.timeout;
        let id = self.id();
        let ticket = self.enter(node, id, attempt.priority, deadline, setup);
        let request = Request {
            call: call_id,
            service,
            node,
            deadline,
            previous: attempt.outer + attempt.number,
            ticket,
            next_link: 0,
            child: None,
            is_waited_for: true,
        };
        self.requests.insert(id, request);
        if let Some(call) = self.calls.get_mut(&call_id) {
            call.request = Some(id);
        }
        self.agenda.enter(deadline, Event::TimeOut(id));
        self.wake(node);
    }

    /// A request comes to a node.
    fn enter(
        &mut self,
        node: usize,
        id: u64,
        priority: Priority,
        deadline: Instant,
        setup: Duration,
    ) -> Result<Box<dyn Ticket>, Rejection> {
        let node = &mut self.nodes[node];
        count_one(&mut node.came, self.now);
        let mut ctx = Ctx::default().priority(priority);
        if node.deadlines != Deadlines::Unknown {
            ctx = ctx.deadline(deadline);
        }
        // Drawn for refused ones too, so that each request has the same work at each door.
        let work = node.work.draw(&self.works);
        match node.door.enter(self.now, &ctx) {
            Ok(ticket) => {
                node.station.start(self.now, id, setup + work);
                Ok(ticket)
            }
            Err(rejection) => {
                if rejection.reason != Rejected::DeadlinePassed {
                    count_one(&mut node.refused, self.now);
                }
                node.station.start_aside(self.now, id, node.reject_work);
                Err(rejection)
            }
        }
    }

    fn wake(&mut self, node_number: usize) {
        let node = &mut self.nodes[node_number];
        node.wake += 1;
        if let Some(next) = node.station.next_done() {
            self.agenda.enter(next, Event::Wake(node_number, node.wake));
        }
    }

    fn serve(&mut self, node: usize) {
        while let Some(id) = self.nodes[node].station.take_done(self.now) {
            let request = self.requests.get(&id);
            let refused = request.and_then(|request| request.ticket.as_ref().err()).copied();
            if let Some(rejection) = refused {
                let after = Some(rejection.retry_after).filter(|after| !after.is_zero());
                let pushback = after.map_or(Pushback::Unsaid, Pushback::After);
                self.answer(id, Outcome::Overload, pushback);
            } else if self.failures.next_f64() < self.nodes[node].failing {
                self.answer(id, Outcome::Failure, Pushback::Unsaid);
            } else {
                self.go_on(id);
            }
        }
        self.wake(node);
    }

    /// The request's own work and its calls so far are done.
    fn go_on(&mut self, id: u64) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        let Some(link) = self.services[request.service].links.get(request.next_link) else {
            return self.answer(id, Outcome::Success, Pushback::Unsaid);
        };
        request.next_link += 1;
        let knows = self.nodes[request.node].deadlines != Deadlines::Unknown;
        let deadline = knows.then_some(request.deadline);
        let Some(call) = self.calls.get(&request.call) else {
            // Nobody waits, and the node does not know.
            let priority = Priority::default();
            self.begin(*link, Origin::Request(id), priority, deadline);
            return;
        };
        self.begin(*link, Origin::Request(id), call.attempt.priority, deadline);
    }

    /// The node is done with a request.
    fn answer(&mut self, id: u64, outcome: Outcome, pushback: Pushback) {
        let Some(request) = self.requests.remove(&id) else { return };
        let node = &self.nodes[request.node];
        if let Ok(ticket) = request.ticket {
            let is_late = node.deadlines != Deadlines::Unknown && self.now >= request.deadline;
            ticket.finish(self.now, if is_late { Outcome::Timeout } else { outcome });
        }
        if request.is_waited_for {
            let level = node.door.level();
            self.hear(request.call, Answer { outcome, level, pushback });
        }
    }

    fn time_out(&mut self, id: u64) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        if !request.is_waited_for {
            return;
        }
        request.is_waited_for = false;
        let call = request.call;
        if self.nodes[request.node].deadlines == Deadlines::Enforced {
            self.stop(id, Some(Outcome::Timeout));
        }
        let (outcome, pushback) = (Outcome::Timeout, Pushback::Unsaid);
        self.hear(call, Answer { outcome, level: None, pushback });
    }

    /// Ends the work for a request; without an outcome it is cancelled.
    fn stop(&mut self, id: u64, outcome: Option<Outcome>) {
        let Some(request) = self.requests.remove(&id) else { return };
        self.nodes[request.node].station.cancel(self.now, id);
        self.wake(request.node);
        if let (Ok(ticket), Some(outcome)) = (request.ticket, outcome) {
            ticket.finish(self.now, outcome);
        }
        let child = request.child.and_then(|child| self.calls.remove(&child));
        let Some(child) = child.and_then(|child| child.request) else { return };
        let Some(request) = self.requests.get_mut(&child) else { return };
        request.is_waited_for = false;
        if self.nodes[request.node].deadlines == Deadlines::Enforced {
            self.stop(child, None);
        }
    }

    /// The caller hears how an attempt ended.
    fn hear(&mut self, call_id: u64, answer: Answer) {
        let Some(call) = self.calls.get_mut(&call_id) else { return };
        let link = &mut self.links[call.link];
        match link.caller.hear(self.now, &call.attempt, &answer) {
            Some(wait) => {
                call.attempt.number += 1;
                self.agenda.enter(self.now + wait, Event::Send(call_id));
            }
            None => {
                let pushback = link.caller.pushback();
                self.end(call_id, answer.outcome, pushback);
            }
        }
    }

    fn end(&mut self, call_id: u64, outcome: Outcome, pushback: Pushback) {
        let Some(call) = self.calls.remove(&call_id) else { return };
        match call.origin {
            Origin::Client => self.report.add(Done {
                began: call.began,
                ended: self.now,
                outcome,
                priority: call.attempt.priority,
                attempts: call.attempt.number + u32::from(call.request.is_some()),
            }),
            Origin::Request(parent) if outcome == Outcome::Success => self.go_on(parent),
            Origin::Request(parent) => self.answer(parent, Outcome::Failure, pushback),
        }
    }
}

/// Counts one in the tenth of a second that `now` is in.
fn count_one(tenths: &mut Vec<u32>, now: Instant) {
    let tenth = (now - Instant::START).as_millis() as usize / 100;
    if tenths.len() <= tenth {
        tenths.resize(tenth + 1, 0);
    }
    tenths[tenth] += 1;
}

fn count(tenths: &[u32], time: Range<Instant>) -> u64 {
    let tenth = |at: Instant| (at - Instant::START).as_millis() as usize / 100;
    let (start, end) = (tenth(time.start), tenth(time.end).min(tenths.len()));
    tenths[start.min(end)..end].iter().map(|count| u64::from(*count)).sum()
}
