//! Second attempts before the first has failed.

use super::*;
use crate::retry::HedgeSettings;

fn hedging() -> ClientLayer {
    let hedge = HedgeSettings { enabled: true, ..HedgeSettings::default() };
    http(ClientSettings { hedge, ..of_guard(GuardSettings::default()) })
}

/// One that has seen a hundred answers of 10 ms.
async fn experienced() -> ClientLayer {
    let layer = hedging();
    for _ in 0..100 {
        let answer = ask(&layer, get(), |_, _| async {
            tokio::time::sleep(ms(10)).await;
            response(200, &[])
        });
        assert_eq!(answer.await.unwrap().status(), 200);
    }
    tokio::time::sleep(ms(1_000)).await;
    layer
}

#[tokio::test(start_paused = true)]
async fn a_slow_first_attempt_loses_to_a_second_and_is_dropped() {
    let layer = experienced().await;
    let dropped = Arc::new(AtomicU32::new(0));
    let started = tokio::time::Instant::now();
    let answer = ask(&layer, get(), {
        let dropped = dropped.clone();
        move |attempt, request| {
            let held = Dropped(dropped.clone());
            async move {
                let _held = held;
                assert_eq!(header(&request, "x-seawall-attempt"), (attempt + 1).to_string());
                tokio::time::sleep(ms(if attempt == 0 { 500 } else { 10 })).await;
                response(200, &[])
            }
        }
    });
    assert_eq!(answer.await.unwrap().status(), 200);
    assert!(started.elapsed() <= ms(25), "{:?}", started.elapsed());
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    assert_eq!(layer.guard().counts().outcome(Outcome::Cancelled), 1, "the one that lost");
}

#[tokio::test(start_paused = true)]
async fn what_must_not_be_repeated_has_no_hedge() {
    let layer = experienced().await;
    let answer = ask(&layer, post(), |attempt, _| async move {
        assert_eq!(attempt, 0);
        tokio::time::sleep(ms(500)).await;
        response(200, &[])
    });
    assert_eq!(answer.await.unwrap().status(), 200);
}

/// A body that the first attempt has not read to its end cannot go along with a second.
#[tokio::test(start_paused = true)]
async fn a_hedge_without_a_body_leaves_the_first_attempt_alone() {
    let layer = experienced().await;
    let request = Request::put("http://stock/shoes").body(Full::from("three")).unwrap();
    let answer = ask(&layer, request, |attempt, request| async move {
        assert_eq!(attempt, 0);
        tokio::time::sleep(ms(500)).await;
        drop(request);
        response(200, &[])
    });
    assert_eq!(answer.await.unwrap().status(), 200);
}
