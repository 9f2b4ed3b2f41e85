//! Whatever is dropped at whatever moment gives back all that it held.

use std::{future::poll_fn, pin::pin, task::Poll};

use http_body::Body as _;
use proptest::prelude::*;

use super::*;
use crate::{balance::Member, retry::HedgeSettings};

/// What one attempt does: how often it is pending, and then what it answers.
#[derive(Debug, Clone, Copy)]
struct Step {
    pending: u32,
    status: u16,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let status = prop_oneof![Just(200), Just(500), Just(503), Just(0)];
    let step = (0_u32..4, status).prop_map(|(pending, status)| Step { pending, status });
    proptest::collection::vec(step, 1..5)
}

/// A service that yields so often and then answers; 0 is an error.
fn server(
    steps: Vec<Step>,
) -> impl Service<Sent, Response = Response<Full<Bytes>>, Error = std::io::Error, Future: Send>
+ Clone
+ Send
+ Sync {
    let attempts = Arc::new(AtomicU32::new(0));
    service_fn(move |request: Sent| {
        let number = attempts.fetch_add(1, Ordering::Relaxed) as usize;
        let Step { mut pending, status } = steps[number % steps.len()];
        async move {
            poll_fn(move |cx| {
                cx.waker().wake_by_ref();
                if pending == 0 {
                    return Poll::Ready(());
                }
                pending -= 1;
                Poll::Pending
            })
            .await;
            drop(request);
            tokio::time::sleep(ms(3)).await;
            match status {
                0 => Err(std::io::ErrorKind::ConnectionReset.into()),
                status => Ok(response(status, &[])),
            }
        }
    })
}

/// Polls what a client answers `polls` times in all, with a little time between, and drops
/// it, wherever it is then; over gRPC its body too.
async fn poll_and_drop<F>(call: F, mut polls: u32)
where
    F: Future<Output = Answer>,
{
    let mut call = Box::pin(call);
    let answer = loop {
        if polls == 0 {
            return;
        }
        polls -= 1;
        if let Poll::Ready(answer) = futures::poll!(&mut call) {
            break answer;
        }
        tokio::time::advance(ms(2)).await;
    };
    let Ok(answer) = answer else { return };
    let mut body = pin!(answer.into_body());
    for _ in 0..polls.min(3) {
        let _ = futures::poll!(poll_fn(|cx| body.as_mut().poll_frame(cx)));
    }
}

fn settings(hedge: bool) -> ClientSettings {
    let limit = Some(LimitSettings::fixed(3));
    ClientSettings {
        hedge: HedgeSettings { enabled: hedge, ..HedgeSettings::default() },
        ..of_guard(GuardSettings { limit, ..GuardSettings::client() })
    }
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn places_never_leak_from_one_destination(
        steps in steps(),
        drops in proptest::collection::vec(0_u32..40, 1..12),
        is_grpc: bool,
        hedge: bool,
    ) {
        run(async {
            let settings = settings(hedge);
            let layer = if is_grpc { grpc(settings) } else { http(settings) };
            let mut client = layer.layer(server(steps));
            for polls in drops {
                let request = with(post(), CallCtx::default().repeat(Repeat::Safe));
                poll_and_drop(client.ready().await.unwrap().call(request), polls).await;
                let guard = layer.guard();
                prop_assert_eq!(guard.limit().unwrap().in_flight(), 0);
            }
            Ok(())
        })?;
    }

    #[test]
    fn places_never_leak_from_many_endpoints(
        steps in steps(),
        drops in proptest::collection::vec(0_u32..40, 1..12),
        is_grpc: bool,
        hedge: bool,
    ) {
        run(async {
            let builder =
                if is_grpc { ClientLayer::grpc("stock") } else { ClientLayer::http("stock") };
            let make = move |_: &u32| server(steps.clone());
            let builder = builder.settings(settings(hedge)).clock(clock());
            let client = builder.balanced(make).unwrap();
            for (round, polls) in drops.into_iter().enumerate() {
                // Who is there changes all the time.
                let there = (0..3).filter(|key| !(round + *key as usize).is_multiple_of(4));
                client.set_endpoints(there.map(Member::new)).unwrap();
                let request = with(post(), CallCtx::default().repeat(Repeat::Safe));
                poll_and_drop(client.clone().oneshot(request), polls).await;
                for status in client.status() {
                    prop_assert_eq!(status.pending, 0);
                    let limit = status.endpoint().guard().limit().unwrap();
                    prop_assert_eq!(limit.in_flight(), 0);
                }
            }
            Ok(())
        })?;
    }
}
