//! Which loads run, and in which order.

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Services and instances.
    Registry,
    /// Configurations.
    Config,
}

/// How much load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Seconds of each paced load.
    pub(crate) seconds: u64,
    /// Changes that are pushed in each fan-out.
    pub(crate) rounds: u64,
    /// Numbers of connections that are pushed to.
    pub(crate) connections: [u64; 2],
    /// Numbers of instances at which memory is read, and a restart is timed.
    pub(crate) instances: [u64; 2],
    /// Configurations for the restart; of persistent instances, as many as `instances`.
    pub(crate) configurations: u64,
}

impl Size {
    /// What targets are about.
    pub(crate) const FULL: Self = Self {
        seconds: 10,
        rounds: 10,
        connections: [1_000, 5_000],
        instances: [10_000, 100_000],
        configurations: 10_000,
    };

    /// Enough to see that everything runs.
    pub(crate) const QUICK: Self = Self {
        seconds: 1,
        rounds: 2,
        connections: [50, 100],
        instances: [500, 1_000],
        configurations: 500,
    };
}

/// One run of the load program against a fresh server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phase {
    /// Arguments of the load program.
    pub(crate) arguments: Vec<String>,
    /// What a restart on the data left behind must answer before it counts as up.
    pub(crate) restart: Option<Answer>,
}

/// An answer that shows that a restarted server has its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The measurement's name.
    pub(crate) name: String,
    /// What is asked.
    pub(crate) path: String,
    /// What must be in the answer, and how often.
    pub(crate) text: &'static str,
    /// See `text`.
    pub(crate) times: usize,
}

/// The phases of a subject.
pub(crate) fn phases(subject: Subject, size: Size) -> Vec<Phase> {
    let rates = ["--seconds".to_owned(), size.seconds.to_string()];
    let name = match subject {
        Subject::Registry => "registry",
        Subject::Config => "config",
    };
    let mut phases = vec![load(&format!("{name}-rates"), &rates)];
    for connections in size.connections {
        let push = [
            "--connections".to_owned(),
            connections.to_string(),
            "--rounds".to_owned(),
            size.rounds.to_string(),
        ];
        phases.push(load(&format!("{name}-push"), &push));
    }
    match subject {
        Subject::Registry => {
            let [few, many] = size.instances;
            let memory = ["--instances".to_owned(), format!("{few},{many}")];
            phases.push(load("registry-memory", &memory));
            phases.extend(size.instances.map(stored_instances));
        }
        Subject::Config => phases.push(stored_configurations(size.configurations)),
    }
    phases
}

fn load(kind: &str, arguments: &[String]) -> Phase {
    let arguments = std::iter::once(kind.to_owned()).chain(arguments.iter().cloned()).collect();
    Phase { arguments, restart: None }
}

/// The last service of the fleet, with its ten instances, after a restart.
fn stored_instances(count: u64) -> Phase {
    let last = count.div_ceil(10) - 1;
    Phase {
        restart: Some(Answer {
            name: format!("restart.{count}_instances_ms"),
            path: format!(
                "/nacos/v1/ns/instance/list?namespaceId=public&groupName=DEFAULT_GROUP&healthyOnly=false\
                 &serviceName=bench.orders.service-{last:06}"
            ),
            text: "\"ip\":",
            times: 10,
        }),
        ..load("registry-fill", &["--instances".to_owned(), count.to_string()])
    }
}

/// The last configuration after a restart.
fn stored_configurations(count: u64) -> Phase {
    let last = count - 1;
    Phase {
        restart: Some(Answer {
            name: format!("restart.{count}_configurations_ms"),
            path: format!(
                "/nacos/v1/cs/configs?group=DEFAULT_GROUP&tenant=\
                 &dataId=bench.orders.settings-{last:06}.yaml"
            ),
            text: "service: orders-",
            times: 1,
        }),
        ..load("config-fill", &["--configurations".to_owned(), count.to_string()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_subjects_end_with_restarts_on_stored_data() {
        for (subject, expected) in [(Subject::Registry, 2), (Subject::Config, 1)] {
            let phases = phases(subject, Size::FULL);
            let ended = phases.iter().rev().take_while(|phase| phase.restart.is_some());
            assert_eq!(ended.count(), expected);
        }
    }

    #[test]
    fn the_last_service_is_the_one_that_holds_the_last_instance() {
        let answer = stored_instances(10_000).restart.unwrap();
        assert!(answer.path.ends_with("service-000999"), "{}", answer.path);
    }
}
