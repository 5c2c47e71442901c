//! Letting others go first.

/// Lets other tasks go first: [tokio's](real::task::yield_now). In an explored run any task may come in between.
///
/// **Cancellation.** Nothing is lost.
#[cfg_attr(
    not(feature = "explore"),
    expect(clippy::manual_async_fn, reason = "an async function cannot say where it is called")
)]
#[track_caller]
pub fn yield_now() -> impl Future<Output = ()> {
    #[cfg(feature = "explore")]
    let explored = if crate::explored::is_on() { Some(lockyard_explore::point()) } else { None };
    async move {
        #[cfg(feature = "explore")]
        if let Some(point) = explored {
            return point.await;
        }
        real::task::yield_now().await;
    }
}
