//! Time, and what ends when it is over.

use super::*;

/// `tower::timeout` bounds the whole of what it stands around, retries and all, and tells
/// the next hop nothing.
#[tokio::test(start_paused = true)]
async fn tower_timeouts_say_nothing_and_these_tell_each_hop_what_is_left() {
    let layer = http(ClientSettings::default());
    let deadline = layer.guard().clock().now() + ms(300);
    let answer = ask(&layer, with(get(), CallCtx::default().deadline(deadline)), {
        |attempt, request| async move {
            let left: u64 = header(&request, "x-seawall-timeout-ms").parse().unwrap();
            match attempt {
                0 => assert_eq!(left, 290, "10 ms are kept for the way back"),
                _ => assert!((150..=190).contains(&left), "{left}"),
            }
            tokio::time::sleep(ms(100)).await;
            response(if attempt == 0 { 500 } else { 200 }, &[])
        }
    });
    assert_eq!(answer.await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_is_dropped_at_its_deadline_and_counts_as_a_timeout() {
    let layer = http(of_guard(GuardSettings {
        limit: Some(LimitSettings::fixed(1)),
        ..GuardSettings::client()
    }));
    let dropped = Arc::new(AtomicU32::new(0));
    let started = tokio::time::Instant::now();
    let answer = ask(&layer, get(), {
        let dropped = dropped.clone();
        move |attempt, _| {
            let held = Dropped(dropped.clone());
            async move {
                let _held = held;
                if attempt == 0 {
                    std::future::pending::<()>().await;
                }
                response(200, &[])
            }
        }
    });
    assert_eq!(answer.await.unwrap().status(), 200, "there is time for a second one");
    assert!(started.elapsed() >= ms(1_000) && started.elapsed() <= ms(1_030));
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    assert_eq!(layer.guard().counts().outcome(Outcome::Timeout), 1);
    assert_eq!(layer.guard().limit().unwrap().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_answers_ends_before_its_caller_stops_waiting() {
    let layer = http(ClientSettings::default());
    let deadline = layer.guard().clock().now() + ms(200);
    let started = tokio::time::Instant::now();
    let never = |_, _| std::future::pending::<Response<Full<Bytes>>>();
    let answer = ask(&layer, with(get(), CallCtx::default().deadline(deadline)), never).await;
    assert!(matches!(answer, Err(ClientError::Elapsed(_))), "{answer:?}");
    assert_eq!(started.elapsed(), ms(190));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_is_not_sent() {
    let layer = http(ClientSettings::default());
    tokio::time::sleep(ms(50)).await;
    let past = CallCtx::default().deadline(crate::Instant::START + ms(50));
    let answer = ask(&layer, with(get(), past), |_, _| async { unreachable!() }).await;
    let refused = answer.unwrap_err();
    assert_eq!(refused.refused().map(|refused| refused.reason), Some(Rejected::DeadlinePassed));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_the_program_wrote_into_a_header_counts() {
    let layer = http(ClientSettings::default());
    let mut request = get();
    request.headers_mut().insert("x-seawall-timeout-ms", HeaderValue::from_static("60"));
    let answer = ask(&layer, request, |_, request| async move {
        assert_eq!(header(&request, "x-seawall-timeout-ms"), "50");
        response(200, &[])
    });
    assert_eq!(answer.await.unwrap().status(), 200);
}

/// Readiness is asked for within the attempt's time: a service that never is ready again
/// is no reason to wait for ever.
#[tokio::test(start_paused = true)]
async fn a_retry_does_not_wait_longer_for_readiness_than_for_an_answer() {
    #[derive(Debug)]
    struct ReadyOnce(bool);
    impl Clone for ReadyOnce {
        fn clone(&self) -> Self {
            Self(false)
        }
    }
    impl Service<Sent> for ReadyOnce {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(
            &mut self,
            _cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Infallible>> {
            if self.0 { std::task::Poll::Ready(Ok(())) } else { std::task::Poll::Pending }
        }

        fn call(&mut self, _request: Sent) -> Self::Future {
            std::future::ready(Ok(response(500, &[])))
        }
    }
    let layer = http(ClientSettings::default());
    let started = tokio::time::Instant::now();
    let answer = layer.layer(ReadyOnce(true)).oneshot(get()).await;
    assert!(matches!(answer, Err(ClientError::Elapsed(_))), "{answer:?}");
    assert!(started.elapsed() <= ms(2_000), "{:?}", started.elapsed());
}
