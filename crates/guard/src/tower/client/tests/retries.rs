//! What is sent again, and how often.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failure_is_mended_by_another_attempt_with_the_same_body() {
    let layer = http(ClientSettings::default());
    let request = Request::put("http://stock/shoes").body(Full::from("three")).unwrap();
    let answer = ask(&layer, request, |attempt, request| async move {
        assert_eq!(header(&request, "x-seawall-attempt"), (attempt + 1).to_string());
        assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), "three");
        response(if attempt < 2 { 500 } else { 200 }, &[])
    });
    assert_eq!(answer.await.unwrap().status(), 200);
    let counts = layer.guard().counts();
    assert_eq!((counts.outcome(Outcome::Failure), counts.outcome(Outcome::Success)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_post_is_sent_twice_only_when_the_caller_says_so() {
    let layer = http(ClientSettings::default());
    let fail_first =
        |attempt, _| async move { response(if attempt == 0 { 500 } else { 200 }, &[]) };
    let once = ask(&layer, post(), fail_first).await.unwrap();
    assert_eq!(once.status(), 500);
    let twice = with(post(), CallCtx::default().repeat(Repeat::Safe));
    assert_eq!(ask(&layer, twice, fail_first).await.unwrap().status(), 200);
    let never = with(get(), CallCtx::default().repeat(Repeat::Unsafe));
    assert_eq!(ask(&layer, never, fail_first).await.unwrap().status(), 500);
}

/// go-zero counts the 503 of a shedder against whoever sheds.
#[tokio::test(start_paused = true)]
async fn what_the_peers_guard_refused_is_not_its_failure_and_even_a_post_is_sent_again() {
    let layer = http(of_guard(of_three_failures()));
    for _ in 0..10 {
        let answer = ask(&layer, post(), |attempt, request| async move {
            assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), "two pairs");
            match attempt {
                0 => response(503, &[("x-seawall-rejected", "overloaded")]),
                _ => response(200, &[]),
            }
        });
        assert_eq!(answer.await.unwrap().status(), 200);
    }
    let counts = layer.guard().counts();
    assert_eq!((counts.outcome(Outcome::Overload), counts.outcome(Outcome::Failure)), (10, 0));
    assert_eq!(layer.guard().breaker().unwrap().status().transitions, 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_to_wait_is_waited_for_and_one_that_says_never_is_believed() {
    let layer = http(ClientSettings::default());
    let started = tokio::time::Instant::now();
    let request = with(get(), CallCtx::default());
    let answer = ask(&layer, request, |attempt, _| async move {
        let busy = response(503, &[("retry-after", "1")]);
        if attempt == 0 { busy } else { response(200, &[]) }
    });
    assert_eq!(answer.await.unwrap().status(), 200);
    let waited = started.elapsed();
    assert!(waited >= ms(1_000) && waited <= ms(1_030), "{waited:?}");

    let answer = ask(&layer, get(), |attempt, _| async move {
        assert_eq!(attempt, 0);
        response(503, &[("x-seawall-retry-pushback-ms", "-1")])
    });
    assert_eq!(answer.await.unwrap().status(), 503);
}

/// `tower::retry` has no budget unless its policy brings one, and so makes three times the
/// load of what fails when there are two retries.
#[tokio::test(start_paused = true)]
async fn tower_retries_have_a_budget_without_being_told() {
    let layer = http(of_guard(GuardSettings::default()));
    let sent = Arc::new(AtomicU32::new(0));
    for _ in 0..1_000 {
        let sent = sent.clone();
        let answer = ask(&layer, get(), move |_, _| {
            sent.fetch_add(1, Ordering::Relaxed);
            async { response(500, &[]) }
        });
        assert_eq!(answer.await.unwrap().status(), 500);
        tokio::time::sleep(ms(1)).await;
    }
    let sent = sent.load(Ordering::Relaxed);
    assert!((1_050..=1_170).contains(&sent), "{sent}: a tenth more, and 30 in reserve");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_further_out_retries_is_not_retried_here() {
    let layer = http(ClientSettings::default());
    let ctx = CallCtx { previous_attempts: 1, ..CallCtx::default() };
    let answer = ask(&layer, with(get(), ctx), |attempt, request| async move {
        assert_eq!((attempt, header(&request, "x-seawall-attempt")), (0, "2"));
        response(500, &[])
    });
    assert_eq!(answer.await.unwrap().status(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_refused_is_made_again_for_a_post() {
    let layer = http(ClientSettings::default());
    let calls = Arc::new(AtomicU32::new(0));
    let service = service_fn(move |_: Sent| {
        let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            if first { Err(refused) } else { Ok(response(200, &[])) }
        }
    });
    let answer = layer.layer(service).oneshot(post()).await;
    assert_eq!(answer.unwrap().status(), 200);
    assert_eq!(layer.guard().counts().outcome(Outcome::Failure), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_long_to_be_kept_is_sent_once_and_whole() {
    let layer = http(ClientSettings { replay_bytes_max: 8, ..ClientSettings::default() });
    for body in ["nine byte", "eight by"] {
        let request = Request::put("http://stock/shoes").body(Full::from(body)).unwrap();
        let answer = ask(&layer, request, move |attempt, request| async move {
            let length = http_body::Body::size_hint(request.body()).exact();
            assert_eq!(length, Some(body.len() as u64), "for content-length");
            assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), body);
            response(if attempt == 0 { 500 } else { 200 }, &[])
        });
        let status = answer.await.unwrap().status();
        assert_eq!(status.as_u16(), if body.len() > 8 { 500 } else { 200 }, "{body}");
    }
    assert!(layer.budget().balance(layer.guard().clock().now()) > 28.9, "what is not sent is free");
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_left_alone_and_that_is_an_error_that_says_so() {
    let layer = http(of_guard(of_three_failures()));
    for _ in 0..2 {
        let _ = ask(&layer, get(), |_, _| async { response(500, &[]) }).await;
    }
    let error = ask(&layer, get(), |_, _| async { response(200, &[]) }).await.unwrap_err();
    assert_eq!(error.refused().map(|refused| refused.reason), Some(Rejected::BreakerOpen));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("fallback"));
}
