//! The promises of [`crate::Store`] as scenarios. Every store runs all of them:
//!
//! ```ignore
//! mod conformance {
//!     seawall_store::conformance_suite!(MyFixture::new().await);
//! }
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a suite of tests, compiled for other crates' tests too"
)]

mod batches;
mod fixture;
mod leases;
mod model;
mod restarts;
mod snapshots;
mod watches;

pub use batches::*;
pub use fixture::Fixture;
pub use leases::*;
pub use model::*;
pub use restarts::*;
pub use snapshots::*;
pub use watches::*;

/// Makes a test of every scenario. The expression makes a [`Fixture`] with an empty
/// store; it may await.
#[macro_export]
macro_rules! conformance_suite {
    ($fixture:expr) => {
        $crate::conformance_suite! { @tests $fixture,
            a_batch_commits_whole_or_not_at_all,
            a_precondition_holds_at_the_moment_of_the_commit,
            one_of_many_racing_creators_wins,
            the_later_operation_on_a_key_counts,
            a_key_tells_who_made_and_who_last_wrote_it,
            too_large_is_refused_by_name,
            values_of_every_size_come_back,
            an_acknowledged_commit_is_in_every_later_snapshot,
            a_snapshot_stays_as_it_was,
            half_a_commit_is_never_visible,
            pages_forward_hold_everything_once,
            pages_backward_hold_everything_once,
            a_watch_is_ordered_and_without_gaps,
            a_watch_tells_each_commit_once_in_key_order,
            a_watch_resumes_where_it_was_lost,
            a_cancelled_wait_loses_nothing,
            a_watch_can_begin_in_the_past,
            a_watch_older_than_history_is_told_so,
            what_a_watch_told_is_in_the_next_snapshot,
            keys_go_with_their_lease_in_one_commit,
            a_lease_kept_alive_does_not_end,
            a_lease_ends_by_itself,
            a_key_leaves_its_lease_when_it_is_written_anew,
            an_unknown_lease_is_refused,
            a_restart_counts_as_keep_alive,
            what_was_committed_survives_a_restart,
            revisions_and_times_grow_across_restarts,
            a_watch_goes_on_after_a_restart,
            many_batches_leave_what_the_model_says,
        }
    };
    (@tests $fixture:expr, $($scenario:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                let mut fixture = $fixture;
                $crate::conformance::$scenario(&mut fixture).await;
            }
        )*
    };
}
